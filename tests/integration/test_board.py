"""The coordinator's board: every number is the length of the list behind it."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy import update

from registry.cli import Context, casa
from registry.db import Database, utcnow
from registry.http import RegistryFlask
from registry.matching.board import reading
from registry.matching.forms import NEED
from tests.support.matching import FRANCE, THEMES, open_need, open_offer, organisation
from tests.support.people import client_for, make_user

FAR = {"places": ["FRA"], "types": ["equipment"]}


@pytest.fixture
def coordinator(app: RegistryFlask, database: Database) -> FlaskClient:
    return client_for(app, make_user(database, "coordinator"))


@pytest.fixture
def ids(database: Database) -> dict[str, int]:
    """Kenya's need that an offer fits, another one that none does, and an offer that fits nobody."""
    with database.transaction() as session:
        giver = organisation(session)
        met, offer = open_need(session), open_offer(session, giver)
        unmet = open_need(session, themes=THEMES[5:6])
        idle = open_offer(session, giver, types=["expertise"])
        old = utcnow() - timedelta(days=100)
        session.execute(update(NEED).where(NEED.c.id == unmet.id).values(opened_at=old))
    records = {"met": met, "offer": offer, "unmet": unmet, "idle": idle}
    return {name: record.id or 0 for name, record in records.items()}


def test_unmatched_needs_and_unspent_offers_are_counted_with_their_reasons(
    coordinator: FlaskClient, ids: dict[str, int]
) -> None:
    board = coordinator.get("/api/v1/board").get_json()
    assert (board["open_needs"], board["open_offers"]) == (2, 2)
    needs = [(row["reason"], row["count"], row["waiting"]["90-179"]) for row in board["needs"]]
    assert needs == [("theme_mismatch", 1, 1)]
    assert {row["reason"]: row["count"] for row in board["offers"]} == {"nobody_proposed": 1, "type_mismatch": 1}
    assert board["needs"][0]["message"] == "Of the right type, but for other themes."


def test_the_list_behind_a_number_names_the_nearest_pair(coordinator: FlaskClient, ids: dict[str, int]) -> None:
    listed = coordinator.get("/api/v1/board/needs?reason=theme_mismatch&waiting=90-179").get_json()
    assert listed["total"] == 1
    assert [(item["id"], item["nearest"], item["days"]) for item in listed["items"]] == [
        (ids["unmet"], ids["offer"], 100)
    ]
    assert coordinator.get("/api/v1/board/needs?waiting=0-29").get_json() == {"items": [], "total": 0}
    page = coordinator.get("/en/board").text
    address = "/en/board/needs?reason=theme_mismatch&amp;waiting=90-179"
    assert address in page
    shown = coordinator.get(address.replace("&amp;", "&")).text
    assert f'/en/matches/{ids["unmet"]}/{ids["offer"]}"' in shown


def test_filters_narrow_both_halves_and_a_wrong_one_is_named(
    coordinator: FlaskClient, ids: dict[str, int], database: Database
) -> None:
    with database.transaction() as session:
        open_need(session, FRANCE, state="FRA")
    assert coordinator.get("/api/v1/board?region=150").get_json()["open_needs"] == 1
    assert coordinator.get("/api/v1/board/needs?region=002").get_json()["total"] == 1
    assert coordinator.get(f"/api/v1/board/needs?theme={THEMES[0]}").get_json()["total"] == 1  # France's
    assert coordinator.get("/api/v1/board?region=999").status_code == 422
    assert coordinator.get("/api/v1/board/needs?waiting=1-2").status_code == 422
    assert coordinator.get("/en/board/programmes").status_code == 404


def test_beyond_what_can_be_looked_at_the_longest_waiting_come_first(
    coordinator: FlaskClient, ids: dict[str, int], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as session:
        open_need(session, themes=THEMES[6:7])
    monkeypatch.setattr(reading, "PAIRS", 2)  # of two offers: one need
    counts = {row["reason"]: row["count"] for row in coordinator.get("/api/v1/board").get_json()["needs"]}
    assert counts == {"theme_mismatch": 1, "not_looked_at": 1}


def test_the_command_counts_the_same(database: Database, ids: dict[str, int]) -> None:
    context = Context()
    context._database = database
    found = json.loads(CliRunner().invoke(casa, ["board", "--json"], obj=context).output)
    assert [row["reason"] for row in found["needs"]] == ["theme_mismatch"]
    text = CliRunner().invoke(casa, ["board", "--region", "002"], obj=context).output
    assert "Unmatched needs: 1 of 2 open" in text and "theme_mismatch" in text


def test_nobody_else_sees_it(app: RegistryFlask, database: Database) -> None:
    for role in ("state", "donor"):
        client = client_for(app, make_user(database, role))
        assert (client.get("/api/v1/board").status_code, client.get("/en/board").status_code) == (403, 403)
