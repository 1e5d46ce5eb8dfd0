"""Offers for a need and needs for an offer: what stands against those that do not fit, the nearest first."""

import pytest
from flask.testing import FlaskClient

from registry.db import Database
from registry.http import RegistryFlask
from tests.support.matching import FRANCE, THEMES, open_need, open_offer, organisation
from tests.support.people import client_for, make_user


@pytest.fixture
def kenya(app: RegistryFlask, database: Database) -> FlaskClient:
    return client_for(app, make_user(database, "state", "KEN"))


@pytest.fixture
def ids(database: Database) -> dict[str, int]:
    """Kenya's need; offers that fit, miss in one thing, in one thing but badly, and in three."""
    with database.transaction() as session:
        giver = organisation(session)
        records = {
            "need": open_need(session, visibility="members"),
            "fits": open_offer(session, giver),
            "far": open_offer(session, giver, places=["FRA"]),
            "small": open_offer(session, giver, places=["FRA"], max_grant=11_000_00),
            "other": open_offer(session, giver, places=["FRA"], types=["expertise"], themes=THEMES[5:6]),
        }
    return {name: record.id or 0 for name, record in records.items()}


def test_the_fewest_reasons_come_first_then_the_best_score(kenya: FlaskClient, ids: dict[str, int]) -> None:
    found = kenya.get(f"/api/v1/matches/blocked?need={ids['need']}").get_json()
    assert [item["offer_id"] for item in found["items"]] == [ids["far"], ids["small"], ids["other"]]
    assert [len(item["blocks"]) for item in found["items"]] == [1, 1, 3]
    assert (found["total"], found["pairs"]) == (3, 4)
    assert found["codes"] == {"geography": 3, "theme_mismatch": 1, "type_mismatch": 1}
    assert "unblock_text" in found["items"][0]["blocks"][0]


def test_one_reason_can_be_asked_for_and_the_number_is_bounded(kenya: FlaskClient, ids: dict[str, int]) -> None:
    address = f"/api/v1/matches/blocked?need={ids['need']}"
    assert [i["offer_id"] for i in kenya.get(f"{address}&code=theme_mismatch").get_json()["items"]] == [ids["other"]]
    first = kenya.get(f"{address}&limit=1").get_json()
    assert [i["offer_id"] for i in first["items"]] == [ids["far"]] and first["total"] == 3
    assert kenya.get(f"{address}&code=none").get_json()["items"] == []


def test_an_offer_says_the_same_of_needs(kenya: FlaskClient, ids: dict[str, int]) -> None:
    found = kenya.get(f"/api/v1/matches/blocked?offer={ids['far']}").get_json()
    assert [(i["need_id"], [b["code"] for b in i["blocks"]]) for i in found["items"]] == [(ids["need"], ["geography"])]


def test_only_what_the_reader_may_see_is_named_or_counted(app: RegistryFlask, ids: dict[str, int]) -> None:
    stranger = client_for(app)
    assert stranger.get(f"/api/v1/matches/blocked?offer={ids['far']}").get_json()["pairs"] == 0
    assert stranger.get(f"/api/v1/matches/blocked?need={ids['need']}").status_code == 404
    assert stranger.get(f"/en/needs/{ids['need']}/matches").status_code in (403, 404)


def test_a_side_must_be_named_and_just_one(kenya: FlaskClient, ids: dict[str, int]) -> None:
    for query in ("", "?need=1&offer=1", "?need=x", "?need=1&limit=0"):
        assert kenya.get(f"/api/v1/matches/blocked{query}").status_code == 422


def test_the_pages_say_why_and_what_would_unblock(kenya: FlaskClient, ids: dict[str, int], database: Database) -> None:
    with database.transaction() as session:
        open_need(session, FRANCE, state="FRA", title="Storerooms", visibility="public")
    page = kenya.get(f"/en/needs/{ids['need']}/matches").text
    assert "What would lift it:" in page and "The offer&#39;s places take in Kenya." in page
    assert f'href="/en/matches/{ids["need"]}/{ids["far"]}"' in page and "Best first" in page
    narrowed = kenya.get(f"/en/needs/{ids['need']}/matches?code=theme_mismatch").text
    assert f"/en/matches/{ids['need']}/{ids['other']}" in narrowed
    assert f"/en/matches/{ids['need']}/{ids['far']}" not in narrowed
    assert "Storerooms" in kenya.get(f"/en/offers/{ids['fits']}/matches").text
