"""ETags and lists over HTTP, on both engines: nobody overwrites what they have not read; pages link to the next."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from registry.db import Database
from registry.settings import Settings
from tests.support.probe_app import lend_probe_app

URL = "/api/v1/probes"


@pytest.fixture
def client(settings: Settings, database: Database) -> Iterator[FlaskClient]:
    with lend_probe_app(settings, database) as app:
        client = app.test_client()
        client.environ_base["HTTP_X_TEST_USER"] = "1"
        yield client


def test_a_record_carries_its_version_as_a_strong_etag_and_a_known_one_saves_the_answer(client: FlaskClient) -> None:
    created = client.post(URL, json={"name": "one"})
    assert created.status_code == 201 and created.headers["ETag"] == '"1"'
    where = created.headers["Location"]
    read = client.get(where)
    assert read.status_code == 200 and read.headers["ETag"] == '"1"'
    for tag in ('"1"', 'W/"1"', '"7", "1"', "*", '"1:br"'):
        known = client.get(where, headers={"If-None-Match": tag})
        assert (known.status_code, known.headers["ETag"], known.data) == (304, '"1"', b""), tag
    for tag in ('"2"', "1", "", '"11"'):
        assert client.get(where, headers={"If-None-Match": tag}).status_code == 200, tag


def test_a_change_asks_for_the_version_that_was_read(client: FlaskClient) -> None:
    where = client.post(URL, json={"name": "one"}).headers["Location"]
    missing = client.patch(where, json={"name": "two"})
    assert missing.status_code == 428 and "If-Match" in missing.get_json()["detail"]
    star = client.patch(where, json={"name": "two"}, headers={"If-Match": "*"})
    assert star.status_code == 428 and "*" in star.get_json()["detail"]
    changed = client.patch(where, json={"name": "two"}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
    compressed = client.patch(where, json={"name": "three"}, headers={"If-Match": '"2:br"'})
    assert (compressed.status_code, compressed.headers["ETag"]) == (200, '"3"')


def test_another_version_is_412_and_told_the_one_in_force(client: FlaskClient) -> None:
    where = client.post(URL, json={"name": "one"}).headers["Location"]
    client.patch(where, json={"name": "two"}, headers={"If-Match": '"1"'})
    for tag in ('"1"', 'W/"2"', '"abc"', "2", '"2', '"99999999999999999999"', '"-2"'):
        late = client.patch(where, json={"name": "three"}, headers={"If-Match": tag})
        assert (late.status_code, late.get_json()["current_version"]) == (412, 2), tag
    assert client.get(where).get_json()["name"] == "two"


def test_several_etags_are_refused_as_a_service_can_expect_one(client: FlaskClient) -> None:
    where = client.post(URL, json={"name": "one"}).headers["Location"]
    response = client.patch(where, json={"name": "two"}, headers={"If-Match": '"1", "2"'})
    assert response.status_code == 400


def test_an_act_on_a_record_asks_for_its_version_before_all_else(client: FlaskClient) -> None:
    assert client.post(f"{URL}/999/close").status_code == 428
    where = client.post(URL, json={"name": "one"}).headers["Location"]
    refused = client.post(f"{where}/close", headers={"If-Match": '"1"'})
    assert refused.status_code == 409 and refused.get_json()["detail"] == "Probes are never closed."
    assert client.get(where).headers["ETag"] == '"1"'


def test_a_patch_leaves_what_it_does_not_name(client: FlaskClient) -> None:
    where = client.post(URL, json={"name": "one"}).headers["Location"]
    assert client.patch(where, json={}, headers={"If-Match": '"1"'}).get_json()["name"] == "one"


def test_a_list_links_to_its_next_page_until_all_is_read(client: FlaskClient) -> None:
    for number in range(5):
        client.post(URL, json={"name": f"Probe {number}"})
    seen: list[str] = []
    address = f"{URL}?limit=2&sort=-name"
    while address:
        response = client.get(address)
        page = response.get_json()
        seen += [item["name"] for item in page["items"]]
        link = response.headers.get("Link")
        assert (link is None) == (page["next"] is None) and page["total"] is None
        address = link.removeprefix("<").partition(">")[0] if link else ""
        assert not address or "limit=2" in address and "sort=-name" in address
    assert seen == [f"Probe {number}" for number in reversed(range(5))]
