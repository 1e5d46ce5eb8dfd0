"""What the steps of a proposal come to, which acts are possible when, what is left to give and to ask. Pure.

Nothing here is typed by a person: asked, proposed, agreed, paid and received are sums over rows.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from itertools import combinations
from operator import add
from typing import Protocol

from registry.catalogue.money import Money
from registry.errors import N_, Conflict

NEED, OFFER, REGISTRY = SIDES = ("need", "offer", "registry")
PROPOSED, AGREED, DELIVERED, DECLINED, WITHDRAWN, LAPSED, CANCELLED = STATUSES = (
    "proposed", "agreed", "delivered", "declined", "withdrawn", "lapsed", "cancelled",
)  # fmt: skip
ACTS = (
    "propose", "accept", "decline", "ask", "answer", "withdraw", "lapse", "cancel", "link", "disburse", "deliver",
    "object", "post", "met", "reduce", "reverse", "flag", "allow", "end",
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
WAITS = "waits"
"""Reason of an acceptance that is noted, and answered when what is agreed and not posted yet is posted or called off"""
MET = {"yes": N_("Yes, it was met"), "partly": N_("In part"), "no": N_("No")}
YEAR = timedelta(days=365)


class Step(Protocol):
    """What the rules read of a step."""

    id: int | None
    at: datetime
    side: str
    act: str
    reason: str | None
    amount: int | None
    flags: str
    reverses_id: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a proposal stands."""

    status: str = PROPOSED
    proposer: str = REGISTRY
    accepted: frozenset[str] = frozenset()
    asked: str | None = None
    """The side whose question waits for an answer"""
    agreed_at: datetime | None = None
    amount: int | None = None
    """As it stands, after what was called off of it; None: in kind"""
    disbursed: int = 0
    delivered: int = 0
    received: int = 0
    """Deliveries that stand"""
    reversed: frozenset[int] = frozenset()
    """Payments and deliveries that an entry took back"""
    flags: frozenset[str] = frozenset()
    """Reasons that stood against it when it was last looked at"""
    allowed: frozenset[str] = frozenset()
    """Reasons that a coordinator let pass"""
    objected: bool = False
    met: str | None = None

    @property
    def waits_for(self) -> tuple[str, ...]:
        """Sides whose yes or no is still to come."""
        return tuple(side for side in (NEED, OFFER) if side not in self.accepted) if self.status == PROPOSED else ()


def replay(steps: Iterable[Step], amount: int | None) -> Standing:
    """Steps in their order → where the proposal stands. `amount`: of the proposal; None: in kind."""
    found, seen = Standing(amount=amount), dict[int | None, Step]()
    for step in steps:
        seen[step.id] = step
        found = _after(found, step, seen)
    return found


def _after(found: Standing, step: Step, seen: Mapping[int | None, Step]) -> Standing:
    if step.act == "propose":
        own = frozenset() if step.side == REGISTRY else frozenset({step.side})
        return replace(found, proposer=step.side, accepted=own)
    if step.act == "accept":
        accepted = found.accepted | {step.side}
        if accepted >= {NEED, OFFER} and step.reason != WAITS:
            return replace(found, accepted=accepted, status=AGREED, agreed_at=step.at)
        return replace(found, accepted=accepted)
    if step.act == "ask":
        return replace(found, asked=step.side)
    if step.act == "answer":
        return replace(found, asked=None)
    if step.act == "disburse":
        return replace(found, disbursed=found.disbursed + (step.amount or 0))
    if step.act == "deliver":
        return _measured(replace(found, delivered=found.delivered + (step.amount or 0), received=found.received + 1))
    if step.act == "reduce":
        return _measured(replace(found, amount=step.amount))
    if step.act == "reverse":
        return _taken_back(found, seen[step.reverses_id])
    if step.act == "flag":
        return replace(found, flags=_codes(step.flags))
    if step.act == "allow":
        return replace(found, allowed=found.allowed | _codes(step.flags), flags=found.flags - _codes(step.flags))
    if step.act == "object":
        return replace(found, objected=True)
    if step.act == "met":
        return replace(found, met=step.reason)
    ended = {"decline": DECLINED, "withdraw": WITHDRAWN, "lapse": LAPSED, "cancel": CANCELLED}
    if step.act == "end":
        # What was paid or received stands: the commitment ends at that amount.
        kept = max(found.disbursed, found.delivered)
        if not kept and not found.received:
            return replace(found, status=CANCELLED)
        return _measured(replace(found, amount=None if found.amount is None else kept))
    return replace(found, status=ended[step.act]) if step.act in ended else found


def _measured(found: Standing) -> Standing:
    """Delivered, where all of it is received; else agreed."""
    whole = found.received > 0 if found.amount is None else found.delivered >= found.amount
    return replace(found, status=DELIVERED if whole else AGREED)


