"""Proposals for the tests of the ledger: a pair that fits, proposed, agreed, acted on."""

from datetime import timedelta
from typing import Any

from registry.accounts.actor import Actor
from registry.db import Database
from registry.matching.ledger import proposing, service, views
from tests.support.matching import COORDINATOR, KENYA, NOW, donor, open_need, open_offer, organisation

LINE = {"type": "equipment", "money": {"amount": 100_000_00, "currency": "USD", "value_date": "2026-11-01"}}
Ids = dict[str, int]


def open_pair(database: Database, need: dict[str, Any] | None = None, offer: dict[str, Any] | None = None) -> Ids:
    """An open need of Kenya, by default of 100,000 dollars, and an open offer that fits it, changed as said."""
    with database.transaction() as session:
        giver = organisation(session)
        asks = open_need(session, **{"lines": [LINE], **(need or {})})
        gives = open_offer(session, giver, **(offer or {}))
        return {"giver": giver, "need": asks.id or 0, "offer": gives.id or 0}


def proposed(
    database: Database, pair: Ids, amount: int | None = 50_000_00, actor: Actor = COORDINATOR, **more: Any
) -> int:
    """The number of a new proposal for the pair."""
    data = {"need_id": pair["need"], "offer_id": pair["offer"], "amount": amount, **more}
    with database.transaction() as session:
        return proposing.propose(session, actor, data, NOW).id or 0


def done(database: Database, actor: Actor, number: int, act: str, days: int = 0, **data: Any) -> str:
    """What the proposal's status is after an act, done `days` after NOW."""
    with database.transaction() as session:
        return service.act(session, actor, number, act, data, now=NOW + timedelta(days=days, hours=1)).status


def agreed(database: Database, pair: Ids, amount: int | None = 50_000_00) -> int:
    """The number of a proposal that both sides accepted."""
    number = proposed(database, pair, amount)
    done(database, KENYA, number, "accept")
    assert done(database, donor(pair["giver"]), number, "accept") == "agreed"
    return number


def shown(database: Database, number: int, actor: Actor = COORDINATOR) -> dict[str, Any]:
    """A proposal as the actor sees it."""
    with database.reading() as session:
        return views.describe(session, actor, [service.get_proposal(session, actor, number)])[0]
