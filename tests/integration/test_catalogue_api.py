"""The catalogue over HTTP: lists, one record, what people write, search, States."""

from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

from registry.accounts.actor import system
from registry.catalogue.programmes import Incoming, store_batch
from registry.catalogue.schemas import OrganisationSchema, ProgrammeRowSchema, ProgrammeSchema
from registry.db import Database
from registry.http import RegistryFlask
from tests.support.people import make_user, token_headers

NOW = datetime(2026, 3, 1, tzinfo=UTC)
V1 = "/api/v1"


def feed_document(number: int) -> dict[str, Any]:
    return {
        "iati_identifier": f"XM-EX-{number}",
        "language": "en",
        "reporting_org": {"ref": "XM-EX", "narratives": [{"text": "Example Agency", "lang": "en"}]},
        "title": [{"text": f"Marking programme {number}", "lang": "en"}],
        "status": "2",
        "countries": [{"code": "ML" if number % 2 else "NE", "percentage": 100}, {"code": "XX", "percentage": 0}],
        "transactions": [
            {
                "type": "2",
                "date": "2020-05-01",
                "value": {"amount": 100_00, "currency": "EUR", "value_date": "2020-05-01"},
            },
            {"type": "3", "date": "2020-05-01", "value": {"amount": 100_00}},
        ],
    }


@pytest.fixture
def client(app: RegistryFlask, database: Database) -> FlaskClient:
    with database.transaction() as session:
        incoming = [Incoming(feed_document(n), None, ["marking"], "scope all") for n in range(5)]
        store_batch(session, incoming, source="feed:1", run_id=1, actor=system("feed:1 run:1"), now=NOW)
    return app.test_client()


@pytest.fixture
def agency(database: Database) -> dict[str, str]:
    return token_headers(database, make_user(database, "agency"), ["catalogue:read", "catalogue:write"])


@pytest.fixture
def coordinator(database: Database) -> dict[str, str]:
    return token_headers(database, make_user(database, "coordinator"), ["catalogue:read", "catalogue:write"])


def test_a_list_has_pages_totals_and_facets_where_asked_for(client: FlaskClient) -> None:
    first = client.get(f"{V1}/programmes?limit=3&facets=1&sort=title&language=fr").get_json()
    assert [item["title"][-1] for item in first["items"]] == ["0", "1", "2"]
    assert first["total"] == 5
    assert {item["value"]: (item["count"], item["label"]) for item in first["facets"]["country"]} == {
        "NER": (3, "Niger"), "MLI": (2, "Mali"),
    }  # fmt: skip
    second = client.get(f"{V1}/programmes?limit=3&sort=title&cursor={first['next']}").get_json()
    assert [item["title"][-1] for item in second["items"]] == ["3", "4"]
    assert second["next"] is None
    assert "facets" not in second


def test_filters_repeat_and_add_up(client: FlaskClient) -> None:
    def total(query: str) -> int:
        return client.get(f"{V1}/programmes?{query}").get_json()["total"]

    assert total("country=ml") == 2
    assert total("country=ML&country=NER") == 5
    assert total("country=ML&theme=marking&status=2&source=feed:1") == 2
    assert total("country=ML&status=4") == 0
    assert total("q=marking%203") == 1


def test_an_argument_that_does_not_fit_is_named(client: FlaskClient) -> None:
    for query in ("colour=red", "sort=colour", "limit=0", "limit=501", "cursor=x", "language=xx"):
        response = client.get(f"{V1}/programmes?{query}")
        assert response.status_code == 422, query
        (error,) = response.get_json(force=True)["errors"]
        assert error["parameter"] == query.partition("=")[0]


def test_hostile_words_are_just_words(client: FlaskClient) -> None:
    for q in ('"', "marking*)", "a OR b", "%25", "x" * 500, "\u202e", "' OR 1=1 --"):
        assert client.get(f"{V1}/programmes", query_string={"q": q}).status_code == 200, q
    assert client.get(f"{V1}/programmes", query_string={"q": "a\0"}).status_code in (200, 422)
    assert client.get(f"{V1}/programmes", query_string={"q": "x" * 501}).status_code == 422


def test_a_programme_whole_says_where_it_comes_from_and_what_its_totals_leave_out(client: FlaskClient) -> None:
    where = client.get(f"{V1}/programmes?q=%22programme%201%22").get_json()["items"][0]
    response = client.get(f"{V1}/programmes/{where['id']}")
    assert response.headers["ETag"] == '"1"'
    whole = response.get_json()
    assert whole["document"] == feed_document(1)
    assert whole["provenance"]["title"]["source"] == "feed:1"
    assert whole["unknown_countries"] == ["XX"]
    assert whole["shares"] == {"MLI": 1.0}
    assert whole["totals"]["commitment"]["rates"][0]["currency"] == "EUR"
    assert whole["totals"]["disbursement"] == {"usd": None, "counted": 0, "unconverted": 1, "rates": []}
    assert whole["totals"]["budget"]["usd"] is None
    assert set(whole) == set(ProgrammeSchema().fields)
    assert set(where) == set(ProgrammeRowSchema().fields)
    assert client.get(whole["links"]["reporting_organisation"]).get_json()["name"] == "Example Agency"
    again = client.get(f"{V1}/programmes/{where['id']}", headers={"If-None-Match": '"1"'})
    assert again.status_code == 304
    assert client.get(f"{V1}/programmes/999999").status_code == 404
    assert client.get(f"{V1}/programmes/{2**70}").status_code == 404


