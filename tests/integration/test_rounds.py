"""Allocation rounds: frozen inputs, scenarios solved from them, who may look, what the page and the command say."""

import hashlib
import json
from typing import Any

import orjson
import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from registry.accounts.actor import system
from registry.app import create_app
from registry.cli import casa
from registry.db import Database
from registry.errors import Conflict, InvalidInput, NotAllowed, NotFound
from registry.events.models import Event
from registry.http import RegistryFlask
from registry.matching.allocation.process import AllocationFailed
from registry.matching.models import Need
from registry.matching.rounds import service, views
from registry.matching.rounds.models import Round
from registry.settings import Settings
from registry.sync.models import Schedule
from registry.worker.tasks import TASKS
from tests.support.matching import COORDINATOR, FRANCE, KENYA, NOW, THEMES, donor, open_need, open_offer, organisation
from tests.support.pages import check_page
from tests.support.people import client_for, make_user, token_headers

MONEY = {"type": "equipment", "money": {"amount": 100_000_00, "currency": "USD", "value_date": "2026-11-01"}}


@pytest.fixture
def world(database: Database) -> dict[str, int]:
    """Two States that need equipment, one offer that can pay for one of them; a need without an amount."""
    with database.transaction() as session:
        giver = organisation(session)
        first = open_need(session, lines=[MONEY], priority="urgent")
        second = open_need(session, FRANCE, state="FRA", title="Marking in France", lines=[MONEY])
        vague = open_need(session, title="Training", lines=[{"type": "training", "quantity": 4, "unit": "officers"}])
        offer = open_offer(
            session, giver, types=["equipment"], places=[], budget=100_000_00,
            max_grant=100_000_00, min_grant=1_000_00,
        )  # fmt: skip
        return {name: record.id or 0 for name, record in
                (("first", first), ("second", second), ("vague", vague), ("offer", offer))}  # fmt: skip


def opened(database: Database, *fairness: str) -> int:
    with database.transaction() as session:
        return service.open_round(session, COORDINATOR, "Spring meeting", fairness, NOW).id or 0


def looked_at(database: Database, number: int, fairness: str) -> dict[str, Any]:
    with database.reading() as session:
        round_, scenario = service.get_scenario(session, COORDINATOR, number, fairness)
        return views.view(session, round_, scenario) | {"figures": scenario.figures, "status": scenario.status}


def test_a_round_says_who_would_get_what_who_stays_without_and_why(database: Database, world: dict[str, int]) -> None:
    number = opened(database, "none", "country")
    assert service.work_off(database, system("scheduler"), number) == 2
    plain, fair = looked_at(database, number, "none"), looked_at(database, number, "country")
    assert [(grant["need_id"], grant["amount"]) for grant in plain["grants"]] == [(world["first"], 100_000)]
    assert (
        plain["grants"][0] | {"state": "KEN", "type": "equipment", "organisation_name": "Giving Agency"}
        == plain["grants"][0]
    )
    assert [(item["need_id"], item["missing"], item["reason"]) for item in plain["unmet"]] == [
        (world["second"], 100_000, "money_gone")
    ]
    assert {row["code"]: row["share"] for row in plain["states"]} == {"KEN": 1.0, "FRA": 0.0}
    assert {row["code"]: row["given"] for row in plain["themes"]} == dict.fromkeys(THEMES[:2], 50_000)
    assert plain["left_out"] == [
        {"kind": "need", "id": world["vague"], "reason": "no_amount", "message": plain["left_out"][0]["message"]}
    ]
    shares = {row["code"]: row["share"] for row in fair["states"]}
    assert 0 < shares["FRA"] < shares["KEN"] and shares["FRA"] + shares["KEN"] == 1
    assert plain["figures"]["price_of_fairness"] == 0 < fair["figures"]["price_of_fairness"]
    with database.reading() as session:
        told = session.execute(select(Event.type, Event.visibility).where(Event.kind == "allocation_round"))  # type: ignore[arg-type]
        assert sorted(told) == [("allocation.opened", "private"), *[("allocation.solved", "private")] * 2]


def test_what_is_frozen_stays_whatever_happens_to_the_needs(database: Database, world: dict[str, int]) -> None:
    number = opened(database, "none")
    service.work_off(database, system("scheduler"), number)
    with database.transaction() as session:
        session.execute(update(Need).values(status="withdrawn"))
        service.ask_for(session, COORDINATOR, number, "need")
        before = session.get_one(Round, number).inputs_sha256
    assert service.work_off(database, system("scheduler"), number) == 1
    assert len(looked_at(database, number, "need")["grants"]) == 2
    with database.reading() as session:
        assert session.get_one(Round, number).inputs_sha256 == before


