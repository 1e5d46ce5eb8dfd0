"""Reports due: page, calendar file, API and command; noting that one was filed."""

from datetime import date
from pathlib import Path

from click.testing import CliRunner

from registry.catalogue.models import Participation
from registry.cli import casa
from registry.db import Database, utcnow
from registry.http import RegistryFlask
from tests.support.pages import check_page
from tests.support.people import client_for, make_user, token_headers


def ratified(database: Database) -> None:
    with database.transaction() as session:
        session.add(
            Participation(state="KEN", instrument="att", act="ratification", on=date(2018, 1, 1), source="test")
        )


def test_a_filed_report_is_noted_once_and_shown(app: RegistryFlask, database: Database) -> None:
    ratified(database)
    headers = token_headers(database, make_user(database, "state"), ["assessments:read", "assessments:write"])
    client, today = app.test_client(), utcnow().date()
    address = "/api/v1/states/KEN/reports"
    listed = client.get(address).json["items"]  # type: ignore[index]
    assert {item["duty"] for item in listed} == {
        "poa-report", "iti-report", "att-initial", "att-annual", "unroca-annual",
    }  # fmt: skip
    (initial,) = (item for item in listed if item["duty"] == "att-initial")
    assert (initial["due_on"], initial["status"]) == ("2019-04-01", "missing")
    body = {"instrument": "unroca", "on": f"{today.year - 1}-05-01", "source": "A/79/1"}
    assert client.post(address, json=body, headers=headers).status_code == 201
    assert client.post(address, json=body, headers=headers).status_code == 409
    shown = client.get(address).json["items"]  # type: ignore[index]
    assert [item["due_on"] for item in shown if item["status"] == "sent"] == [f"{today.year - 1}-05-31"]
    for wrong, field in (
        ({"on": "2999-01-01"}, "on"), ({"on": "soon"}, "on"), ({"instrument": "moon-treaty"}, "instrument"),
        ({"source": " "}, "source"),
    ):  # fmt: skip
        refused = client.post(address, json=body | wrong, headers=headers)
        assert refused.status_code == 422 and f"/{field}" in refused.text
    uganda = token_headers(database, make_user(database, "state", state="UGA"), ["assessments:write"])
    assert client.post(address, json=body | {"on": "2020-01-01"}, headers=uganda).status_code == 403


def test_the_page_notes_and_the_calendar_file_holds_what_is_to_come(
    sqlite_app: RegistryFlask, sqlite_database: Database, tmp_path: Path
) -> None:
    ratified(sqlite_database)
    browser = client_for(sqlite_app, make_user(sqlite_database, "coordinator"))
    page = "/en/states/KEN/reports"
    check_page(browser.get(page).text)
    wrong = browser.post(page, data={"instrument": "att", "on": "", "source": "a link"})
    assert wrong.status_code == 422 and 'value="a link"' in wrong.text
    filed = {"instrument": "att", "on": "2019-03-01", "source": "a link"}
    assert browser.post(page, data=filed).status_code == 303
    assert browser.post(page, data=filed).status_code == 409
    assert "Filed in time" in browser.get(page).text
    anybody = sqlite_app.test_client()
    calendar = anybody.get(f"{page}.ics")
    assert calendar.mimetype == "text/calendar" and calendar.data.startswith(b"BEGIN:VCALENDAR\r\n")
    assert calendar.data == anybody.get(f"{page}.ics").data
    assert b"ken-att-annual-" in calendar.data and b"ken-att-initial" not in calendar.data
    environment = {"CASA_DATABASE_URL": sqlite_database.url, "CASA_DATA_DIR": str(tmp_path)}
    told = CliRunner().invoke(casa, ["reports", "Kenya"], env=environment)
    assert told.exit_code == 0 and "2019-04-01  submitted" in told.output, told.output
    assert CliRunner().invoke(casa, ["reports", "Atlantis"], env=environment).exit_code != 0
