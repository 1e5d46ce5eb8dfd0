"""What a feed's format needs to know, on its form: inputs of the chosen format, mistakes at their input."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from registry.http import RegistryFlask
from registry.sync.adapters import ADAPTERS
from registry.sync.models import Feed
from registry.sync.runner import import_file
from tests.integration.test_web_forms import browser, typed
from tests.support.adapters.of_unsc import consolidated, person
from tests.support.pages import check_page
from tests.support.web_world import World

FORM = {
    "name": "Table", "adapter": "csv", "url": "https://data.example.org/t.csv", "scope": "all", "enabled": "1",
    "config.columns.title": " Project ", "config.delimiter": "semicolon", "config.columns.id": "",
}  # fmt: skip


@pytest.fixture
def client(sqlite_app: RegistryFlask, world: World) -> FlaskClient:
    return browser(sqlite_app, world, "coordinator")


@pytest.mark.parametrize("name", ADAPTERS)
def test_each_format_shows_what_it_needs_to_know(client: FlaskClient, name: str) -> None:
    page = check_page(client.get(f"/en/feeds/new?adapter={name}").get_data(as_text=True))
    inputs = {field for field in page.form if field.startswith("config.")}
    assert ("config.columns.funder" in inputs) is (name in ("csv", "xlsx"))
    assert ("config.sheet" in inputs) is (name == "xlsx") and ("config.encoding" in inputs) is (name == "csv")
    assert page.form["adapter"] == name
    unknown = client.get("/en/feeds/new?adapter=gopher")
    assert unknown.status_code == 200 and "config." not in unknown.get_data(as_text=True)


def test_settings_are_kept_shown_and_changed(client: FlaskClient, sqlite_app: RegistryFlask) -> None:
    made = client.post("/en/feeds/new", data=FORM)
    assert made.status_code == 303
    with sqlite_app.database.reading() as session:
        feed = session.get_one(Feed, int(made.location.rpartition("/")[2]))
        assert feed.config == {"columns": {"title": "Project"}, "delimiter": "semicolon"}
    shown = check_page(client.get(made.location).get_data(as_text=True)).text
    assert "Columns: Title: Project" in shown and "Table (CSV" in shown
    form = typed(client, f"{made.location}/edit", config__currency="EUR", config__delimiter="")
    assert form["config.columns.title"] == "Project"
    assert client.post(f"{made.location}/edit", data=form).status_code == 303
    form["config.currency"] = "CHF"
    stale = client.post(f"{made.location}/edit", data=form)
    conflict = check_page(stale.get_data(as_text=True))
    assert stale.status_code == 412 and "CHF" in conflict.text and conflict.form["config.columns.title"] == "Project"
    assert client.post(f"{made.location}/edit", data=conflict.form).status_code == 303
    with sqlite_app.database.reading() as session:
        assert session.get_one(Feed, feed.id).config == {"columns": {"title": "Project"}, "currency": "CHF"}


def test_a_setting_that_does_not_fit_is_said_at_its_input_and_kept(client: FlaskClient) -> None:
    wrong = {**FORM, "config.encoding": "klingon", "config.header_rows": "none", "config.date_format": "soon"}
    answer = client.post("/en/feeds/new", data=wrong)
    page = check_page(answer.get_data(as_text=True))
    assert answer.status_code == 422
    assert {"f-config-encoding-error", "f-config-header_rows-error", "f-config-date_format-error"} <= set(page.ids)
    assert page.form["config.encoding"] == "klingon" and page.form["config.columns.title"] == "Project"
    foreign = client.post("/en/feeds/new", data={**FORM, "adapter": "iati"})
    assert foreign.status_code == 422 and "unknown field" in foreign.get_data(as_text=True).lower()


def test_a_list_of_persons_has_no_scope_and_leads_to_those_listed(
    client: FlaskClient, sqlite_app: RegistryFlask, tmp_path: Path
) -> None:
    form = typed(client, "/en/feeds/new?adapter=unsc", name="List", url="https://data.example.org/l.xml")
    made = client.post("/en/feeds/new", data=form)
    assert made.status_code == 303 and form["scope"] == "all"
    shown = client.get(made.location).get_data(as_text=True)
    assert "/en/listed" in shown and "Everything in the feed" not in shown
    path = tmp_path / "list.xml"
    path.write_bytes(consolidated(person(77)))
    import_file(sqlite_app.database, sqlite_app.settings, path, "unsc", feed_name="List")
    records = client.get(f"{made.location}/records?outcome=applied").get_data(as_text=True)
    assert "/en/listed/2" in records
    listed = check_page(client.get("/en/listed?q=smith&regime=DRC&kind=person").get_data(as_text=True))
    assert "Small arms 77" in listed.text and "2 persons and entities" in listed.text
    one = check_page(client.get("/en/listed/1").get_data(as_text=True))
    assert "Ron <b>Smith</b>" in one.text and "nom de guerre" in one.text and "1970 – 1973 (between)" in one.text
    assert client.get("/en/listed/99").status_code == 404
