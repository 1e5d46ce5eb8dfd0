"""Screening of partners: found, decided, remembered, taken back; and what it means for their offers."""

from collections.abc import Mapping
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from registry.catalogue.history import versions
from registry.catalogue.models import Organisation
from registry.catalogue.writing import FACET, PROGRAMME
from registry.cli import casa
from registry.db import Database, utcnow
from registry.errors import InvalidInput, NotAllowed, NotFound, VersionMismatch
from registry.events.models import Event
from registry.http import RegistryFlask
from registry.json_text import dumps
from registry.matching import listed
from registry.matching.explain import explain
from registry.matching.matches import matches_of_need
from registry.matching.models import ListedParty
from registry.matching.screening import deciding
from registry.matching.screening.deciding import Filters
from registry.settings import Settings
from registry.worker.consumers import CONSUMERS
from registry.worker.consuming import consume_all
from tests.support.ledger import agreed, shown
from tests.support.matching import COORDINATOR, KENYA, NOW, open_need, open_offer, organisation
from tests.support.people import make_user, token_headers

PARTY = {"reference": "XXe.7", "kind": "entity", "name": "Green Crescent Relief Foundation", "regime": "Somalia"}
Ids = dict[str, int]


def put(database: Database, document: Mapping[str, Any], party_id: int | None = None) -> int:
    """A list names a party, or says something else of it."""
    with database.transaction() as session:
        kept = listed.store_batch(
            session, [(dumps(document), party_id)], source="feed:1", actor=COORDINATOR, now=utcnow()
        )
        return kept[0][0]


def consume(database: Database) -> None:
    consume_all(database, Settings(), {"screening": CONSUMERS["screening"]}, "test")


def hits(database: Database, standing: str | None = None) -> list[Any]:
    with database.reading() as session:
        return [row.ScreeningHit for row in deciding.list_hits(session, COORDINATOR, Filters(standing)).rows]


def decide(database: Database, hit_id: int, decision: str, reason: str = "its address") -> Any:
    with database.transaction() as session:
        return deciding.decide(
            session, COORDINATOR, hit_id, {"decision": decision, "reason": "" if decision == "open" else reason}, None
        )


def codes(database: Database, ids: Ids) -> list[tuple[str, bool]]:
    with database.reading() as session:
        return [(b["code"], b["held"]) for b in explain(session, COORDINATOR, ids["need"], ids["offer"])["blocks"]]


def matched(database: Database, ids: Ids) -> bool:
    with database.reading() as session:
        return bool(matches_of_need(session, COORDINATOR, ids["need"], 10))


@pytest.fixture
def pair(database: Database) -> Ids:
    """A need and an offer that fit; the offer's organisation is called nearly as a party that is listed then."""
    with database.transaction() as session:
        giver = organisation(session, "Green Cresent Relief Foundation, Nairobi")
        need, offer = open_need(session), open_offer(session, giver)
        ids = {"need": need.id or 0, "offer": offer.id or 0, "giver": giver}
    assert matched(database, ids)
    return ids | {"party": put(database, PARTY)}


def test_a_like_name_holds_the_offers_until_a_person_says_that_it_is_another(database: Database, pair: Ids) -> None:
    consume(database)
    (hit,) = hits(database, "open")
    assert hit.organisation_id == pair["giver"] and hit.score >= 0.82
    assert hit.evidence["listed"] == PARTY["name"] and ["cresent", "crescent"] in [
        pair[:2] for pair in hit.evidence["words"]
    ]
    assert codes(database, pair) == [("listed_partner", True)] and not matched(database, pair)
    decide(database, hit.id, "different")
    assert codes(database, pair) == [] and matched(database, pair)
    decide(database, hit.id, "same")
    assert codes(database, pair) == [("listed_partner", False)] and not matched(database, pair)
    decide(database, hit.id, "unsure", "")
    assert codes(database, pair) == [("listed_partner", True)]
    decide(database, hit.id, "open")
    assert [row.id for row in hits(database, "open")] == [hit.id]
    with database.reading() as session:
        assert len(versions(session, "screening", hit.id)) == 5
        told = session.scalars(select(Event.type).where(Event.kind == "screening").order_by(Event.id)).all()  # type: ignore[arg-type, call-overload]
        assert told == ["screening.found", *["screening.decided"] * 4]


def test_a_decision_is_remembered_until_other_names_are_alike(database: Database, pair: Ids) -> None:
    consume(database)
    (hit,) = hits(database)
    decide(database, hit.id, "different")
    put(database, PARTY | {"comments": "Reviewed."}, pair["party"])
    consume(database)
    assert [row.decision for row in hits(database)] == ["different"]
    changed = PARTY | {"aliases": [{"name": "Green Cresent Relief Foundation, Nairobi", "quality": "good"}]}
    put(database, changed, pair["party"])
    consume(database)
    (again,) = hits(database, "open")
    assert (again.id, again.score, again.reason) == (hit.id, 1.0, "") and not matched(database, pair)


