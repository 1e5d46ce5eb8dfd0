"""The pages of the library: every standard is listed and shown; a clause names the clauses that it is linked with."""

from pathlib import Path

import pytest
from sqlalchemy import delete
from sqlmodel import col

from registry.compliance.models import Standard
from registry.http import RegistryFlask
from tests.support.pages import check_page
from tests.support.people import client_for
from tests.support.standards import changed, write
from tests.support.web_world import World


def test_a_clause_shows_its_links_from_either_end_with_their_reason(sqlite_app: RegistryFlask, world: World) -> None:
    client = client_for(sqlite_app, world.people["state"])
    protocol = check_page(client.get("/en/standards/cifta").get_data(as_text=True))
    assert "asks more than" in protocol.text and "strength 8 of 10" in protocol.text
    assert "/en/standards/firearms-protocol#art-8-1a" in {str(a.get("href")) for a in protocol.all("a")}
    other = check_page(client.get("/en/standards/firearms-protocol").get_data(as_text=True))
    assert "asks less than" in other.text, "the link is not shown from its other end"
    assert "/en/standards/cifta#art-6-1a" in {str(a.get("href")) for a in other.all("a")}


def test_the_links_are_told_by_api_as_on_the_page(sqlite_app: RegistryFlask, world: World) -> None:
    client = sqlite_app.test_client()
    items = client.get("/api/v1/standards/firearms-protocol/links").json["items"]
    found = [item for item in items if (item["standard"], item["target"]) == ("cifta", "art-6-1a")]
    assert [(item["clause"], item["relation"], item["strength"]) for item in found] == [("art-8-1a", "subset_of", 9)]
    assert all(item["reason"] for item in items)
    assert client.get("/api/v1/standards/nothing/links").status_code == 404


def test_every_standard_is_listed_and_its_page_holds(sqlite_app: RegistryFlask, world: World) -> None:
    client = client_for(sqlite_app, world.people["state"])
    page = check_page(client.get("/en/standards").get_data(as_text=True))
    links = {str(a.get("href")) for a in page.all("a")}
    for slug in ("att", "iatg", "mosaic-05-20", "ecowas", "women-youth-gender"):
        assert f"/en/standards/{slug}" in links
        check_page(client.get(f"/en/standards/{slug}").get_data(as_text=True))


def test_loading_is_shown_first_and_only_what_was_shown_is_loaded(sqlite_app: RegistryFlask, world: World) -> None:
    client = client_for(sqlite_app, world.people["coordinator"])
    path = "/en/standards/loading"
    assert "Nothing to load" in client.get(path).get_data(as_text=True)
    with sqlite_app.database.transaction() as session:
        session.execute(delete(Standard).where(col(Standard.slug) == "iatg"))
    page = check_page(client.get(path).get_data(as_text=True))
    assert "International Ammunition Technical Guidelines" in page.text and "all of it is new" in page.text
    form = page.form.to_dict()
    assert client.post(path, data={**form, "plan": "another"}).status_code == 409
    assert client.get("/en/standards/iatg").status_code == 404, "something was loaded that was not shown"
    assert client.post(path, data=form).status_code == 303
    assert client.get("/en/standards/iatg").status_code == 200
    assert client.post(path, data=form).status_code == 409, "a second click loads nothing and says so"


def test_a_refused_file_is_named_and_what_is_loaded_stays(
    sqlite_app: RegistryFlask, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, changed(("id: rec-law", "id: rec-all")), "twice.yaml")
    monkeypatch.setattr("registry.web.library_pages.data_path", lambda name: tmp_path)
    client = client_for(sqlite_app, world.people["coordinator"])
    page = check_page(client.get("/en/standards/loading").get_data(as_text=True))
    assert "The id rec-all is used twice." in page.text and "twice.yaml:" in page.text
    assert client.post("/en/standards/loading", data={"plan": ""}).status_code == 422
    assert client.get("/en/standards/iti").status_code == 200
