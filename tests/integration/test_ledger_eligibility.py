"""The rules hold at every step: what changed after a proposal was made stands against it, a delivery is recorded."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from registry.accounts.actor import Actor, system
from registry.db import Database
from registry.errors import Conflict
from registry.matching import needs, offers
from registry.matching.forms import OFFER_PLACE
from registry.matching.ledger import reviewing
from registry.matching.ledger.eligible import NotEligible
from registry.matching.ledger.upkeep import tend
from registry.settings import Settings
from tests.support.ledger import LINE, Ids, agreed, done, open_pair, proposed, shown
from tests.support.matching import KENYA, NOW, donor, open_need, open_offer, organisation

JUBA = Actor("state", state="SSD", label="user:5")
ARMS = ["ammunition", "stockpile_mgmt"]


def test_an_embargo_that_covers_the_need_by_now_stops_the_acceptance(database: Database) -> None:
    """Proposed for marking, which carries no arms; then its themes became ammunition and stockpile management."""
    with database.transaction() as session:
        giver = organisation(session)
        need = open_need(session, JUBA, state="SSD", themes=["marking"], lines=[LINE]).id or 0
        offer = open_offer(session, giver, places=["SSD"], themes=["marking", *ARMS]).id or 0
    number = proposed(database, {"need": need, "offer": offer, "giver": giver}, actor=donor(giver))
    with database.transaction() as session:
        needs.update_need(session, JUBA, need, {"themes": ARMS}, None)
    with pytest.raises(NotEligible) as caught:
        done(database, JUBA, number, "accept")
    assert caught.value.details["blocks"] == ["embargo"]
    assert shown(database, number)["status"] == "proposed"
    assert done(database, JUBA, number, "ask", text="By an exemption?") == "proposed", "always possible"
    assert done(database, JUBA, number, "decline", reason="policy") == "declined"


def changed(database: Database, pair: Ids, side: str, **what: Any) -> None:
    with database.transaction() as session:
        if side == "need":
            needs.update_need(session, KENYA, pair["need"], what, None)
        else:
            offers.update_offer(session, donor(pair["giver"]), pair["offer"], what, None)


LASTING: list[tuple[str, dict[str, Any], str]] = [
    ("need", {"themes": ["gender"]}, "theme_mismatch"),
    ("offer", {"places": ["FRA"]}, "geography"),
    ("offer", {"window_end": "2027-02-01"}, "window_too_short"),
    ("offer", {"conditions": [{"kind": "participates", "instrument": "att"}]}, "condition_unknown"),
]


@pytest.mark.parametrize(("side", "what", "code"), LASTING, ids=[row[2] for row in LASTING])
def test_what_may_not_be_is_neither_agreed_nor_paid_nor_posted(
    database: Database, side: str, what: dict[str, Any], code: str
) -> None:
    pair = open_pair(database)
    number, waiting = agreed(database, pair), proposed(database, pair, 20_000_00)
    changed(database, pair, side, **what)
    assert code in shown(database, number)["flags"], "at the moment of the edit"
    giver = donor(pair["giver"])
    paid: dict[str, Any] = {"amount": 1_00, "on": "2026-11-23"}
    nothing: dict[str, Any] = {}
    for which, act, data in ((waiting, "accept", nothing), (number, "disburse", paid)):
        with pytest.raises(NotEligible) as caught:
            done(database, giver, which, act, **data)
        assert caught.value.details["blocks"][0] == code
    with database.transaction() as session:
        tend(session, system("test"), Settings(), NOW + timedelta(days=8))
    found = shown(database, number)
    assert (found["status"], found["posted_at"]) == ("agreed", None)
    assert done(database, KENYA, number, "deliver", amount=50_000_00, on="2026-11-23") == "delivered", "it happened"


def test_what_no_edit_shows_is_found_in_bounded_parts(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """An embargo file, a rate or time changes what the rules say, and nobody saves a record."""
    pair = open_pair(database)
    numbers = [agreed(database, pair, 10_000_00) for _ in range(3)]
    with database.transaction() as session:
        session.execute(update(OFFER_PLACE).values(place="FRA"))
    monkeypatch.setattr(reviewing, "AT_ONCE", 2)
    held = []
    monkeypatch.setattr(reviewing.refresh, "hold", lambda session: held.append(session))
    assert (reviewing.review_all(database, NOW), len(held)) == (3, 2)
    assert [shown(database, number)["flags"] for number in numbers] == [["geography"]] * 3
    with database.transaction() as session:
        session.execute(update(OFFER_PLACE).values(place="KEN"))
    assert reviewing.review_all(database, NOW, lambda: True) == 0, "stopped before it began"
    assert reviewing.review_all(database, NOW) == 3
    held.clear()
    assert (reviewing.review_all(database, NOW), held) == (0, []), "nothing is held where nothing has changed"


def test_what_the_agreement_uses_up_itself_does_not_stand_against_its_payment(database: Database) -> None:
    """All that is asked and all that is offered is agreed; both are closed: the pair is still entitled to it."""
    pair = open_pair(database, offer={"budget": 80_000_00}, need={"lines": [{**LINE, "money": _usd(80_000_00)}]})
    number = agreed(database, pair, 80_000_00)
    with database.transaction() as session:
        needs.close_need(session, KENYA, pair["need"], {"reason": "Met"}, None)
        offers.close_offer(session, donor(pair["giver"]), pair["offer"], {"reason": "Spent"}, None)
    assert done(database, donor(pair["giver"]), number, "disburse", amount=80_000_00, on="2026-11-23") == "agreed"


def test_all_rules_are_asked_when_it_is_accepted(database: Database) -> None:
    pair = open_pair(database)
    number = proposed(database, pair, 30_000_00)
    changed(database, pair, "need", lines=[{**LINE, "money": _usd(9_000_00)}])
    with pytest.raises(Conflict) as caught:
        done(database, KENYA, number, "accept")
    assert caught.value.details["blocks"] == ["below_minimum_grant"]


def _usd(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "USD", "value_date": "2026-11-01"}
