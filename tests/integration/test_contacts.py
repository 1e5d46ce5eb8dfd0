"""Points of contact: who sees which, the yearly question, and that deleting leaves nothing."""

from datetime import date, timedelta
from pathlib import Path

from click.testing import CliRunner
from sqlalchemy import select, text
from sqlmodel import SQLModel

from registry.alerts.models import Notice
from registry.alerts.notices import list_notices
from registry.cli import casa
from registry.compliance.contacts import service, upkeep
from registry.compliance.contacts.models import Contact
from registry.db import Database, utcnow
from registry.http import RegistryFlask
from registry.settings import Settings
from registry.worker.consumers import CONSUMERS
from registry.worker.consuming import consume_all
from tests.support.pages import Page, check_page
from tests.support.people import actor_for, client_for, make_user, token_headers

DESK = {
    "office": "Desk for small arms 7c1f", "email": "desk7c1f@mfa.example", "phone": "+254 20 1234567",
    "instruments": ["poa", "att"], "languages": ["en", "sw"], "source": "note verbale 7c1f",
}  # fmt: skip
SCOPES = ["catalogue:read", "participation:write"]
URL = "/api/v1/contacts"


def test_only_published_ones_are_for_everybody_and_nothing_is_left_of_a_deleted_one(
    app: RegistryFlask, database: Database
) -> None:
    kenya = token_headers(database, make_user(database, "state"), SCOPES)
    uganda = token_headers(database, make_user(database, "state", state="UGA"), SCOPES)
    staff = token_headers(database, make_user(database, "coordinator"), SCOPES)
    client = app.test_client()
    made = client.post(URL, json=DESK, headers=kenya)
    assert made.status_code == 201 and made.json["stale"] is False, made.text  # type: ignore[index]
    assert client.post(URL, json=DESK, headers=kenya).status_code == 409
    assert client.post(URL, json=DESK | {"state": "KEN"}, headers=uganda).status_code == 403
    here = made.headers["Location"]
    seen = [client.get(here, headers=who).status_code for who in (kenya, staff, uganda, {})]
    assert seen == [200, 200, 404, 404]
    published = client.patch(here, json={"published": True}, headers=kenya | {"If-Match": '"1"'})
    assert published.status_code == 200
    listed = client.get(f"{URL}?instrument=att&role=point_of_contact").json["items"]  # type: ignore[index]
    assert [each["email"] for each in listed] == [DESK["email"]]
    assert client.get(f"{URL}?instrument=at").json["items"] == []  # type: ignore[index]
    assert client.patch(here, json={"phone": "1"}, headers=uganda | {"If-Match": '"2"'}).status_code == 403
    moved = client.patch(here, json={"email": "new7c1f@mfa.example"}, headers=kenya | {"If-Match": '"2"'})
    steps = client.get(f"{here}/history", headers=kenya).json["items"]  # type: ignore[index]
    assert steps[0]["changes"] == {"email": ["…", "…"]}
    assert client.delete(here, headers=kenya | {"If-Match": '"1"'}).status_code == 412
    assert client.delete(here, headers=kenya | {"If-Match": moved.headers["ETag"]}).status_code == 204
    assert client.get(here, headers=kenya).status_code == 404
    with database.reading() as session:
        for table in SQLModel.metadata.sorted_tables:
            rows = session.execute(select(table)).all()
            assert "7c1f" not in str(rows), f"{table.name} keeps what was deleted"
    for wrong, field in (
        ({"instruments": ["moon"]}, "instruments/0"), ({"email": "", "phone": ""}, "email"),
        ({"confirmed_on": "2999-01-01"}, "confirmed_on"),
    ):  # fmt: skip
        refused = client.post(URL, json=DESK | wrong, headers=kenya)
        assert refused.status_code == 422 and f"#/{field}" in refused.text


