"""Proposals by page, API and command; a round's scenario goes out as proposals."""

from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from registry.accounts.actor import system
from registry.cli import casa
from registry.db import Database
from registry.errors import Conflict
from registry.http import RegistryFlask
from registry.matching.ledger import applying, proposing, service, views
from registry.matching.rounds import freezing
from registry.matching.rounds import service as rounds
from tests.support.matching import COORDINATOR, KENYA, NOW, donor, open_need, open_offer, organisation
from tests.support.pages import check_page
from tests.support.people import client_for, make_user, token_headers

LINE = {"type": "equipment", "money": {"amount": 100_000_00, "currency": "USD", "value_date": "2026-11-01"}}


def made(database: Database) -> dict[str, int]:
    with database.transaction() as session:
        giver = organisation(session)
        need, offer = open_need(session, lines=[LINE], visibility="public"), open_offer(session, giver)
        return {"giver": giver, "need": need.id or 0, "offer": offer.id or 0}


def solved(database: Database, *fairness: str) -> int:
    with database.transaction() as session:
        number = rounds.open_round(session, COORDINATOR, "Spring meeting", fairness, NOW).id or 0
    rounds.work_off(database, system("scheduler"), number)
    return number


def test_a_scenario_goes_out_once_and_what_changed_is_skipped_with_its_reason(database: Database) -> None:
    ids = made(database)
    with database.transaction() as session:
        other = open_need(session, title="Another", lines=[LINE]).id or 0
    number = solved(database, "none", "country")
    with database.transaction() as session:
        proposing.propose(
            session, COORDINATOR, {"need_id": other, "offer_id": ids["offer"], "amount": 30_000_00, "type": "equipment"}
        )
    with database.transaction() as session:
        outcome = applying.apply_scenario(session, COORDINATOR, number, "none")
    with database.transaction() as session:
        assert applying.apply_scenario(session, COORDINATOR, number, "none") == outcome, "a double click"
        with pytest.raises(Conflict, match="Another scenario"):
            applying.apply_scenario(session, COORDINATOR, number, "country")
    assert len(outcome["proposed"]) == 1
    assert [(row["need_id"], "already" in row["reason"]) for row in outcome["skipped"]] == [(other, True)]
    with database.reading() as session:
        found = views.list_proposals(session, COORDINATOR, {"round_id": number})[0]
    assert [(item["amount"], item["currency"], item["type"]) for item in found] == [(80_000_00, "USD", "equipment")]


def test_what_is_agreed_is_neither_asked_nor_offered_in_a_later_round(database: Database) -> None:
    ids = made(database)
    with database.transaction() as session:
        data = {"need_id": ids["need"], "offer_id": ids["offer"], "amount": 60_000_00, "type": "equipment"}
        number = proposing.propose(session, KENYA, data).id or 0
    with database.reading() as session:
        frozen = freezing.freeze(session, NOW)["problem"]
        assert (frozen["needs"][0][2], frozen["offers"][0][1], frozen["pairs"][0][4]) == (100_000, 500_000, True)
    with database.transaction() as session:
        service.act(session, donor(ids["giver"]), number, "accept")
    with database.reading() as session:
        frozen = freezing.freeze(session, NOW)["problem"]
    assert (frozen["needs"][0][2], frozen["offers"][0][1], frozen["pairs"][0][4]) == (40_000, 440_000, False)


