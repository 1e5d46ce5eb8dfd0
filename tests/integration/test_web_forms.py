"""Forms: what was typed stays, what is wrong is said at its field, two people never overwrite one another unseen."""

import re

from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from registry import __version__
from registry.catalogue.reference import themes
from registry.http import RegistryFlask
from registry.matching import needs
from tests.support.pages import Page, check_page
from tests.support.people import client_for, make_user
from tests.support.web_world import World, acting


def browser(app: RegistryFlask, world: World, name: str) -> FlaskClient:
    return client_for(app, world.people[name])


def typed(client: FlaskClient, path: str, **changes: str) -> MultiDict[str, str]:
    """What a browser would send after these changes: everything that the form holds."""
    form = check_page(client.get(path).get_data(as_text=True)).form
    for name, value in changes.items():
        form[name.replace("__", ".")] = value
    return form


NEED = {
    "title": "Rooms for records",
    "themes": "record_keeping",
    "lines.0.type": "equipment",
    "lines.0.money.amount.written": "91,501.05",
    "lines.0.money.currency": "USD",
    "lines.1.type": "training",
    "lines.1.quantity": "12",
    "window_start": "2027-02-01",
    "window_end": "2028-02-01",
    "visibility": "public",
    "priority": "high",
    "language": "en",
}


def test_a_state_enters_a_need_opens_it_and_sees_it_matched(sqlite_app: RegistryFlask, world: World) -> None:
    client = browser(sqlite_app, world, "state")
    response = client.post("/en/needs/new", data={**NEED, "themes": "marking", "do": "open"}, follow_redirects=True)
    page = check_page(response.get_data(as_text=True))
    assert response.status_code == 200
    assert "The need is open" in page.text and "USD 91,501.05" in page.text.replace("\N{NO-BREAK SPACE}", " ")
    assert "Grants for marking in Eastern Africa" in page.text
    assert any(str(a.get("href", "")).endswith("/offers/1") for a in page.all("a"))


def test_a_form_that_does_not_fit_keeps_what_was_typed_and_names_the_field(
    sqlite_app: RegistryFlask, world: World
) -> None:
    client = browser(sqlite_app, world, "state")
    wrong = {**NEED, "lines.0.money.amount.written": "a lot", "window_end": "2026-01-01", "lines.1.quantity": "many"}
    response = client.post("/en/needs/new", data=wrong)
    assert response.status_code == 422
    page = check_page(response.get_data(as_text=True))
    assert "3 things need attention" in page.text
    assert page.form["lines.0.money.amount.written"] == "a lot"
    assert page.form["lines.1.quantity"] == "many" and page.form["title"] == "Rooms for records"
    links = {str(a.get("href")) for a in page.all("a")}
    for field in ("f-lines-0-money-amount", "f-lines-1-quantity", "f-window_end"):
        assert f"#{field}" in links and field in page.ids
        described = next(a for _, a in page.tags if a.get("id") == field)
        assert described["aria-invalid"] == "true" and f"{field}-error" in str(described["aria-describedby"])
    assert page.title.startswith("Error: ")


def test_what_is_missing_to_open_is_said_at_its_field_and_nothing_is_saved(
    sqlite_app: RegistryFlask, world: World
) -> None:
    client = browser(sqlite_app, world, "state")
    response = client.post("/en/needs/new", data={"title": "Half a need", "do": "open"})
    assert response.status_code == 422
    page = Page(response.get_data(as_text=True))
    assert "Choose at least one theme." in page.text and page.form["title"] == "Half a need"
    assert "Half a need" not in client.get("/en/needs").get_data(as_text=True)
    version = {"version": "1"}
    response = client.post(f"/en/needs/{world.draft}/open", data=version)
    assert response.status_code == 422 and "Choose at least one theme." in response.get_data(as_text=True)


def test_a_line_is_added_without_script_and_without_saving(sqlite_app: RegistryFlask, world: World) -> None:
    client = browser(sqlite_app, world, "state")
    response = client.post("/en/needs/new", data={**NEED, "do": "add_line"})
    assert response.status_code == 200
    form = check_page(response.get_data(as_text=True)).form
    assert form["lines.0.money.amount.written"] == "91,501.05" and "lines.2.type" in form
    assert "Rooms for records" not in client.get("/en/needs").get_data(as_text=True)