def test_an_agency_enters_changes_and_withdraws_a_programme(client: FlaskClient, agency: dict[str, str]) -> None:
    body = {"document": {"title": [{"text": "Our programme"}], "status": "2"}, "themes": ["marking"]}
    created = client.post(f"{V1}/programmes", json=body, headers=agency)
    assert created.status_code == 201, created.get_json(force=True)
    where = created.headers["Location"]
    assert created.get_json()["source"] == "person"
    late = client.patch(where, json={"themes": []}, headers=agency)
    assert late.status_code == 428
    change = {"document": {"status": None, "scope": "4"}}
    changed = client.patch(where, json=change, headers={**agency, "If-Match": '"1"'})
    assert changed.status_code == 200, changed.get_json(force=True)
    assert "status" not in changed.get_json()["document"]
    assert client.patch(where, json=change, headers={**agency, "If-Match": '"1"'}).status_code == 412
    replaced = client.put(
        where, json={"document": {"title": [{"text": "Anew"}]}}, headers={**agency, "If-Match": '"2"'}
    )
    assert replaced.status_code == 200, replaced.get_json(force=True)
    assert "scope" not in replaced.get_json()["document"]
    steps = client.get(f"{where}/history", headers=agency).get_json()["items"]
    assert [step["version"] for step in steps] == [3, 2]
    assert steps[1]["changes"]["status"] == ["2", None]
    assert client.get(f"{where}/history").get_json()["items"][0]["actor"] == "token", "whose, only editors know"
    gone = client.delete(where, headers={**agency, "If-Match": '"3"'})
    assert (gone.status_code, gone.data) == (204, b"")
    tombstone = client.get(where).get_json()
    assert tombstone["archived_at"] and tombstone["archived_reason"]
    assert client.get(f"{V1}/programmes?source=person").get_json()["total"] == 0
    assert client.patch(where, json=change, headers={**agency, "If-Match": '"4"'}).status_code == 409


UNFIT: list[tuple[dict[str, Any], str]] = [
    ({}, "#/document/title"),
    ({"title": []}, "#/document/title"),
    ({"title": [{"text": "x"}], "status": "99"}, "#/document/status"),
    ({"title": [{"text": "x"}], "dates": [{"type": "1", "date": "2024-02-30"}]}, "#/document/dates/0/date"),
    ({"title": [{"text": "x"}], "countries": [{"code": "QQ"}]}, "#/document/countries/0/code"),
    ({"title": [{"text": "x"}], "countries": [{"code": "ML", "percentage": 101}]},
     "#/document/countries/0/percentage"),
    ({"title": [{"text": "x"}], "transactions": [{"type": "2", "date": "2024-01-01", "value": {"amount": 1.5}}]},
     "#/document/transactions/0/value/amount"),
    ({"title": [{"text": "x"}], "currency": "QQQ"}, "#/document/currency"),
    ({"title": [{"text": "x"}], "documents": [{"url": "javascript:alert(1)"}]}, "#/document/documents/0/url"),
    ({"title": [{"text": "x"}], "colour": "red"}, "#/document/colour"),
]  # fmt: skip


def test_a_document_that_does_not_fit_is_named_at_its_field(client: FlaskClient, agency: dict[str, str]) -> None:
    for document, pointer in UNFIT:
        response = client.post(f"{V1}/programmes", json={"document": document}, headers=agency)
        assert response.status_code == 422, document
        assert [error["pointer"] for error in response.get_json(force=True)["errors"]] == [pointer]


def test_what_the_api_gives_out_it_takes_in(client: FlaskClient, coordinator: dict[str, str]) -> None:
    found = client.get(f"{V1}/programmes?q=%22programme%201%22").get_json()["items"][0]
    document = client.get(f"{V1}/programmes/{found['id']}").get_json()["document"]
    document["countries"] = document["countries"][:1]  # XX is no country a person may write
    for name in ("iati_identifier", "last_updated", "derived_identifier"):
        document.pop(name, None)
    url = f"{V1}/programmes/{found['id']}"
    changed = client.patch(url, json={"document": document}, headers={**coordinator, "If-Match": '"1"'})
    assert changed.status_code == 200, changed.get_json(force=True)
    provenance = changed.get_json()["provenance"]
    assert provenance["countries"]["source"] == "person"
    assert provenance["countries"]["user_id"] is not None
    assert provenance["title"]["source"] == "feed:1"
    assert client.get(url).get_json()["provenance"]["countries"]["user_id"] is None, "who, only editors know"


