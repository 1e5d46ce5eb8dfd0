"""Who else works on this theme here: the same States, themes and time, as far as the reader may see it."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from registry.accounts.actor import system
from registry.catalogue.editing import create_programme
from registry.catalogue.models import Programme
from registry.db import Database
from registry.http import RegistryFlask
from tests.support.matching import THEMES, open_need, open_offer, organisation
from tests.support.people import client_for, make_user

PROGRAMMES: dict[str, tuple[str, list[str], str | None, str | None]] = {
    "here": ("KE", THEMES[:1], "2026-01-01", "2027-06-30"),
    "later": ("KE", THEMES[:1], "2029-06-01", "2030-01-01"),
    "elsewhere": ("FR", THEMES[:1], "2026-01-01", "2028-01-01"),
    "otherwise": ("KE", THEMES[7:8], "2026-01-01", "2028-01-01"),
    "undated": ("KE", THEMES[1:3], None, None),
    "region": ("UG", THEMES[:1], "2026-01-01", "2027-06-30"),
}


def document(name: str, country: str, start: str | None, end: str | None) -> dict[str, Any]:
    dates = [{"type": kind, "date": date} for kind, date in (("1", start), ("3", end)) if date]
    return {
        "iati_identifier": f"ZZ-{name}", "language": "en", "title": [{"text": f"Work {name}", "lang": "en"}],
        "reporting_org": {"ref": "ZZ-REP", "type": "40", "narratives": [{"text": "Reporter"}]},
        "status": "2", "countries": [{"code": country}], "dates": dates,
    }  # fmt: skip


@pytest.fixture
def ids(database: Database) -> dict[str, int]:
    with database.transaction() as session:
        for name, (country, themes, start, end) in PROGRAMMES.items():
            form = {"themes": themes, "document": document(name, country, start, end)}
            create_programme(session, system("test"), form)
        stored = session.scalars(select(Programme)).all()
        found = {one.iati_identifier.removeprefix("ZZ-"): one.id or 0 for one in stored}
        giver = organisation(session)
        found["need"] = open_need(session).id or 0
        found["offer"] = open_offer(session, giver, places=["014"]).id or 0
        found["worldwide"] = open_offer(session, giver, places=[]).id or 0
    return found


@pytest.fixture
def kenya(app: RegistryFlask, database: Database) -> FlaskClient:
    return client_for(app, make_user(database, "state", "KEN"))


def alongside(client: FlaskClient, kind: str, record_id: int) -> list[str]:
    found = client.get(f"/api/v1/alongside?kind={kind}&id={record_id}").get_json()
    assert found["total"] == len(found["items"])
    return [item["iati_identifier"].removeprefix("ZZ-") for item in found["items"]]


def test_a_need_finds_its_state_its_themes_and_its_time(kenya: FlaskClient, ids: dict[str, int]) -> None:
    assert alongside(kenya, "need", ids["need"]) == ["here", "undated"]


def test_an_offers_regions_stand_for_their_states_and_worldwide_for_all(
    kenya: FlaskClient, ids: dict[str, int]
) -> None:
    assert alongside(kenya, "offer", ids["offer"]) == ["here", "region"]
    assert alongside(kenya, "offer", ids["worldwide"]) == ["elsewhere", "here", "region"]


def test_a_programme_is_not_alongside_itself(kenya: FlaskClient, ids: dict[str, int]) -> None:
    assert alongside(kenya, "programme", ids["here"]) == []
    assert alongside(kenya, "programme", ids["undated"]) == []
    assert alongside(kenya, "programme", ids["elsewhere"]) == []


def test_pages_say_it_and_strangers_learn_nothing_of_what_they_may_not_see(
    app: RegistryFlask, kenya: FlaskClient, ids: dict[str, int]
) -> None:
    assert "Work here" in kenya.get(f"/en/needs/{ids['need']}").text
    assert "Work region" in kenya.get(f"/en/offers/{ids['offer']}").text
    assert "No programme in the catalogue works" in kenya.get(f"/en/programmes/{ids['later']}").text
    stranger = client_for(app)
    assert stranger.get(f"/api/v1/alongside?kind=need&id={ids['need']}").status_code == 404
    assert kenya.get("/api/v1/alongside?kind=state&id=1").status_code == 422
    assert kenya.get("/api/v1/alongside?kind=need&id=0").status_code == 422