def test_the_text_of_a_form_suggests_themes_and_nothing_is_saved(sqlite_app: RegistryFlask, world: World) -> None:
    client = browser(sqlite_app, world, "state")
    typed_in = {**NEED, "title": "Machines that mark each weapon of the police", "do": "suggest_themes"}
    page = check_page(client.post("/en/needs/new", data=typed_in).get_data(as_text=True))
    assert "Ticked because of the text: Marking" in page.text
    assert {"marking", "record_keeping"} <= set(page.form.getlist("themes"))
    assert page.form["lines.0.money.amount.written"] == "91,501.05"
    nothing = check_page(
        client.post("/en/needs/new", data={"title": "!", "do": "suggest_themes"}).get_data(as_text=True)
    )
    assert "suggests no further theme" in nothing.text
    found = client.get("/api/v1/themes/suggestions?text=weapons+tracing").get_json()
    assert found[0]["theme"] == "tracing" and 0 < found[0]["likeness"] <= 1
    assert client.get("/api/v1/themes").get_json()["total"] == len(themes())


def test_lines_are_removed_and_empty_ones_left_out(sqlite_app: RegistryFlask, world: World) -> None:
    client = browser(sqlite_app, world, "state")
    path = f"/en/needs/{world.need}/edit"
    form = typed(client, path, lines__0__remove="1")
    assert form["lines.0.money.amount.written"] == "100,000"
    assert client.post(path, data=form).status_code == 303
    page = Page(client.get(f"/en/needs/{world.need}").get_data(as_text=True)).text
    assert "Operators" in page and "Machines" not in page.partition("History")[0]


def test_saving_an_unchanged_form_changes_nothing(sqlite_app: RegistryFlask, world: World) -> None:
    """What the form shows, sent back as it is, must load to the very same record: amounts, dates, places, links."""
    for name, path in (
        ("state", f"/en/needs/{world.need}"),
        ("donor", f"/en/offers/{world.offer}"),
        ("coordinator", f"/en/programmes/{world.programme}"),
        ("coordinator", f"/en/organisations/{world.organisation}"),
        ("coordinator", f"/en/feeds/{world.feed}"),
    ):
        client = browser(sqlite_app, world, name)
        form = typed(client, f"{path}/edit")
        assert client.post(f"{path}/edit", data=form).status_code == 303, path
        assert typed(client, f"{path}/edit")["version"] == form["version"], path


def test_two_people_edit_one_need_and_the_second_sees_both(sqlite_app: RegistryFlask, world: World) -> None:
    first, second = (browser(sqlite_app, world, name) for name in ("state", "reviewer"))
    path = f"/en/needs/{world.need}/edit"
    mine, theirs = typed(second, path, title="My title"), typed(first, path, title="Their title")
    assert first.post(path, data=theirs).status_code == 303
    response = second.post(path, data=mine)
    assert response.status_code == 412
    page = check_page(response.get_data(as_text=True))
    assert "Their title" in page.text and "My title" in page.text
    assert f"CASA Registry {__version__}" in page.text
    assert "Their title" in first.get(f"/en/needs/{world.need}").get_data(as_text=True)
    again = page.form
    assert second.post(path, data=again).status_code == 303
    shown = Page(first.get(f"/en/needs/{world.need}").get_data(as_text=True))
    assert "My title" in shown.title and "USD 100,000" in shown.text.replace("\N{NO-BREAK SPACE}", " ")


def test_the_life_of_a_need_by_its_page(sqlite_app: RegistryFlask, world: World) -> None:
    client, path = browser(sqlite_app, world, "state"), f"/en/needs/{world.need}"

    def act(action: str, **data: str) -> tuple[int, str]:
        version = re.search(r'name="version" value="(\d+)"', client.get(path).get_data(as_text=True))
        response = client.post(f"{path}/{action}", data={"version": version[1] if version else "1", **data})
        return response.status_code, response.get_data(as_text=True)

    status, html = act("close")
    assert status == 422 and "This is needed." in check_page(html).text
    assert act("withdraw", reason="Asked elsewhere")[0] == 303
    assert "Asked elsewhere" in client.get(path).get_data(as_text=True)
    status, html = act("renew", window_start="2028-01-01", window_end="2027-01-01")
    assert status == 422 and "must end after it begins" in Page(html).text
    assert act("renew", window_start="2028-01-01", window_end="2029-01-01")[0] == 303
    assert act("close", reason="Met by a partner")[0] == 303
    closed = client.get(path).get_data(as_text=True)
    assert "Closed" in Page(closed).text and f"{path}/edit" not in closed
    assert client.post(f"{path}/open", data={"version": "9"}).status_code in (409, 412)


def test_nobody_but_the_state_changes_its_need(sqlite_app: RegistryFlask, world: World) -> None:
    for name in ("other", "donor", "coordinator", "admin"):
        client = browser(sqlite_app, world, name)
        assert client.post(f"/en/needs/{world.need}/edit", data={"title": "x", "version": "2"}).status_code == 403
        assert client.post(f"/en/needs/{world.need}/withdraw", data={"version": "2"}).status_code == 403
    with sqlite_app.database.reading() as session:
        assert needs.get_need(session, acting(world, "state"), world.need).title == "Marking machines for the police"