def test_writing_needs_role_and_scope(client: FlaskClient, database: Database) -> None:
    body = {"document": {"title": [{"text": "x"}]}}
    assert client.post(f"{V1}/programmes", json=body).status_code == 401
    state = token_headers(database, make_user(database, "state"), ["catalogue:read"])
    assert client.post(f"{V1}/programmes", json=body, headers=state).status_code == 403
    donor = make_user(database, "donor")
    reader = token_headers(database, donor, ["catalogue:read"])
    assert client.post(f"{V1}/programmes", json=body, headers=reader).status_code == 403
    writer = token_headers(database, donor, ["catalogue:write"])
    url = f"{V1}/programmes/1"
    assert client.patch(url, json={"themes": []}, headers={**writer, "If-Match": '"1"'}).status_code == 403


def test_an_organisation_is_entered_changed_and_withdrawn(client: FlaskClient, coordinator: dict[str, str]) -> None:
    body = {"name": "Institut d'État", "names": {"en": "State Institute"}, "kind": "10", "identifiers": ["fr-1 "]}
    created = client.post(f"{V1}/organisations", json=body, headers=coordinator)
    assert created.status_code == 201, created.get_json(force=True)
    assert created.get_json()["identifiers"] == ["FR-1"]
    assert set(created.get_json()) == set(OrganisationSchema().fields)
    where = created.headers["Location"]
    twice = client.post(f"{V1}/organisations", json={**body, "name": "Other"}, headers=coordinator)
    assert [error["pointer"] for error in twice.get_json(force=True)["errors"]] == ["#/identifiers/0"]
    assert [item["name"] for item in client.get(f"{V1}/organisations?q=etat").get_json()["items"]] == [
        "Institut d'État"
    ]
    assert client.get(f"{V1}/organisations?kind=10").get_json()["total"] == 1
    headers = {**coordinator, "If-Match": '"1"'}
    changed = client.patch(where, json={"acronym": "IE", "identifiers": ["FR-2"]}, headers=headers)
    assert changed.get_json()["identifiers"] == ["FR-2"]
    assert client.patch(where, json={"acronym": "X"}, headers=headers).status_code == 412
    assert client.get(f"{V1}/organisations?q=fr-2").get_json()["total"] == 1
    (step,) = client.get(f"{where}/history").get_json()["items"]
    assert step["changes"] == {"acronym": [None, "IE"], "identifiers": [["FR-1"], ["FR-2"]]}
    assert client.delete(where, headers={**coordinator, "If-Match": '"2"'}).status_code == 204
    assert client.get(f"{V1}/organisations?q=institut").get_json()["total"] == 0
    assert client.get(where).get_json()["archived_at"]


def test_organisations_are_listed_by_folded_name_in_pages(client: FlaskClient, coordinator: dict[str, str]) -> None:
    for name in ("Zebra", "École", "apple"):
        client.post(f"{V1}/organisations", json={"name": name}, headers=coordinator)
    names: list[str] = []
    url = f"{V1}/organisations?limit=2"
    cursor = ""
    while cursor is not None:
        page = client.get(f"{url}&cursor={cursor}").get_json()
        names += [item["name"] for item in page["items"]]
        cursor = page["next"]
    assert [name for name in names if not name.startswith("Organisation")] == [
        "apple",
        "École",
        "Example Agency",
        "Zebra",
    ]


def test_states_are_found_by_any_name_or_code(client: FlaskClient) -> None:
    assert client.get(f"{V1}/states").get_json()["total"] > 190
    (mali,) = client.get(f"{V1}/states?q=马里").get_json()["items"][:1]
    assert mali["alpha3"] == "MLI"
    assert mali["programmes"] == 2
    assert set(mali["names"]) == {"en", "fr", "es", "ar", "ru", "zh"}
    for code in ("MLI", "ml", "466", "Мали", "mali"):
        assert client.get(f"{V1}/states/{code}").get_json()["alpha3"] == "MLI"
    assert client.get(f"{V1}/states/ZZZ").status_code == 404
    africa = client.get(f"{V1}/states?region=002").get_json()["items"]
    assert {"MLI", "NER", "ZAF"} <= {state["alpha3"] for state in africa}
    assert "FRA" not in {state["alpha3"] for state in africa}
    assert client.get(f"{V1}/states?region=999").status_code == 422


def test_search_finds_records_of_every_kind(client: FlaskClient) -> None:
    found = client.get(f"{V1}/search?q=example").get_json()
    assert set(found) == {"programmes", "organisations", "needs", "offers"}
    assert found["programmes"]["total"] == 5
    assert found["organisations"]["items"][0]["title"] == "Example Agency"
    assert client.get(found["programmes"]["items"][0]["link"]).status_code == 200
    assert client.get(found["programmes"]["link"]).get_json()["total"] == found["programmes"]["total"]
    assert client.get(f"{V1}/search").status_code == 422
