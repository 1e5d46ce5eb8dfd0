"""standard → gap → need → match → commitment → programme → result → gap closed, each step linked and visible."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from registry.accounts.actor import ANONYMOUS, Actor
from registry.alerts.models import Notice
from registry.catalogue.programmes import Incoming, store_batch
from registry.compliance import assessments, gaps
from registry.db import Database, utcnow
from registry.http import RegistryFlask
from registry.loop.chains import Chain, asked_again, chains
from registry.matching import needs
from registry.matching.ledger import proposing, service
from registry.settings import Settings
from registry.worker.consumers import CONSUMERS
from registry.worker.consuming import consume_all
from tests.support.matching import donor, open_offer, organisation
from tests.support.people import client_for, make_user, token_headers
from tests.support.standards import load_text

KENYA = Actor("state", state="KEN", label="user:1")
MONEY = {"type": "equipment", "money": {"amount": 50_000_00, "currency": "USD", "value_date": "2026-11-01"}}


@pytest.fixture
def found(database: Database, tmp_path: Path) -> dict[str, int]:
    """A gap of Kenya with its open need, and an offer that fits."""
    with database.transaction() as session:
        load_text(session, tmp_path)
        assessment = assessments.start(session, KENYA, {"standard": "small"})
        given = {"mark-import": {"value": "none"}, "rec-all": {"value": "partial"}}
        assessments.answer(session, KENYA, assessment, {"answers": given})
        draft = gaps.gap_draft(session, KENYA, assessment, {"clauses": ["mark-import"]})
        draft |= {"lines": [MONEY], "window_start": "2027-01-01", "window_end": "2028-01-01", "visibility": "public"}
        need = needs.create_need(session, KENYA, draft)
        needs.open_need(session, KENYA, need.id or 0, None)
        giver = organisation(session)
        offer = open_offer(session, giver, themes=["marking"])
        return {"assessment": assessment.id or 0, "need": need.id or 0, "offer": offer.id or 0, "giver": giver}


def followed(database: Database, actor: Actor = KENYA) -> dict[str, Chain]:
    with database.reading() as session:
        return {chain.clause: chain for chain in chains(session, actor, "KEN")}


def promised(database: Database, ids: dict[str, int]) -> int:
    with database.transaction() as session:
        giver = donor(ids["giver"])
        data = {"need_id": ids["need"], "offer_id": ids["offer"], "amount": 50_000_00}
        number = proposing.propose(session, giver, data).id or 0
        service.act(session, KENYA, number, "accept")
        return number


def test_a_gap_is_followed_from_need_to_answer(database: Database, found: dict[str, int]) -> None:
    chain = followed(database)["mark-import"]
    assert chain.stage == "match" and chain.match and chain.match["offer_id"] == found["offer"]
    assert followed(database)["rec-all"].stage == "gap"
    number = promised(database, found)
    assert followed(database)["mark-import"].stage == "commitment"
    with database.transaction() as session:
        document = {
            "iati_identifier": "XX-1", "title": [{"text": "Marking in Kenya", "lang": "en"}],
            "countries": [{"code": "KE"}],
            "participating_orgs": [{"role": "1", "narratives": [{"text": "Giving Agency"}]}],
        }  # fmt: skip
        incoming = Incoming(document, None, ["marking"], "scope all")
        (stored,) = store_batch(session, [incoming], source="test", run_id=1, actor=KENYA, now=utcnow())
        service.act(session, donor(found["giver"]), number, "link", {"programme_id": stored.programme_id})
    chain = followed(database)["mark-import"]
    assert (chain.stage, chain.programmes[0][1]) == ("programme", "Marking in Kenya")
    with database.transaction() as session:
        service.act(session, KENYA, number, "deliver", {"amount": 50_000_00, "on": utcnow().date().isoformat()})
    assert followed(database)["mark-import"].stage == "result"
    with database.transaction() as session:
        needs.close_need(session, KENYA, found["need"], {"reason": "met"}, None)
    assert followed(database)["mark-import"].stage == "asked_again"
    with database.reading() as session:
        assert list(asked_again(session, KENYA, "KEN", "small")) == ["mark-import"]
    answer(database, found, "partial")
    chain = followed(database)["mark-import"]
    assert (chain.stage, chain.is_closed, chain.is_asked_again) == ("result", False, False), "answered, still wanting"
    answer(database, found, "full")
    chain = followed(database)["mark-import"]
    assert (chain.stage, chain.weight) == ("closed", 0)
    assert [c.clause for c in chains_in_order(database)][0] == "mark-import", "what has come furthest shows the way"


def answer(database: Database, ids: dict[str, int], value: str) -> None:
    with database.transaction() as session:
        assessment = assessments.get_assessment(session, KENYA, ids["assessment"])
        data: dict[str, Any] = {"answers": {"mark-import": {"value": value}}}
        assessments.answer(session, KENYA, assessment, data, now=utcnow() + timedelta(seconds=1))


def chains_in_order(database: Database) -> list[Chain]:
    with database.reading() as session:
        return chains(session, KENYA, "KEN")


def test_others_see_nothing_of_an_assessment_that_is_not_published(database: Database, found: dict[str, int]) -> None:
    promised(database, found)
    for stranger in (ANONYMOUS, Actor("coordinator"), donor(found["giver"])):
        assert followed(database, stranger) == {}


def test_the_state_is_told_that_a_clause_is_asked_again(database: Database, found: dict[str, int]) -> None:
    person = make_user(database, "state")
    make_user(database, "state", state="UGA")
    with database.transaction() as session:
        needs.close_need(session, KENYA, found["need"], {"reason": "met"}, None)
    consume_all(database, Settings(), CONSUMERS, "test")
    with database.reading() as session:
        rows = session.execute(select(Notice.user_id, Notice.kind, Notice.record_id)).all()  # type: ignore[call-overload]
    assert [tuple(row) for row in rows] == [(person.id, "asked_again", found["need"])]


def test_page_and_api_show_the_chain(app: RegistryFlask, database: Database, found: dict[str, int]) -> None:
    promised(database, found)
    with database.transaction() as session:
        needs.close_need(session, KENYA, found["need"], {"reason": "met"}, None)
    user = make_user(database, "state")
    page = client_for(app, user).get("/en/states/KEN").text
    assert f'href="/en/assessments/{found["assessment"]}/answer">Answer it' in page
    assert "Commitment" in page and "USD\N{NO-BREAK SPACE}50,000" in page and "is the clause in place now?" in page
    questions = client_for(app, user).get(f"/en/assessments/{found['assessment']}/answer?section=marking").text
    assert "answer it again" in questions
    headers = token_headers(database, user, ["assessments:read", "needs:read", "proposals:read"])
    listed = app.test_client().get("/api/v1/states/KEN/chains", headers=headers).json
    assert listed and [(item["clause"], item["stage"]) for item in listed["items"]] == [
        ("mark-import", "asked_again"), ("rec-all", "gap"),
    ]  # fmt: skip