OFFER = {
    "title": "Training for record keepers",
    "types": "training",
    "places": "Kenya\nEastern Africa",
    "budget.written": "1,250,000",
    "currency": "EUR",
    "min_grant.written": "5,000",
    "visibility": "public",
    "language": "en",
}


def test_a_donor_enters_an_offer_with_a_condition(sqlite_app: RegistryFlask, world: World) -> None:
    client = browser(sqlite_app, world, "donor")
    condition = {"conditions.0.kind": "participates", "conditions.0.instrument": "poa"}
    response = client.post("/en/offers/new", data={**OFFER, **condition, "do": "open"}, follow_redirects=True)
    page = check_page(response.get_data(as_text=True))
    assert "The offer is open" in page.text and "Kenya, Eastern Africa" in page.text.replace(
        "Eastern Africa, Kenya", "Kenya, Eastern Africa"
    )
    assert "EUR 1,250,000" in page.text.replace("\N{NO-BREAK SPACE}", " ") and "PoA" in page.text


def test_an_offer_that_does_not_fit_keeps_what_was_typed(sqlite_app: RegistryFlask, world: World) -> None:
    client = browser(sqlite_app, world, "donor")
    wrong = {
        **OFFER,
        "places": "Kenya\nAtlantis",
        "min_grant.written": "9,000,000",
        "conditions.0.kind": "reported",
        "conditions.0.instrument": "poa",
    }
    response = client.post("/en/offers/new", data=wrong)
    assert response.status_code == 422
    page = check_page(response.get_data(as_text=True))
    assert "Kenya\nAtlantis" in page.form["places"] and page.form["min_grant.written"] == "9,000,000"
    assert "neither a State" in page.text
    assert "#f-conditions-0-within_months" in {
        str(a.get("href")) for a in page.all("a")
    } or "#f-places-1" in response.get_data(as_text=True)


def test_a_pair_is_compared_from_the_need_s_page(sqlite_app: RegistryFlask, world: World) -> None:
    client = browser(sqlite_app, world, "state")
    response = client.get(f"/en/matches?need={world.draft}&offer={world.offer}")
    assert response.location == f"/en/matches/{world.draft}/{world.offer}"
    page = check_page(client.get(response.location).get_data(as_text=True))
    assert "Why they do not fit" in page.text and "What would lift it" in page.text
    assert client.get("/en/matches?need=x&offer=1").status_code == 422
    assert client_for(sqlite_app).get(response.location).status_code == 404


def test_a_programme_is_corrected_and_released(sqlite_app: RegistryFlask, world: World) -> None:
    client, path = browser(sqlite_app, world, "coordinator"), f"/en/programmes/{world.programme}"
    form = typed(client, f"{path}/edit", title="A better title")
    assert client.post(f"{path}/edit", data=form).status_code == 303
    shown = client.get(path).get_data(as_text=True)
    assert "A better title" in Page(shown).title and 'name="fields" value="title"' in shown
    version = typed(client, f"{path}/edit")["version"]
    assert client.post(f"{path}/release", data={"version": version, "fields": "title"}).status_code == 303
    assert "A better title" not in Page(client.get(path).get_data(as_text=True)).title
    stale = client.post(f"{path}/edit", data={**form.to_dict(), "title": "Too late"})
    assert stale.status_code == 412 and "Too late" in stale.get_data(as_text=True)
    empty = client.post(f"{path}/edit", data=typed(client, f"{path}/edit", title=""))
    assert empty.status_code == 422 and "f-title-error" in check_page(empty.get_data(as_text=True)).ids


def test_a_programme_is_entered_by_a_donor_and_what_does_not_fit_is_named(
    sqlite_app: RegistryFlask, world: World
) -> None:
    client, path = browser(sqlite_app, world, "donor"), "/en/programmes/new"
    assert f'href="{path}"' in client.get("/en/programmes").get_data(as_text=True)
    right = {
        "title": "Marking of police weapons", "language": "en", "description": "Three regions.", "status": "2",
        "states": ["KEN", "", "UGA"], "start": "2026-01-01", "end": "2026-12-31", "amount": "250,000.50",
        "currency": "EUR", "partner": "Clear Ground Trust", "themes": ["marking"], "visibility": "public",
    }  # fmt: skip
    for wrong, field in (
        ({"title": ""}, "title"), ({"amount": "much"}, "amount"), ({"start": "2026-13-01"}, "start"),
        ({"end": ""}, "amount"), ({"status": "99"}, "status"), ({"amount": "-5"}, "amount"),
    ):  # fmt: skip
        refused = client.post(path, data=right | wrong)
        page = check_page(refused.get_data(as_text=True))
        assert refused.status_code == 422 and f"f-{field}-error" in page.ids, wrong
        assert "Three regions." in refused.get_data(as_text=True), "what was typed is kept"
    made = client.post(path, data=right)
    assert made.status_code == 303
    shown = client.get(made.location).get_data(as_text=True)
    assert "Marking of police weapons" in Page(shown).title and "Kenya" in shown and "Clear Ground Trust" in shown
    assert client.get(made.location.replace("/en/", "/api/v1/")).get_json()["document"]["budgets"][0]["value"] == {
        "amount": 25_000_050, "currency": "EUR", "value_date": "2026-01-01",
    }  # fmt: skip
    assert browser(sqlite_app, world, "state").get(path).status_code == 403


