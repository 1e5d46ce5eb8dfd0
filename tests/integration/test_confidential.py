"""A commitment that is not posted yet is nobody else's: what others count is the same before and after it is agreed."""

from datetime import timedelta

import pytest

from registry.accounts.actor import ANONYMOUS, Actor, system
from registry.db import Database
from registry.matching.explain import explain
from registry.matching.ledger import proposing, views
from registry.matching.ledger.upkeep import tend
from registry.matching.matches import list_matches, matches_of_need, matches_of_offer
from registry.settings import Settings
from tests.support.ledger import LINE, Ids, agreed, done, open_pair, shown
from tests.support.matching import COORDINATOR, FRANCE, KENYA, NOW, donor, open_need, open_offer, organisation


@pytest.fixture
def ids(database: Database) -> Ids:
    """A need and an offer that a commitment of 60,000 uses up, another need, another offer."""
    small = {"budget": 60_000_00, "max_grant": 60_000_00, "visibility": "public"}
    line = {"type": "equipment", "money": {"amount": 60_000_00, "currency": "USD", "value_date": "2026-11-01"}}
    found = open_pair(database, {"visibility": "public", "lines": [line]}, small)
    with database.transaction() as session:
        found["third"] = organisation(session, "Third Agency")
        found["third_offer"] = open_offer(session, found["third"], visibility="public").id or 0
        found["other"] = open_need(session, title="Another", lines=[LINE], visibility="public").id or 0
    return found


def tended(database: Database, days: int) -> None:
    with database.transaction() as session:
        tend(session, system("t"), Settings(proposal_objection_days=14), NOW + timedelta(days=days))


def left(database: Database, reader: Actor, ids: Ids) -> tuple[int | None, int | None]:
    with database.reading() as session:
        need = views.ledger(session, reader, "need_id", ids["need"])["left"]["amount"]
        return need, views.ledger(session, reader, "offer_id", ids["offer"])["left"]["amount"]


def test_each_reader_counts_what_is_its_own(database: Database, ids: Ids) -> None:
    number = agreed(database, ids, 60_000_00)
    everything = (60_000_00, 60_000_00)
    third, giver = donor(ids["third"]), donor(ids["giver"])
    for reader in (ANONYMOUS, FRANCE, third):
        assert left(database, reader, ids) == everything
    for reader in (KENYA, giver, COORDINATOR):
        assert left(database, reader, ids) == (0, 0)
    with database.reading() as session:
        for reader, gone in ((ANONYMOUS, False), (third, False), (KENYA, True), (giver, True), (COORDINATOR, True)):
            pair, blocks = (ids["need"], ids["offer"]), explain(session, reader, ids["need"], ids["offer"])["blocks"]
            lists = (
                matches_of_need(session, reader, ids["need"]), matches_of_offer(session, reader, ids["offer"]),
                list_matches(session, reader).items,
            )  # fmt: skip
            assert bool(blocks) == gone
            for rows in lists:
                assert (pair in {(row["need_id"], row["offer_id"]) for row in rows}) != gone, reader
    done(database, KENYA, number, "deliver", days=1, amount=60_000_00, on="2026-11-20")
    assert left(database, ANONYMOUS, ids) == everything
    tended(database, 15)
    assert shown(database, number)["posted_at"], "delivered meanwhile, and posted when the days are over"
    assert left(database, ANONYMOUS, ids) == (0, 0)


@pytest.mark.parametrize(("ends", "status"), [("posted", "lapsed"), ("called off", "agreed")])
def test_what_fits_the_shown_is_taken_and_answered_when_it_is_certain(
    database: Database, ids: Ids, ends: str, status: str
) -> None:
    """Two States have a proposal of one offer; the second may not know that the first has used it up."""
    uganda, giver, third = Actor("state", state="UGA", label="user:9"), donor(ids["giver"]), donor(ids["third"])
    with database.transaction() as session:
        far = open_need(session, uganda, state="UGA", lines=[LINE], visibility="public").id or 0
        form = {"need_id": far, "offer_id": ids["offer"], "amount": 50_000_00}
        second = proposing.propose(session, giver, form, NOW).id or 0
    first = agreed(database, ids, 60_000_00)
    with database.transaction() as session:
        form = {"need_id": ids["need"], "offer_id": ids["third_offer"], "amount": 50_000_00}
        proposing.propose(session, third, form, NOW)
    assert done(database, uganda, second, "accept") == "proposed"
    tended(database, 1)
    found = shown(database, second, uganda)
    assert (found["status"], found["waits_for"]) == ("proposed", [])
    if ends == "called off":
        done(database, giver, first, "cancel", days=2, reason="policy")
    tended(database, 15)
    tended(database, 15)
    assert shown(database, second)["status"] == status
