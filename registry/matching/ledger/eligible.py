"""Asks the rules of eligibility for a step of a proposal: inside the step's transaction, from the facts as they stand.

Proposing and accepting ask every rule. Payment and posting ask those that say whether the pair may have this at all
(eligibility.LASTING), not those that the agreement itself uses up. Stored matches are never asked.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlmodel import Session

from registry.errors import Conflict
from registry.matching import gather, weights
from registry.matching.blocks import Block
from registry.matching.eligibility import check
from registry.matching.facts import Context, NeedFacts, OfferFacts
from registry.matching.forms import NEED, OFFER

Key = tuple[int, int]
"""(need id, offer id)"""
Facts = tuple[NeedFacts, OfferFacts, Context]


class NotEligible(Conflict):
    """Something stands against the pair. The message is the first reason's; `blocks` are all of them."""

    def __init__(self, blocks: list[Block]) -> None:
        self.blocks = blocks
        codes = list(dict.fromkeys(block.code for block in blocks))
        super().__init__(blocks[0].message, details={"blocks": codes}, **blocks[0].params)


def require_eligible(session: Session, need_id: int, offer_id: int, now: datetime, *, lasting: bool = False) -> Facts:
    """The facts of a pair that nothing stands against now. Raises NotEligible with every reason."""
    need, offer, context = facts = facts_of(session, need_id, offer_id, now)
    blocks = check(need, offer, context, weights.current().min_overlap_months, lasting=lasting)
    if blocks:
        raise NotEligible(blocks)
    return facts


def facts_of(session: Session, need_id: int, offer_id: int, now: datetime) -> Facts:
    """What the rules read of a pair, as it stands now."""
    need = gather.need_facts(session, NEED.c.id == need_id)[need_id]
    offer = gather.offer_facts(session, OFFER.c.id == offer_id)[offer_id]
    return need, offer, gather.context(session, now, [offer])


def blocks_of(session: Session, pairs: Iterable[Key], now: datetime) -> Mapping[Key, list[Block]]:
    """Pair → what stands against a commitment of it now, by the lasting rules, in few queries for many pairs."""
    asked = sorted(set(pairs))
    if not asked:
        return {}
    needs = gather.need_facts(session, NEED.c.id.in_({need for need, _ in asked}))
    offers = gather.offer_facts(session, OFFER.c.id.in_({offer for _, offer in asked}))
    context = gather.context(session, now, offers.values())
    months = weights.current().min_overlap_months
    return {(n, o): check(needs[n], offers[o], context, months, lasting=True) for n, o in asked}