def test_an_agency_enters_its_programme_on_either_engine(app: RegistryFlask) -> None:
    client = client_for(app, make_user(app.database, "agency"))
    made = client.post("/en/programmes/new", data={"title": "Registers for border posts", "language": "en"})
    assert made.status_code == 303
    shown = check_page(client.get(made.location).get_data(as_text=True)).text
    assert "Organisation of a agency" in shown and "Entered by a person" in shown


def test_a_programme_is_withdrawn_with_a_reason(sqlite_app: RegistryFlask, world: World) -> None:
    client, path = browser(sqlite_app, world, "coordinator"), f"/en/programmes/{world.programme}"
    version = typed(client, f"{path}/edit")["version"]
    assert client.post(f"{path}/archive", data={"version": version}).status_code == 422
    assert client.post(f"{path}/archive", data={"version": version, "reason": "Entered twice"}).status_code == 303
    assert "Entered twice" in client.get(path).get_data(as_text=True)


def test_an_organisation_is_entered_and_corrected(sqlite_app: RegistryFlask, world: World) -> None:
    client = browser(sqlite_app, world, "coordinator")
    wrong = client.post(
        "/en/organisations/new", data={"name": "New Body", "website": "nowhere", "identifiers": "XX-NEW"}
    )
    assert wrong.status_code == 422 and check_page(wrong.get_data(as_text=True)).form["identifiers"].strip() == "XX-NEW"
    right = {"name": "New Body", "website": "https://example.org", "identifiers": "XX-NEW", "kind": "21"}
    made = client.post("/en/organisations/new", data=right)
    assert made.status_code == 303
    form = typed(client, f"{made.location}/edit", acronym="NB")
    assert client.post(f"{made.location}/edit", data=form).status_code == 303
    assert "(NB)" in client.get(made.location).get_data(as_text=True)
    assert client.post(f"{made.location}/edit", data=form).status_code == 412


def test_a_feed_is_added_and_a_run_asked_for(sqlite_app: RegistryFlask, world: World) -> None:
    client = browser(sqlite_app, world, "coordinator")
    form = {"name": "Another", "adapter": "iati", "url": "not an address", "scope": "relevant", "every_minutes": "soon"}
    wrong = client.post("/en/feeds/new", data=form)
    page = check_page(wrong.get_data(as_text=True))
    assert wrong.status_code == 422 and page.form["url"] == "not an address" and page.form["every_minutes"] == "soon"
    assert {"f-url-error", "f-every_minutes-error"} <= set(page.ids)
    form |= {"url": "https://data.example.org/a.xml", "every_minutes": "60", "enabled": "1"}
    nobody = client.post("/en/feeds/new", data=form | {"organisation_id": "XX-NOBODY"})
    assert nobody.status_code == 422
    assert check_page(nobody.get_data(as_text=True)).form["organisation_id"] == "XX-NOBODY"
    client.post("/en/organisations/new", data={"name": "Publishing Body", "identifiers": "XX-PUB"})
    made = client.post("/en/feeds/new", data=form | {"organisation_id": " xx-pub"})
    assert made.status_code == 303
    shown = client.get(made.location).get_data(as_text=True)
    assert "Publishing Body" in shown and "every hour" in shown
    edit = client.get(f"{made.location}/edit").get_data(as_text=True)
    assert check_page(edit).form["organisation_id"] == "XX-PUB"
    assert client.post(f"{made.location}/sync").status_code == 303
    assert browser(sqlite_app, world, "donor").post(f"{made.location}/sync").status_code == 403


def test_a_person_s_word_on_an_ignored_record_is_noted(sqlite_app: RegistryFlask, world: World) -> None:
    client = browser(sqlite_app, world, "coordinator")
    path = f"/en/feeds/{world.feed}/records"
    page = client.get(f"{path}?outcome=ignored").get_data(as_text=True)
    action = re.search(rf"{path}/(\d+)/verdict", page)
    assert action
    data = {"verdict": "keep", "outcome": "ignored"}
    assert client.post(action[0], data=data).location == f"{path}?outcome=ignored"
    assert "belongs here" in client.get(f"{path}?outcome=ignored").get_data(as_text=True)
    assert client.post(action[0], data={"verdict": "perhaps"}).status_code == 422