def _taken_back(found: Standing, entry: Step) -> Standing:
    found = replace(found, reversed=found.reversed | {entry.id or 0})
    if entry.act == "disburse":
        return replace(found, disbursed=found.disbursed - (entry.amount or 0))
    return _measured(replace(found, delivered=found.delivered - (entry.amount or 0), received=found.received - 1))


def _codes(flags: str) -> frozenset[str]:
    return frozenset(code for code in flags.split(",") if code)


ENDED = {
    AGREED: N_("Both sides have accepted this: it can only be called off."),
    DELIVERED: N_("This is delivered."),
    DECLINED: N_("This was declined: propose it anew."),
    WITHDRAWN: N_("This was withdrawn: propose it anew."),
    LAPSED: N_("This lapsed: propose it anew."),
    CANCELLED: N_("This was called off: propose it anew."),
}
WHILE_OPEN = frozenset({"accept", "decline", "withdraw", "lapse"})
WHILE_AGREED = frozenset({"cancel", "disburse", "deliver", "reduce"})
WHILE_COMMITTED = frozenset({"link", "met", "post", "object", "reverse", "flag", "allow", "end"})
"""Also when all is delivered: what is delivered during the objection days is posted when they end"""
NEVER_ALLOWED = frozenset({"embargo", "listed_partner"})
"""Reasons that no coordinator lets pass: an exemption answers the one, a decision on the name the other"""


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
    if act in WHILE_COMMITTED and status not in COMMITTED:
        return NOT_AGREED if status == PROPOSED else ENDED[status]
    if act == "withdraw" and side not in (standing.proposer, REGISTRY):
        return N_("Only who proposed this withdraws it: decline it instead.")
    if act == "answer" and standing.asked in (None, side):
        return N_("There is no question of the other side to answer.")
    if act == "cancel" and (standing.disbursed or standing.delivered):
        return N_("Something was paid or received already: reduce the commitment to that amount instead.")
    if act == "reduce" and standing.amount is None:
        return N_("This is help in kind: there is no amount to reduce.")
    if act == "reverse" and not standing.disbursed and not standing.received:
        return N_("There is no payment or delivery to correct.")
    if act in ("allow", "end") and not standing.flags:
        return N_("Nothing is flagged against this commitment.")
    if act == "allow" and standing.flags <= NEVER_ALLOWED:
        return N_("Only an exemption lifts an embargo, and only a decision on the name a sanctions list.")
    if act == "object" and posted:
        return N_("This is public already.")
    return None


@dataclass(frozen=True, slots=True)
class Share:
    """An amount that is agreed, in the need's currency, and the types of lines that it may go to."""

    types: frozenset[str]
    value: Money


Asked = Mapping[str, Money | None]
"""Type → what the lines of that type ask together; None: a line of it has no amount"""


def left_of_need(asked: Asked, taken: Sequence[Share], types: frozenset[str] | None = None) -> Money | None:
    """The most that can still be agreed for lines of these types (all: None); below zero: more is agreed than asked.

    None: it cannot be said, since a line has no amount. All amounts are of one currency.

    What is agreed for several types may go to the lines of any of them. So a further amount for some types fits if in
    every set of types that holds them, the lines ask for it and for all that can go to no line outside the set (the
    condition of Hall's theorem); the scarcest of these sets says how much.
    """
    known = frozenset(asked)
    wanted = known if types is None else types & known
    if not wanted:
        return None
    least: Money | None = None
    for more in _subsets(known - wanted):
        lines = [asked[type_] for type_ in wanted | more]
        priced = [line for line in lines if line is not None]
        if len(priced) < len(lines):
            continue
        left = reduce(add, priced)
        for share in taken:
            if (share.types & known) <= wanted | more:
                left -= share.value
        least = left if least is None else min(least, left)
    return least


def _subsets(types: frozenset[str]) -> Iterator[frozenset[str]]:
    for size in range(len(types) + 1):
        yield from map(frozenset, combinations(sorted(types), size))


def is_covered_by(asked: Asked, taken: Sequence[Share]) -> bool:
    """Whether the lines still ask for all that is agreed: what a change of a need must leave."""
    if any(not share.types & asked.keys() for share in taken):
        return False
    lefts = (left_of_need(asked, taken, types) for types in _subsets(frozenset(asked)) if types)
    return all(left is None or left.amount >= 0 for left in lefts)


def spread(asked: Asked, taken: Sequence[Share]) -> dict[str, int]:
    """Type → how much of it is agreed, in minor units of the need's currency, where lines have amounts.

    What may go to several types fills them in order, as far as all that is still to come fits too. What fits no line
    any more is left out.
    """
    rest = dict(asked)
    found = {type_: 0 for type_, money in asked.items() if money is not None}
    for place, share in enumerate(taken):
        due = share.value
        for type_ in sorted(share.types & found.keys()):
            room = left_of_need(rest, taken[place + 1 :], frozenset({type_}))
            whole = rest[type_]
            if room is None or whole is None:
                continue
            part = max(Money(0, due.currency), min(due, room))
            rest[type_], due = whole - part, due - part
            found[type_] += part.amount
    return found
