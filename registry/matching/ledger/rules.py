"""What the steps of a proposal come to, which acts are possible when, what is left to give and to ask. Pure.

Nothing here is typed by a person: asked, proposed, agreed, paid and received are sums over rows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from registry.errors import N_, Conflict

NEED, OFFER, REGISTRY = SIDES = ("need", "offer", "registry")
PROPOSED, AGREED, DELIVERED, DECLINED, WITHDRAWN, LAPSED, CANCELLED = STATUSES = (
    "proposed", "agreed", "delivered", "declined", "withdrawn", "lapsed", "cancelled",
)  # fmt: skip
ACTS = (
    "propose", "accept", "decline", "ask", "answer", "withdraw", "lapse", "cancel", "link", "disburse", "deliver",
    "object", "post", "met",
)  # fmt: skip
COMMITTED = (AGREED, DELIVERED)
"""Statuses whose amount is taken from the offer and counts towards the need"""
DECLINE_REASONS = {
    "amount": N_("The amount does not fit"),
    "timing": N_("The time does not fit"),
    "theme": N_("It is not what is needed or given"),
    "partner": N_("The partner is not acceptable"),
    "conditions": N_("The conditions cannot be met"),
    "unclear": N_("It is not clear enough"),
    "funded": N_("It is funded already"),
    "policy": N_("National policy does not allow it"),
    "other": N_("Another reason"),
}
MET = {"yes": N_("Yes, it was met"), "partly": N_("In part"), "no": N_("No")}
YEAR = timedelta(days=365)


class Step(Protocol):
    """What the rules read of a step."""

    at: datetime
    side: str
    act: str
    reason: str | None
    amount: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a proposal stands."""

    status: str = PROPOSED
    proposer: str = REGISTRY
    accepted: frozenset[str] = frozenset()
    asked: str | None = None
    """The side whose question waits for an answer"""
    agreed_at: datetime | None = None
    disbursed: int = 0
    delivered: int = 0
    objected: bool = False
    met: str | None = None

    @property
    def waits_for(self) -> tuple[str, ...]:
        """Sides whose yes or no is still to come."""
        return tuple(side for side in (NEED, OFFER) if side not in self.accepted) if self.status == PROPOSED else ()


def replay(steps: Iterable[Step], amount: int | None) -> Standing:
    """Steps in their order → where the proposal stands. `amount`: of the proposal; None: in kind."""
    found = Standing()
    for step in steps:
        found = _after(found, step, amount)
    return found


def _after(found: Standing, step: Step, amount: int | None) -> Standing:
    if step.act == "propose":
        own = frozenset() if step.side == REGISTRY else frozenset({step.side})
        return replace(found, proposer=step.side, accepted=own)
    if step.act == "accept":
        accepted = found.accepted | {step.side}
        if accepted >= {NEED, OFFER}:
            return replace(found, accepted=accepted, status=AGREED, agreed_at=step.at)
        return replace(found, accepted=accepted)
    if step.act == "ask":
        return replace(found, asked=step.side)
    if step.act == "answer":
        return replace(found, asked=None)
    if step.act == "disburse":
        return replace(found, disbursed=found.disbursed + (step.amount or 0))
    if step.act == "deliver":
        delivered = found.delivered + (step.amount or 0)
        whole = amount is None or delivered >= amount
        return replace(found, delivered=delivered, status=DELIVERED if whole else found.status)
    if step.act == "object":
        return replace(found, objected=True)
    if step.act == "met":
        return replace(found, met=step.reason)
    ended = {"decline": DECLINED, "withdraw": WITHDRAWN, "lapse": LAPSED, "cancel": CANCELLED}
    return replace(found, status=ended[step.act]) if step.act in ended else found


