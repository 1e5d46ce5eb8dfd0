"""From open needs and offers to a problem: what is asked and offered in money on a day, and which pairs are eligible.

A need of several types is several lines; each is met by itself. In-kind help has no price here and takes no part.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from registry.errors import N_
from registry.matching import gather, weights
from registry.matching.eligibility import is_eligible
from registry.matching.facts import NeedFacts, OfferFacts
from registry.matching.forms import NEED, OFFER
from registry.matching.ledger import capacity
from registry.matching.score import score

PRIORITY = {"low": 0.75, "medium": 1.0, "high": 1.5, "urgent": 2.0}
"""What a unit of money is worth by the need's priority"""
CENTS = 100
LEFT_OUT = {
    "covered": N_("What the need asks is promised already."),
    "no_amount": N_("The need states no amount, or one that cannot be converted."),
    "promised": N_("The offer is promised already."),
    "no_budget": N_("The offer states no budget, or one that cannot be converted."),
}


def freeze(session: Session, now: datetime) -> dict[str, Any]:
    """{"problem": …, "left_out": {"needs": {id: reason}, "offers": {id: reason}}, "weights": version}.

    A line's id is `need:type`. Amounts are whole dollars, rounded down.
    """
    current = weights.current()
    needs = gather.need_facts(session, capacity.ALL, gather.NEED_OPEN)
    offers = gather.offer_facts(session, capacity.ALL, gather.OFFER_OPEN)
    context = gather.context(session, now, offers.values())
    wishes = {row.id: row for row in session.execute(select(NEED.c.id, NEED.c.priority, NEED.c.min_viable_share))}
    standing = capacity.standing_pairs(session)
    lines: list[list[Any]] = []
    places: dict[int, list[tuple[int, str]]] = {}
    left_out: dict[str, dict[str, str]] = {"needs": {}, "offers": {}}
    for need in needs.values():
        for type_ in sorted(need.types):
            asked = need.asked(frozenset({type_})).whole
            if asked is not None and asked >= CENTS:
                places.setdefault(need.id, []).append((len(lines), type_))
                lines.append(
                    [f"{need.id}:{type_}", need.state, asked // CENTS, wishes[need.id].min_viable_share or 0.0]
                )
        if need.id not in places:
            left_out["needs"][str(need.id)] = "no_amount" if need.asked(need.types).whole is None else "covered"
    # What both sides have accepted does not move: it is neither asked nor offered again, as the facts have it.
    left = {offer.id: offer.budget or 0 for offer in offers.values()}
    rich = [offer for offer in offers.values() if left[offer.id] >= CENTS]
    left_out["offers"] = {
        str(i): "no_budget" if offers[i].budget is None else "promised"
        for i in sorted(offers.keys() - {offer.id for offer in rich})
    }
    number = {offer.id: at for at, offer in enumerate(rich)}
    pairs: list[list[Any]] = []
    for need_id, found in places.items():
        need = needs[need_id]
        for offer in _possible(session, need, rich, current.min_overlap_months):
            if is_eligible(need, offer, context, current.min_overlap_months):
                worth = round(PRIORITY[wishes[need_id].priority] * score(need, offer, current, context.today)[0], 6)
                cap = min(offer.largest_grant or 0, left[offer.id]) // CENTS
                if worth > 0 and cap > 0:
                    stands = (need_id, offer.id) in standing
                    pairs += [[at, number[offer.id], worth, cap, stands] for at, type_ in found if type_ in offer.types]
    money = [[str(offer.id), left[offer.id] // CENTS, -(-(offer.min_grant or CENTS) // CENTS)] for offer in rich]
    problem = {"needs": lines, "offers": money, "pairs": pairs}
    return {"problem": problem, "left_out": left_out, "weights": current.version}


def _possible(session: Session, need: NeedFacts, offers: list[OfferFacts], months: float) -> list[OfferFacts]:
    """What the database lets through, so that not every pair is looked at one by one."""
    possible = set(session.scalars(select(OFFER.c.id).where(gather.possible_offers(need, months))))
    return [offer for offer in offers if offer.id in possible]