def test_a_commitment_of_a_listed_partner_is_flagged_at_once(database: Database, pair: Ids) -> None:
    number = agreed(database, pair)
    consume(database)
    (hit,) = hits(database, "open")
    assert shown(database, number)["flags"] == ["listed_partner"]
    decide(database, hit.id, "different")
    assert shown(database, number)["flags"] == []
    decide(database, hit.id, "same")
    assert shown(database, number)["flags"] == ["listed_partner"]


def test_a_party_taken_off_its_list_bars_nobody_and_what_was_decided_comes_back_with_it(
    database: Database, pair: Ids
) -> None:
    consume(database)
    (hit,) = hits(database)
    decide(database, hit.id, "same")
    with database.transaction() as session:
        listed.archive(session, [pair["party"]], "no longer on the list", COORDINATOR, utcnow())
    consume(database)
    assert [row.id for row in hits(database, "gone")] == [hit.id] and matched(database, pair)
    put(database, PARTY, pair["party"])
    consume(database)
    assert [row.decision for row in hits(database)] == ["same"] and not matched(database, pair)


def test_same_organisations_stand_and_fall_together(database: Database, pair: Ids) -> None:
    with database.transaction() as session:
        other = organisation(session, "GCRF")
        offer = open_offer(session, other).id or 0
        for member in (pair["giver"], other):
            session.get_one(Organisation, member).cluster_id = pair["giver"]
    consume(database)
    assert codes(database, pair | {"offer": offer}) == [("listed_partner", True)]


def test_a_name_in_a_programme_without_identifier_is_screened_and_consuming_twice_writes_nothing(
    database: Database, pair: Ids
) -> None:
    with database.transaction() as session:
        values = {"iati_identifier": "XX-1", "title": "A programme", "created_at": NOW, "updated_at": NOW, "version": 1}
        session.execute(PROGRAMME.insert(), [values])
        name = "name:the green crescent relief foundation"
        session.execute(FACET.insert(), [{"programme_id": 1, "facet": "organisation", "value": name}])
    consume(database)
    assert sorted(row.subject for row in hits(database)) == [name, f"organisation:{pair['giver']}"]
    before = [row.version for row in hits(database)]
    put(database, PARTY | {"comments": "Reviewed."}, pair["party"])
    consume(database)
    assert [row.version for row in hits(database)] == before


def test_only_those_who_screen_see_and_decide_and_bad_input_names_its_field(
    database: Database, app: RegistryFlask, pair: Ids
) -> None:
    consume(database)
    (hit,) = hits(database)
    with database.transaction() as session:
        with pytest.raises(NotAllowed):
            deciding.list_hits(session, KENYA, Filters())
        with pytest.raises(NotFound):
            deciding.get_hit(session, KENYA, hit.id)
        with pytest.raises(InvalidInput) as wrong:
            deciding.decide(session, COORDINATOR, hit.id, {"decision": "same"}, None)
        assert list(wrong.value.fields) == ["reason"]
        with pytest.raises(InvalidInput) as wrong:
            deciding.decide(session, COORDINATOR, hit.id, {"decision": "maybe"}, None)
        assert list(wrong.value.fields) == ["decision"]
        with pytest.raises(VersionMismatch):
            deciding.decide(session, COORDINATOR, hit.id, {"decision": "unsure"}, 9)
    client = app.test_client()
    headers = token_headers(database, make_user(database, "coordinator"), ["feeds:read", "feeds:write"])
    found = client.get("/api/v1/screenings?standing=open&q=crescent", headers=headers).json["items"]
    assert [(item["id"], item["party_name"], item["standing"]) for item in found] == [(hit.id, PARTY["name"], "open")]
    checked = client.post("/api/v1/screenings/check", json={"name": "Green Crescent Relief"}, headers=headers).json
    assert checked["items"][0]["party_id"] == pair["party"] and checked["threshold"] == 0.82
    assert client.post("/api/v1/screenings/check", json={"name": " "}, headers=headers).status_code == 422
    body, version = {"decision": "different", "reason": "another country"}, {"If-Match": '"1"'}
    answer = client.post(f"/api/v1/screenings/{hit.id}/decision", json=body, headers=headers | version)
    assert answer.status_code == 200 and answer.json["standing"] == "different" and answer.headers["ETag"] == '"2"'
    twice = client.post(f"/api/v1/screenings/{hit.id}/decision", json=body, headers=headers | {"If-Match": '"2"'})
    assert twice.json["version"] == 2
    state = token_headers(database, make_user(database, "state"), ["feeds:read"])
    assert client.get("/api/v1/screenings", headers=state).status_code == 403


def test_the_command_screens_a_name_or_everybody(
    database: Database, pair: Ids, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CASA_DATABASE_URL", database.url)
    run = CliRunner()
    one = run.invoke(casa, ["screen", "Green Crescent Relief Foundation"])
    assert one.exit_code == 0 and "1.00  Green Crescent Relief Foundation  (Somalia, XXe.7)" in one.output
    assert "No name on the lists" in run.invoke(casa, ["screen", "Marking Agency"]).output
    everybody = run.invoke(casa, ["screen"])
    assert "1 open" in everybody.output and "1 changed" in everybody.output
    assert "0 changed" in run.invoke(casa, ["screen"]).output
    with database.reading() as session:
        assert session.get_one(ListedParty, pair["party"]).version == 1