ENDED = {
    AGREED: N_("Both sides have accepted this: it can only be called off."),
    DELIVERED: N_("This is delivered."),
    DECLINED: N_("This was declined: propose it anew."),
    WITHDRAWN: N_("This was withdrawn: propose it anew."),
    LAPSED: N_("This lapsed since nobody answered: propose it anew."),
    CANCELLED: N_("This was called off: propose it anew."),
}
WHILE_OPEN = frozenset({"accept", "decline", "withdraw", "lapse"})
WHILE_AGREED = frozenset({"cancel", "disburse", "deliver", "post", "object"})


def is_repeated(act: str, side: str, standing: Standing) -> bool:
    """Whether the act says what stands already: a double click, which changes nothing and is no error."""
    if act == "accept":
        return side in standing.accepted and standing.status in (PROPOSED, *COMMITTED)
    if act == "object":
        return standing.objected
    return {"decline": DECLINED, "withdraw": WITHDRAWN, "cancel": CANCELLED}.get(act) == standing.status


def require(act: str, side: str, standing: Standing, posted: bool = False) -> None:
    """Raise Conflict, saying why, where the side may not do this now."""
    against = stands_against(act, side, standing, posted)
    if against is not None:
        raise Conflict(against)


def is_possible(act: str, side: str, standing: Standing, posted: bool = False) -> bool:
    """Whether the side may do this now."""
    return stands_against(act, side, standing, posted) is None


NOT_AGREED = N_("Both sides must have accepted this first.")


def stands_against(act: str, side: str, standing: Standing, posted: bool = False) -> str | None:
    """Why the side may not do this now; None: it may."""
    status = standing.status
    if act in WHILE_OPEN and status != PROPOSED:
        return ENDED[status]
    if act in WHILE_AGREED and status != AGREED:
        return NOT_AGREED if status == PROPOSED else ENDED[status]
    if act in ("ask", "answer") and status not in (PROPOSED, *COMMITTED):
        return ENDED[status]
    if act in ("link", "met") and status not in COMMITTED:
        return NOT_AGREED if status == PROPOSED else ENDED[status]
    if act == "withdraw" and side not in (standing.proposer, REGISTRY):
        return N_("Only who proposed this withdraws it: decline it instead.")
    if act == "answer" and standing.asked in (None, side):
        return N_("There is no question of the other side to answer.")
    if act == "cancel" and (standing.disbursed or standing.delivered):
        return N_("Something was paid or received already: this is not called off any more.")
    if act == "object" and posted:
        return N_("This is public already.")
    return None


@dataclass(frozen=True, slots=True)
class Taken:
    """An amount that is agreed. `usd_cents` None: there is no rate."""

    amount: int | None
    currency: str | None
    usd_cents: int | None


def left_of_offer(budget: int | None, taken: Iterable[Taken]) -> int | None:
    """What an offer has left, in its own currency, which all its proposals have; None: it states no budget."""
    if budget is None:
        return None
    return max(0, budget - sum(item.amount or 0 for item in taken))


@dataclass(frozen=True, slots=True)
class Left:
    """What a need still asks: minor units of its one currency, else US cents. `amount` None: it cannot be said."""

    amount: int | None
    currency: str | None


def left_of_need(lines: Sequence[Taken], taken: Sequence[Taken]) -> Left:
    """In the need's own currency where all is in that one; else in dollars; not known where a line has no amount."""
    if not lines or any(line.amount is None for line in lines):
        return Left(None, None)
    currencies = {item.currency for item in (*lines, *(t for t in taken if t.amount is not None))}
    if len(currencies) == 1:
        asked, given = sum(line.amount or 0 for line in lines), sum(item.amount or 0 for item in taken)
        return Left(max(0, asked - given), currencies.pop())
    if any(line.usd_cents is None for line in lines) or any(t.amount and t.usd_cents is None for t in taken):
        return Left(None, None)
    dollars = sum(line.usd_cents or 0 for line in lines) - sum(item.usd_cents or 0 for item in taken)
    return Left(max(0, dollars), "USD")