def test_a_state_is_asked_once_a_year_whether_it_is_still_right(database: Database, settings: Settings) -> None:
    kenya, staff = make_user(database, "state"), make_user(database, "coordinator")
    now = utcnow()
    old = DESK | {"confirmed_on": (now - timedelta(days=366)).date().isoformat()}
    with database.transaction() as session:
        asked = service.enter(session, actor_for(staff), old | {"state": "KEN"}).id or 0
        service.enter(session, actor_for(staff), DESK | {"state": "KEN", "role": "tracing"})
        lonely = service.enter(session, actor_for(staff), old | {"state": "FJI"}).id or 0

    def told(user_id: int | None, later: int = 0) -> list[tuple[str, int]]:
        with database.transaction() as session:
            while upkeep.ask(session, now + timedelta(days=later)):
                session.flush()
        consume_all(database, settings, {"alerts": CONSUMERS["alerts"]}, "test")
        with database.reading() as session:
            rows = session.scalars(select(Notice).where(Notice.user_id == user_id).order_by(Notice.id))  # type: ignore[arg-type]
            return [(row.kind, row.record_id) for row in rows]

    assert told(kenya.id) == [("contact", asked)]
    assert told(staff.id) == [("contact", lonely)], "where the State has nobody here, the coordinators are asked"
    assert told(kenya.id, 30) == [("contact", asked)], "not again at once"
    with database.reading() as session:
        shown, _ = list_notices(session, actor_for(kenya))
        assert [notice["title"] for notice in shown] == [DESK["office"]]
    with database.transaction() as session:
        service.confirm(session, actor_for(kenya), asked, None, now + timedelta(days=31))
    assert told(kenya.id, 130) == [("contact", asked)], "confirmed: nothing to ask"
    assert told(kenya.id, 31 + 366) == [("contact", asked), ("contact", asked), ("contact", asked + 1)]


TABLE = f"""state,office,role,email,phone,languages,instruments,published,source
Kenya,Desk,,desk@mfa.example,,en sw,poa att,yes,a note
UGA,Desk,tracing,,+256 41 123456,en,iti,no,a note
UGA,Other,tracing,,,en,iti,no,no way to reach it
Atlantys,Desk,,desk@mfa.example,,,poa,,{date(2026, 1, 1)}
"""


def test_a_table_is_entered_by_command_and_looked_at_by_page(
    sqlite_app: RegistryFlask, sqlite_database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "contacts.csv"
    file.write_text(TABLE, encoding="utf-8")
    environment = {"CASA_DATABASE_URL": sqlite_database.url, "CASA_DATA_DIR": str(tmp_path)}
    entered = CliRunner().invoke(casa, ["import", "contacts", str(file)], env=environment)
    assert "2 created, 0 updated, 0 unchanged, 2 refused" in entered.output, entered.output
    assert "row 4, email:" in entered.output and "row 5, state:" in entered.output
    again = CliRunner().invoke(casa, ["import", "contacts", str(file)], env=environment)
    assert "0 created, 0 updated, 2 unchanged, 2 refused" in again.output, again.output
    browser = client_for(sqlite_app, make_user(sqlite_database, "state"))
    with file.open("rb") as sent:
        page = browser.post("/en/contacts/import", data={"file": (sent, "contacts.csv"), "do": "look"})
    check_page(page.text)
    assert "0 new, 0 corrected, 1 as they were, 3 refused." in page.text
    anybody = sqlite_app.test_client()
    directory = anybody.get("/en/contacts").text
    assert "desk@mfa.example" in directory and "+256" not in directory


def test_the_pages_enter_change_confirm_and_delete(sqlite_app: RegistryFlask, sqlite_database: Database) -> None:
    browser = client_for(sqlite_app, make_user(sqlite_database, "state"))
    page, form = "/en/states/KEN/contacts", DESK | {"role": "tracing", "confirmed_on": "2025-01-01"}
    wrong = browser.post(page, data=form | {"email": "nobody"})
    assert wrong.status_code == 422 and 'value="nobody"' in wrong.text
    check_page(wrong.text)
    assert browser.post(page, data=form).status_code == 303
    assert browser.post(page, data=form).status_code == 409
    assert "over a year ago" in browser.get(page).text
    here = "/en/contacts/1"
    shown = browser.get(here).text
    check_page(shown)
    assert Page(shown).form.getlist("languages") == ["en", "sw"], "a language that the form does not offer is kept"
    assert browser.post(f"{here}/confirm", data={"version": "1"}).status_code == 303
    assert "over a year" not in browser.get(here).text
    changed = form | {"published": "yes", "confirmed_on": "2026-01-01", "version": "1"}
    assert browser.post(here, data=changed).status_code == 412
    assert browser.post(here, data=changed | {"version": "2"}).status_code == 303
    assert sqlite_app.test_client().get(here).status_code == 200
    assert browser.post(here, data=form | {"version": "3", "instruments": "moon"}).status_code == 422
    assert browser.post(f"{here}/remove", data={"version": "3"}).status_code == 303
    with sqlite_database.reading() as session:
        assert session.scalar(select(Contact)) is None
        assert session.execute(text("SELECT count(*) FROM revision WHERE kind = 'contact'")).scalar() == 0
