"""The pages and the API of records that are the same and of conflicts, as people and programs use them."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from registry.accounts.actor import system
from registry.catalogue.models import Programme
from registry.catalogue.organisations import create_organisation
from registry.catalogue.programmes import Incoming, store_batch
from registry.catalogue.same_as import model
from registry.catalogue.upkeep import look_after
from registry.http import RegistryFlask
from registry.web.same_as_view import missing_words
from tests.support.people import client_for, make_user, token_headers
from tests.support.web_world import NOW, World, document

P: Any = Programme


@pytest.fixture
def coordinator(sqlite_app: RegistryFlask, world: World) -> FlaskClient:
    return client_for(sqlite_app, world.people["coordinator"])


@pytest.fixture
def twins(sqlite_app: RegistryFlask, world: World) -> tuple[int, int]:
    """Two records that look alike, of which no identifier says that they are the same."""
    with sqlite_app.database.transaction() as session:
        first = session.execute(select(P.id).where(P.iati_identifier == "XX-TEST-5")).scalar_one()
        alike = document(5, iati_identifier="YY-77", title=[{"text": "Stockpiles made safer: phase 5", "lang": "en"}])
        stored = store_batch(
            session, [Incoming(alike, None, ["stockpile_mgmt"], "scope all")], source="feed:98", run_id=1,
            actor=system("test"), now=NOW,
        )  # fmt: skip
        second = stored[0].programme_id
        look_after(session, "programme", [first, second], system("test"), NOW)
    return first, second


def text(response: Any) -> str:
    return str(response.get_data(as_text=True))


def version(page: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found
    return found[1]


def test_a_pair_is_compared_judged_and_taken_back_without_script(
    coordinator: FlaskClient, twins: tuple[int, int], sqlite_app: RegistryFlask
) -> None:
    listed = text(coordinator.get("/en/same-as"))
    assert "Stockpiles made safer" in listed and "Likely: 1" in listed and "The same: 1" in listed
    where = re.search(r'href="(/en/same-as/\d+)"', listed)
    assert where
    page = text(coordinator.get(where[1]))
    assert '<mark class="differs">Stockpiles</mark>' not in page, "words that both have are not marked"
    assert '<mark class="differs">made</mark>' in page
    points = [
        float(found.replace("−", "-")) for found in re.findall(r'data-label="Points">\+?([-−]?[\d.]+)</td>', page)
    ]
    total = re.search(r"<strong>\+?([-−]?[\d.]+)</strong>", page)
    assert total and round(sum(points), 2) == float(total[1]), "the points on the page add up"
    answer = coordinator.post(where[1], data={"version": version(page), "verdict": "same", "reason": "one grant"})
    assert answer.status_code == 303 and answer.location.startswith("/en/same-as")
    shown = text(coordinator.get("/en/programmes?q=%22phase+5%22"))
    assert "2 sources" in shown and "1 programme" in shown
    behind = text(coordinator.get(f"/en/programmes/{twins[1]}"))
    assert "This is one of several records of one programme." in behind
    assert coordinator.post(where[1], data={"version": "1", "verdict": "same"}).status_code == 412
    again = text(coordinator.get(where[1]))
    assert "one grant" in again and "Take the judgement back" in again
    assert coordinator.post(where[1], data={"version": version(again), "verdict": "maybe"}).status_code == 422
    coordinator.post(where[1], data={"version": version(again), "verdict": ""})
    assert "2 programmes" in text(coordinator.get("/en/programmes?q=%22phase+5%22"))


def test_two_records_are_judged_by_their_numbers_and_organisations_show_their_others(
    coordinator: FlaskClient, sqlite_app: RegistryFlask, world: World
) -> None:
    with sqlite_app.database.transaction() as session:
        number = create_organisation(session, system("test"), {"name": "Fund of Generosity"}).id or 0
    form = {"kind": "organisation", "first_id": str(number), "second_id": str(world.organisation), "verdict": "same"}
    wrong = coordinator.post("/en/same-as", data={**form, "second_id": "9999"})
    assert wrong.status_code == 422 and "There is no such record." in text(wrong) and f'value="{number}"' in text(wrong)
    assert coordinator.post("/en/same-as", data=form).status_code == 303
    again = coordinator.post("/en/same-as", data=form)
    assert again.status_code == 409 and "This pair was judged before" in text(again)
    assert "Fund of Generosity" in text(coordinator.get(f"/en/organisations/{world.organisation}"))
    assert "This is one of several records" in text(coordinator.get(f"/en/organisations/{number}"))
    listed = text(coordinator.get("/en/organisations?q=generosity"))
    assert "Generous Fund" in listed and "2 records" in listed


def test_the_programmes_page_shows_who_says_what(coordinator: FlaskClient, world: World) -> None:
    page = text(coordinator.get(f"/en/programmes/{world.programme}"))
    assert "Records of this programme" in page and "leading" in page and "feed:99" in page
    assert "1 field waits for a decision" in page or "2 fields wait for a decision" in page
    anonymous = coordinator.application.test_client().get(f"/en/programmes/{world.programme}").get_data(as_text=True)
    assert "feed:99" in anonymous and "waits for a decision" not in anonymous


def test_a_conflict_is_decided_and_taken_back_on_its_page(coordinator: FlaskClient, world: World) -> None:
    listed = text(coordinator.get("/en/conflicts"))
    where = re.search(r'href="(/en/conflicts/\d+)"', listed)
    assert where and "To be decided: " in listed
    page = text(coordinator.get(where[1]))
    assert "Keep this" in page and "Take this one" in page
    wrong = coordinator.post(where[1], data={"version": version(page), "decision": "take-9"})
    assert wrong.status_code == 422 and "There is no such value." in text(wrong)
    answer = coordinator.post(where[1], data={"version": version(page), "decision": "take-1", "reason": "asked"})
    assert answer.status_code == 303
    decided = text(coordinator.get(where[1]))
    assert "Taken over" in decided and "asked" in decided and "Keep this" not in decided
    assert coordinator.post(where[1], data={"version": "1", "decision": "keep"}).status_code == 412
    refused = coordinator.post(where[1], data={"version": version(decided), "decision": "keep"})
    assert refused.status_code == 409 and "take that decision back first" in text(refused)
    coordinator.post(where[1], data={"version": version(decided), "decision": "back"})
    assert "Keep this" in text(coordinator.get(where[1]))


def test_the_api_lists_judges_and_says_why(app: RegistryFlask) -> None:
    client = app.test_client()
    with app.database.transaction() as session:
        incoming = [
            Incoming(document(1), None, ["marking"], "scope all"),
            Incoming(document(1, iati_identifier="YY-1", status="4"), None, ["marking"], "scope all"),
        ]
        stored = [
            store_batch(session, [item], source=f"feed:{n}", run_id=1, actor=system("test"), now=NOW)[0].programme_id
            for n, item in enumerate(incoming)
        ]
        look_after(session, "programme", stored, system("test"), NOW)
    staff, agency = make_user(app.database, "coordinator"), make_user(app.database, "agency")
    auth = token_headers(app.database, staff, ["catalogue:read", "catalogue:write"])
    other = token_headers(app.database, agency, ["catalogue:read", "catalogue:write"])
    assert client.get("/api/v1/same-as").status_code == 401
    assert client.get("/api/v1/same-as", headers=other).status_code == 403
    listed = client.get("/api/v1/same-as", headers=auth).json
    pair = listed["items"][0]
    assert listed["counts"]["strong"] == 1 and pair["first"]["id"] == stored[0]
    assert round(sum(part["bits"] for part in pair["parts"]), 2) == pair["bits"]
    path = f"/api/v1/same-as/{pair['id']}"
    assert client.patch(path, json={"verdict": "same"}, headers=auth).status_code == 428
    same = client.patch(path, json={"verdict": "same", "reason": "seen"}, headers={**auth, "If-Match": '"1"'})
    assert same.status_code == 200 and same.json["clusters"] == [stored, stored] and same.headers["ETag"] == '"2"'
    programmes = client.get("/api/v1/programmes").json
    assert programmes["total"] == 1 and programmes["items"][0]["sources"] == 2
    every = client.get("/api/v1/programmes?duplicates=true").json
    assert [item["lead_id"] for item in sorted(every["items"], key=lambda item: item["id"])] == [None, stored[0]]
    with app.database.transaction() as session:
        look_after(session, "programme", stored, system("test"), NOW)
    said = client.get(f"/api/v1/programmes/{stored[0]}/sources").json
    assert said["leading"] == stored[0] and [record["id"] for record in said["records"]] == stored
    status = said["fields"]["status"]
    assert (status["in_force"]["value"], [voice["value"] for voice in status["others"]]) == ("2", ["4"])
    assert said["fields"]["title"]["others"] == [] and len(said["fields"]["title"]["agreeing"]) == 1
    found = client.get("/api/v1/conflicts", headers=auth).json
    assert found["counts"] == {"open": 1, "decided": 0, "gone": 0}
    conflict = found["items"][0]
    assert client.get("/api/v1/conflicts", headers=other).json["items"] == []
    where = f"/api/v1/conflicts/{conflict['id']}"
    current = {"If-Match": f'"{conflict["version"]}"', **auth}
    assert client.patch(where, json={"decision": "take"}, headers=current).status_code == 422
    taken = client.patch(where, json={"decision": "take", "side": 1}, headers=current)
    assert taken.status_code == 200 and taken.json["state"] == "decided"
    assert client.get(f"/api/v1/programmes/{stored[0]}").json["document"]["status"] == "4"
    judged = {"kind": "programme", "first_id": stored[1], "second_id": stored[0], "verdict": "different", "reason": ""}
    again = client.post("/api/v1/same-as", json=judged, headers=auth)
    assert again.status_code == 409
    assert (
        client.get(f"/api/v1/same-as?verdict=same&record_id={stored[1]}", headers=auth).json["items"][0]["id"]
        == pair["id"]
    )


def test_every_level_of_the_model_has_words() -> None:
    for found in model.current().values():
        assert missing_words(found.levels) == []