def test_the_api_takes_a_proposal_to_its_end(app: RegistryFlask, database: Database) -> None:
    ids, client = made(database), app.test_client()
    scopes = ["proposals:read", "proposals:write"]
    state = token_headers(database, make_user(database, "state"), scopes)
    giver = token_headers(database, make_user(database, "donor", organisation_id=ids["giver"]), scopes)
    body: dict[str, Any] = {"need_id": ids["need"], "offer_id": ids["offer"], "amount": {"written": "50,000"}}
    wrong = client.post("/api/v1/proposals", json=body | {"amount": -1}, headers=giver)
    assert wrong.status_code == 422 and "/amount" in wrong.text
    new = client.post("/api/v1/proposals", json=body, headers=giver)
    assert new.status_code == 201 and new.json and new.json["waits_for"] == ["need"], new.text
    where = new.headers["Location"]
    assert client.get(where).status_code == 404, "nobody else knows of it"
    waiting = client.get("/api/v1/proposals?waiting=true", headers=state).json
    assert waiting and [item["acts"] for item in waiting["items"]] == [["accept", "decline", "ask"]]
    assert client.post(f"{where}/deliver", json={"amount": 1, "on": "2026-11-23"}, headers=state).status_code == 409
    for _ in range(2):
        agreed = client.post(f"{where}/accept", json={}, headers=state)
        assert agreed.json and (agreed.json["status"], agreed.json["version"]) == ("agreed", 2)
    paid = client.post(f"{where}/disburse", json={"amount": 50_000_00, "on": "2026-11-23"}, headers=giver)
    assert paid.json and paid.json["disbursed"] == 50_000_00
    got = client.post(f"{where}/deliver", json={"amount": 50_000_00, "on": "2026-11-23"}, headers=state)
    assert got.json and got.json["status"] == "delivered"
    steps = client.get(f"{where}/steps", headers=giver).json
    assert steps and [step["act"] for step in steps["items"]] == ["propose", "accept", "disburse", "deliver"]
    ledger = client.get(f"/api/v1/proposals/ledger?need={ids['need']}", headers=state).json
    assert ledger and ledger["left"] == {"amount": 50_000_00, "currency": "USD"}
    assert client.post(f"{where}/explode", json={}, headers=state).status_code == 404


def click(client: FlaskClient, number: int, act: str, **data: str) -> int:
    return client.post(f"/en/proposals/{number}/{act}", data=data).status_code


def test_both_sides_agree_on_the_pages(sqlite_app: RegistryFlask, sqlite_database: Database) -> None:
    ids = made(sqlite_database)
    state = client_for(sqlite_app, make_user(sqlite_database, "state"))
    giver = client_for(sqlite_app, make_user(sqlite_database, "donor", organisation_id=ids["giver"]))
    assert "Propose this offer" in giver.get(f"/en/matches/{ids['need']}/{ids['offer']}").text
    form = f"/en/proposals/new/{ids['need']}/{ids['offer']}"
    check_page(giver.get(form).text)
    wrong = giver.post(form, data={"amount.written": "a lot", "text": "Hello"})
    assert wrong.status_code == 422 and "a lot" in wrong.text and "Hello" in wrong.text
    assert giver.post(form, data={"amount.written": "50,000", "text": "For two stations"}).status_code == 303
    again = giver.post(form, data={"amount.written": "50,000"})
    assert again.status_code == 409 and "already" in again.text
    page = state.get("/en/proposals/1")
    check_page(page.text)
    assert "For two stations" in page.text and "USD\N{NO-BREAK SPACE}50,000" in page.text
    assert click(state, 1, "decline") == 422
    assert [click(state, 1, "accept"), click(state, 1, "accept")] == [303, 303]
    assert click(giver, 1, "disburse", **{"amount.written": "60,000", "on": "2026-11-23"}) == 422
    assert click(giver, 1, "disburse", **{"amount.written": "50,000", "on": "2026-11-23"}) == 303
    assert click(state, 1, "deliver", **{"amount.written": "50,000", "on": "2026-11-23"}) == 303
    assert click(state, 1, "met", reason="yes") == 303
    for client in (state, giver):
        check_page(client.get("/en/proposals/1").text)
        check_page(client.get("/en/proposals").text)
    assert "USD\N{NO-BREAK SPACE}50,000" in state.get(f"/en/needs/{ids['need']}").text


def test_the_command_lists_and_shows(database: Database, tmp_path: Any) -> None:
    ids = made(database)
    with database.transaction() as session:
        proposing.propose(session, KENYA, {"need_id": ids["need"], "offer_id": ids["offer"], "amount": 60_000_00})
    environment = {"CASA_DATABASE_URL": database.url, "CASA_DATA_DIR": str(tmp_path), "CASA_SECRET_KEY": "k" * 20}
    listed = CliRunner().invoke(casa, ["proposals", "list", "--status", "proposed"], env=environment)
    assert listed.exit_code == 0 and "Giving Agency → KEN" in listed.output, listed.output
    shown = CliRunner().invoke(casa, ["proposals", "show", "1"], env=environment)
    assert "propose" in shown.output and "60,000" in shown.output
    assert CliRunner().invoke(casa, ["proposals", "show", "7"], env=environment).exit_code != 0