def test_a_round_that_is_killed_on_the_way_is_finished_from_the_same_inputs(
    database: Database, world: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    number = opened(database, "none", "country")
    solve = service.solve_request

    def killed(request: dict[str, Any]) -> dict[str, Any]:
        if request["fairness"] == "country":
            raise KeyboardInterrupt
        return solve(request)

    monkeypatch.setattr(service, "solve_request", killed)
    with pytest.raises(KeyboardInterrupt):
        service.work_off(database, system("scheduler"), number)
    assert (looked_at(database, number, "none")["status"], looked_at(database, number, "country")["status"]) == (
        "solved",
        "waiting",
    )
    monkeypatch.undo()
    assert service.work_off(database, system("scheduler"), number) == 1
    assert looked_at(database, number, "country")["status"] == "solved"


def test_a_scenario_that_fails_says_why_and_can_be_asked_for_again(
    database: Database, world: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_request: dict[str, Any]) -> dict[str, Any]:
        raise AllocationFailed("No answer was found within 10 minutes.")

    number = opened(database, "none")
    monkeypatch.setattr(service, "solve_request", failing)
    assert service.work_off(database, system("scheduler"), number) == 0
    monkeypatch.undo()
    with database.transaction() as session:
        _, scenario = service.get_scenario(session, COORDINATOR, number, "none")
        assert (scenario.status, scenario.reason) == ("failed", "No answer was found within 10 minutes.")
        service.ask_for(session, COORDINATOR, number, "none")
        with pytest.raises(Conflict):
            service.ask_for(session, COORDINATOR, number, "none")
    assert service.work_off(database, system("scheduler"), number) == 1


def test_only_the_staff_opens_and_sees_rounds_and_bad_input_names_its_field(database: Database) -> None:
    number = opened(database, "none")
    with database.transaction() as session:
        with pytest.raises(NotAllowed):
            service.open_round(session, KENYA, "Ours", ["none"])
        with pytest.raises(NotFound):
            service.get_round(session, donor(1), number)
        with pytest.raises(InvalidInput) as caught:
            service.open_round(session, COORDINATOR, " ", ["fair"])
        assert set(caught.value.fields) == {"title", "fairness"}


def test_a_round_is_opened_over_the_api_and_solved_by_its_task(
    app: RegistryFlask, settings: Settings, world: dict[str, int]
) -> None:
    staff = make_user(app.database, "coordinator")
    headers = token_headers(app.database, staff, ["allocation:read", "allocation:write"])
    client = app.test_client()
    made = client.post("/api/v1/allocation-rounds", json={"title": "Autumn"}, headers=headers)
    assert made.status_code == 202 and made.get_json()["frozen_at"] is None
    where = f"/api/v1/allocation-rounds/{made.get_json()['id']}"
    with app.database.reading() as session:
        assert session.execute(select(Schedule.key).where(Schedule.task == service.SOLVE)).scalars().all() == [
            where[-1]
        ]  # type: ignore[arg-type]
    TASKS[service.SOLVE].work(app.database, settings, where[-1], None)  # type: ignore[arg-type]
    shown = client.get(where, headers=headers).get_json()
    assert [(one["fairness"], one["status"]) for one in shown["scenarios"]] == [
        ("none", "solved"),
        ("country", "solved"),
    ]
    assert len(client.get(f"{where}/scenarios/country", headers=headers).get_json()["grants"]) == 2
    assert client.post(f"{where}/scenarios", json={"fairness": "none"}, headers=headers).status_code == 409
    wrong = client.post("/api/v1/allocation-rounds", json={"title": "x", "fairness": ["all"]}, headers=headers)
    assert wrong.status_code == 422 and wrong.get_json()["errors"][0]["pointer"] == "#/fairness/0"
    state = token_headers(app.database, make_user(app.database, "state"), ["needs:read"])
    assert client.get(where, headers=state).status_code in (403, 404)


def test_the_pages_open_a_round_and_show_its_scenarios_side_by_side(
    sqlite_app: RegistryFlask, settings: Settings
) -> None:
    client = client_for(sqlite_app, make_user(sqlite_app.database, "coordinator"))
    empty = client.post("/en/allocation", data={"title": ""})
    assert empty.status_code == 422 and "Choose at least one way" in check_page(empty.get_data(as_text=True)).text
    made = client.post("/en/allocation", data={"title": "Winter", "fairness": ["none", "need"]})
    waiting = check_page(client.get(made.headers["Location"]).get_data(as_text=True))
    assert "Waits" in waiting.text
    TASKS[service.SOLVE].work(sqlite_app.database, settings, made.headers["Location"].rpartition("/")[2], None)  # type: ignore[arg-type]
    page = check_page(client.get(made.headers["Location"] + "?scenario=need").get_data(as_text=True))
    assert "Exact search" in page.text and "Download the inputs" in page.text
    assert "Grants: Reach every need first" in page.text and "Nothing is given" in page.text
    assert "Winter" in check_page(client.get("/en/allocation").get_data(as_text=True)).text


def test_the_command_opens_a_round_and_prints_its_grants(
    sqlite_database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CASA_DATABASE_URL", sqlite_database.url)
    monkeypatch.setenv("CASA_DATA_DIR", str(settings.data_dir))
    with sqlite_database.transaction() as session:
        giver = organisation(session)
        need = open_need(session, lines=[MONEY])
        offer = open_offer(session, giver, types=["equipment"], max_grant=80_000_00)
        expected = [{"need": need.id, "type": "equipment", "offer": offer.id, "amount": 80_000}]
    done = CliRunner().invoke(casa, ["allocate", "--round", "By hand"])
    assert json.loads(done.stdout) == expected and "largest grant already" in done.stderr
    headers = token_headers(sqlite_database, make_user(sqlite_database, "coordinator"), ["allocation:read"])
    client = create_app(settings, sqlite_database).test_client()
    inputs = client.get("/api/v1/allocation-rounds/1/inputs", headers=headers).data
    shown = client.get("/api/v1/allocation-rounds/1", headers=headers).get_json()
    assert hashlib.sha256(inputs).hexdigest() == shown["inputs_sha256"]
    again = CliRunner().invoke(casa, ["allocate", "--instance", "-"], input=inputs)
    assert (again.stdout, again.stderr) == (done.stdout, done.stderr), "the round's own grants and words"
    assert CliRunner().invoke(casa, ["allocate"]).exit_code == 2
    with sqlite_database.reading() as session:
        assert orjson.loads(session.get_one(Round, 1).inputs or "")["weights"]
