"""Participation: entered, corrected, confirmed, taken back, imported; what depends on it follows."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from sqlmodel import Session

from registry.catalogue.models import Participation
from registry.cli import casa
from registry.compliance import assessments
from registry.compliance.participation import service
from registry.compliance.participation.instruments import named
from registry.compliance.participation.suggesting import BEGIN, NOT_BOUND, Suggestion, suggestions
from registry.db import Database, utcnow
from registry.errors import Conflict, InvalidInput
from registry.events.models import Event
from registry.http import RegistryFlask
from registry.matching.refresh import MATCH
from registry.settings import Settings
from registry.worker.consumers import CONSUMERS
from registry.worker.consuming import consume_all
from tests.support.matching import open_need, open_offer, organisation
from tests.support.pages import check_page
from tests.support.people import actor_for, client_for, make_user, token_headers
from tests.support.standards import STANDARD, load_text, person

JOINED = {"instrument": "att", "act": "ratification", "on": "2018-01-01", "source": "C.N.1.2018"}
WRITE = ["catalogue:read", "participation:write"]


def test_an_act_lives_over_the_api_with_its_history_and_events(app: RegistryFlask, database: Database) -> None:
    kenya, staff = make_user(database, "state"), make_user(database, "coordinator")
    headers, confirming = token_headers(database, kenya, WRITE), token_headers(database, staff, WRITE)
    client, address = app.test_client(), "/api/v1/states/Kenya/participation"
    made = client.post(address, json=JOINED, headers=headers)
    assert made.status_code == 201 and made.json["checked"] is False  # type: ignore[index]
    assert client.post(address, json=JOINED, headers=headers).status_code == 409
    assert [row["act"] for row in client.get(address).json["items"]] == ["ratification"]  # type: ignore[index]
    here = made.headers["Location"]
    assert client.post(f"{here}/confirm", json={}, headers=headers | {"If-Match": '"1"'}).status_code == 403
    confirmed = client.post(f"{here}/confirm", json={}, headers=confirming | {"If-Match": '"1"'})
    assert confirmed.json["checked"] and confirmed.json["checked_at"]  # type: ignore[index]
    assert client.delete(here, headers=headers | {"If-Match": '"2"'}).status_code == 403, "a coordinator confirmed it"
    assert client.patch(here, json={"on": "2018-02-01"}, headers=headers | {"If-Match": '"1"'}).status_code == 412
    changed = client.patch(here, json={"on": "2018-02-01"}, headers=headers | {"If-Match": '"2"'})
    assert (changed.json["on"], changed.json["checked"]) == ("2018-02-01", False)  # type: ignore[index]
    assert client.delete(here, headers=headers | {"If-Match": changed.headers["ETag"]}).status_code == 204
    assert client.get(here).status_code == 404
    steps = client.get(f"{here}/history").json["items"]  # type: ignore[index]
    assert steps[1]["changes"] == {"on": ["2018-01-01", "2018-02-01"], "checked": [True, False]}
    with database.reading() as session:
        told = select(Event.type).where(Event.kind == "participation").order_by(Event.id)  # type: ignore[arg-type]
        assert [kind.partition(".")[2] for kind in session.scalars(told)] == [
            "created", "updated", "updated", "archived",
        ]  # fmt: skip
    uganda = token_headers(database, make_user(database, "state", state="UGA"), WRITE)
    assert client.post(address, json=JOINED, headers=uganda).status_code == 403


def test_what_cannot_be_is_refused_with_the_way_out(session: Session) -> None:
    kenya, tomorrow = person(session), (utcnow() + timedelta(days=1)).date().isoformat()

    def refusal(**wrong: str) -> dict[str, list[str]]:
        with pytest.raises(InvalidInput) as refused:
            service.enter(session, kenya, "KEN", JOINED | wrong)
        return refused.value.fields

    assert refusal(instrument="atx") == {"instrument": ["There is no such instrument here.", "Did you mean: att?"]}
    assert set(refusal(on=tomorrow)) == set(refusal(on="1 May")) == set(refusal(on="")) == {"on"}
    assert set(refusal(act="withdrawal")) == set(refusal(act="married")) == {"act"}
    assert set(refusal(source=" ")) == {"source"}
    joined = service.enter(session, kenya, "KEN", JOINED).row
    left = service.enter(session, kenya, "KEN", JOINED | {"act": "withdrawal", "on": "2020-01-01"}).row
    with pytest.raises(Conflict):
        service.remove(session, kenya, joined.id or 0, None)
    with pytest.raises(InvalidInput):
        service.change(session, kenya, joined.id or 0, {"on": "2021-01-01"}, None)
    with pytest.raises(Conflict):
        service.change(session, kenya, left.id or 0, {"act": "ratification", "on": "2018-01-01"}, None)
    service.remove(session, kenya, left.id or 0, None)
    late = service.enter(session, kenya, "KEN", JOINED | {"act": "signature", "on": "2019-01-01"})
    assert len(late.warnings) == 1


def test_an_instrument_is_known_by_how_its_title_begins(session: Session, tmp_path: Path) -> None:
    text = STANDARD.replace("technical_standard", "political", 1).replace(
        "Small standard", "Programme of tests on all", 1
    )
    load_text(session, tmp_path, text)
    assert [named(session, each).id for each in ("ATT", "small", "programme of tests")] == ["att", "small", "small"]
    with pytest.raises(InvalidInput) as refused:
        named(session, "Treaty of the moon")
    assert refused.value.fields["instrument"][1].startswith("There are: att")


def test_a_donors_condition_is_looked_at_again_when_a_state_joins_or_leaves(
    database: Database, settings: Settings
) -> None:
    staff = actor_for(make_user(database, "coordinator"))
    with database.transaction() as session:
        need = open_need(session)
        condition = {"kind": "participates", "instrument": "att"}
        offer = open_offer(session, organisation(session), conditions=[condition])
        pair = (need.id, offer.id)

    def pairs() -> list[Any]:
        consume_all(database, settings, {"rematch": CONSUMERS["rematch"]}, "test")
        with database.reading() as session:
            return [tuple(row) for row in session.execute(select(MATCH.c.need_id, MATCH.c.offer_id))]

    assert pairs() == []
    with database.transaction() as session:
        service.enter(session, staff, "KEN", JOINED)
    assert pairs() == [pair]
    with database.transaction() as session:
        service.enter(session, staff, "KEN", JOINED | {"act": "withdrawal", "on": "2024-01-01"})
    assert pairs() == []


TABLE = """state,instrument,act,on,source,reservation
Kenya,att,ratification,2018-01-01,C.N.1,
KEN,ATT,Signature,2019-01-01,C.N.2,
Keniya,att,accession,2018-01-01,C.N.3,
UGA,atx,accession,2018-01-01,C.N.3,
UGA,att,withdrawal,2018-01-01,C.N.3,
UGA,att,accession,2999-01-01,C.N.3,
"""


def test_a_table_is_looked_at_then_entered_by_command_api_and_page(
    sqlite_app: RegistryFlask, sqlite_database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "acts.csv"
    file.write_text(TABLE, encoding="utf-8")
    environment = {"CASA_DATABASE_URL": sqlite_database.url, "CASA_DATA_DIR": str(tmp_path)}
    looked = CliRunner().invoke(casa, ["import", "participation", str(file), "--dry-run"], env=environment)
    assert looked.exit_code == 0 and "2 created" in looked.output and "4 refused" in looked.output, looked.output
    assert "row 4, state: Did you mean: KEN (Kenya)" in looked.output
    assert "row 5, instrument: Did you mean: att?" in looked.output and "row 3, act:" in looked.output
    with sqlite_database.reading() as session:
        assert session.scalar(select(Participation)) is None
    staff = make_user(sqlite_database, "coordinator")
    headers = token_headers(sqlite_database, staff, WRITE) | {"Content-Type": "text/csv"}
    client, address = sqlite_app.test_client(), "/api/v1/participation/import"
    entered = client.post(address, data=TABLE, headers=headers).json
    assert (entered["created"], entered["quarantined"], len(entered["warnings"])) == (2, 4, 1)  # type: ignore[index]
    again = client.post(address, data=TABLE.replace("C.N.1,", "C.N.9,"), headers=headers).json
    assert (again["updated"], again["unchanged"], again["created"]) == (1, 1, 0)  # type: ignore[index]
    assert client.post(address, data="x", headers=headers | {"Content-Type": "text/plain"}).status_code == 415
    browser = client_for(sqlite_app, make_user(sqlite_database, "state"))
    with file.open("rb") as sent:
        page = browser.post("/en/participation/import", data={"file": (sent, "acts.csv"), "do": "look"})
    check_page(page.text)
    assert "0 new, 1 corrected, 1 as they were, 4 refused." in page.text
    assert browser.post("/en/participation/import", data={"do": "look"}).status_code == 422


def test_the_pages_enter_correct_confirm_and_take_back(sqlite_app: RegistryFlask, sqlite_database: Database) -> None:
    kenya = client_for(sqlite_app, make_user(sqlite_database, "state"))
    staff = client_for(sqlite_app, make_user(sqlite_database, "coordinator"))
    page = "/en/states/KEN/participation"
    wrong = kenya.post(page, data=JOINED | {"on": "2999-01-01"})
    assert wrong.status_code == 422 and 'value="C.N.1.2018"' in wrong.text
    check_page(wrong.text)
    assert kenya.post(page, data=JOINED).status_code == 303
    assert kenya.post(page, data=JOINED).status_code == 409
    assert "since" in kenya.get(page).text
    act = "/en/participation/1"
    assert kenya.post(f"{act}/confirm", data={"version": "1"}).status_code == 403
    assert staff.post(f"{act}/confirm", data={"version": "1"}).status_code == 303
    check_page(staff.get(act).text)
    corrected = {**JOINED, "reservation": "Article 11 is read narrowly", "version": "1"}
    assert kenya.post(act, data=corrected).status_code == 412
    assert kenya.post(act, data=corrected | {"version": "2"}).status_code == 303
    assert "Article 11" in kenya.get(act).text
    assert kenya.post(f"{act}/remove", data={"version": "3"}).status_code == 303
    assert kenya.get(act).status_code == 404


def test_instruments_and_the_calendar_of_all_states_tell_who_joined_and_who_reported(
    sqlite_app: RegistryFlask, sqlite_database: Database
) -> None:
    staff = actor_for(make_user(sqlite_database, "coordinator"))
    with sqlite_database.transaction() as session:
        service.enter(session, staff, "KEN", JOINED)
        service.enter(session, staff, "UGA", JOINED | {"act": "signature"})
        service.enter(session, staff, "KEN", JOINED | {"act": "report", "on": "2019-03-01"})
    anybody = sqlite_app.test_client()
    att = anybody.get("/api/v1/instruments/att").json
    assert [(each["state"], each["standing"]) for each in att["states"]] == [("KEN", "party"), ("UGA", "signatory")]  # type: ignore[index]
    assert att["counts"] == {"party": 1, "signatory": 1, "left": 0}  # type: ignore[index]
    listed = anybody.get("/api/v1/instruments").json["items"]  # type: ignore[index]
    assert {"att", "poa", "iti", "unroca"} <= {each["id"] for each in listed}
    assert anybody.get("/api/v1/instruments/moon-treaty").status_code == 404
    address = "/api/v1/reports-due?instrument=att&region=014&limit=2"
    first = anybody.get(address).json
    assert first["items"][0] | {"source": ""} == {  # type: ignore[index]
        "state": "KEN", "duty": "att-initial", "instrument": "att",
        "title": "Initial report under the Arms Trade Treaty",
        "due_on": "2019-04-01", "fixed_day": True, "status": "submitted", "filed_on": "2019-03-01", "source": "",
        "invited_by": None,
        "checked": True, "ever_filed": True,
    }  # fmt: skip
    rest = anybody.get(f"{address}&cursor={first['next']}").json  # type: ignore[index]
    assert rest["items"] and rest["items"][0] not in first["items"] and first["total"] == rest["total"]  # type: ignore[index]
    assert {row["state"] for row in first["items"] + rest["items"]} == {"KEN"}, "a signature alone owes nothing"  # type: ignore[index]
    assert anybody.get("/api/v1/reports-due?cursor=x").status_code == 422
    assert anybody.get("/api/v1/reports-due?region=999").status_code == 422
    for page in ("/en/instruments/att", "/en/reports/due?instrument=att&region=014", "/en/reports/due?region=202"):
        shown = anybody.get(page)
        check_page(shown.text)
    assert "Kenya" in anybody.get("/en/reports/due?instrument=att").text
    assert "Uganda" not in anybody.get("/en/reports/due?instrument=att").text
    calendar = anybody.get("/en/reports/due.ics?instrument=att").data
    assert b"Annual report under the Arms Trade Treaty: 1 State" in calendar and b"Kenya" in calendar
    assert calendar == anybody.get("/en/reports/due.ics?instrument=att").data


def test_participation_suggests_what_to_assess(session: Session, tmp_path: Path) -> None:
    treaty = STANDARD.replace("  type: technical_standard\n", "  type: treaty\n  participation: parties\n", 1)
    load_text(session, tmp_path, treaty)
    kenya, today = person(session), utcnow().date()
    assert suggestions(session, kenya, "KEN", today) == []
    signed = {"instrument": "small", "act": "signature", "on": "2020-01-01", "source": "a note"}
    service.enter(session, kenya, "KEN", signed)
    assert suggestions(session, kenya, "KEN", today) == [], "a signature alone asks for nothing"
    draft = assessments.start(session, kenya, {"standard": "small"})
    assert suggestions(session, kenya, "KEN", today) == [Suggestion(NOT_BOUND, "small", draft.id)]
    service.enter(session, kenya, "KEN", signed | {"act": "ratification", "on": "2021-01-01"})
    assert suggestions(session, kenya, "KEN", today) == []
    uganda = person(session, state="UGA")
    service.enter(session, uganda, "UGA", signed | {"act": "accession"})
    assert suggestions(session, uganda, "UGA", today) == [Suggestion(BEGIN, "small")]
