"""Asks the rules of eligibility for a step of a proposal: inside the step's transaction, from the facts as they stand.

Proposing and accepting ask every rule. Payment and posting ask those that say whether the pair may have this at all
(eligibility.LASTING), not those that the agreement itself uses up. Stored matches are never asked.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.errors import N_, Conflict
from registry.matching import gather, weights
from registry.matching.blocks import Block
from registry.matching.eligibility import check
from registry.matching.facts import Context, NeedFacts, OfferFacts
from registry.matching.forms import NEED, OFFER
from registry.matching.ledger import capacity
from registry.matching.ledger.models import Proposal

Facts = tuple[NeedFacts, OfferFacts, Context]


class NotEligible(Conflict):
    """Something stands against the pair. The message is the first reason's; `blocks` are all of them."""

    def __init__(self, blocks: list[Block]) -> None:
        self.blocks = blocks
        codes = list(dict.fromkeys(block.code for block in blocks))
        super().__init__(blocks[0].message, details={"blocks": codes}, **blocks[0].params)


def require_eligible(session: Session, reader: Actor, need_id: int, offer_id: int, now: datetime) -> Facts:
    """The facts of a pair that nothing stands against now, by what counts for the reader.

    Raises NotEligible with every reason.
    """
    need, offer, context = facts = facts_of(session, reader, need_id, offer_id, now)
    blocks = check(need, offer, context, weights.current().min_overlap_months)
    if blocks:
        raise NotEligible(blocks)
    return facts


def facts_of(session: Session, reader: Actor, need_id: int, offer_id: int, now: datetime) -> Facts:
    """What the rules read of a pair, as it stands now."""
    need = gather.need_facts(session, reader, NEED.c.id == need_id)[need_id]
    offer = gather.offer_facts(session, reader, OFFER.c.id == offer_id)[offer_id]
    return need, offer, gather.context(session, now, [offer])


def blocks_of(session: Session, proposals: Sequence[Proposal], now: datetime) -> dict[int | None, list[Block]]:
    """Proposal → what stands against it as a commitment now, by the lasting rules, in few queries for many."""
    if not proposals:
        return {}
    needs = gather.need_facts(session, capacity.ALL, NEED.c.id.in_({one.need_id for one in proposals}))
    offers = gather.offer_facts(session, capacity.ALL, OFFER.c.id.in_({one.offer_id for one in proposals}))
    context = gather.context(session, now, offers.values())
    months = weights.current().min_overlap_months
    found = {}
    for one in proposals:
        need, offer = needs[one.need_id], offers[one.offer_id]
        own = frozenset(one.types.split(",")) if one.types else offer.types
        blocks = check(need, offer, context, months, lasting=True)
        if not own & need.types & offer.types and all(block.code != "type_mismatch" for block in blocks):
            # Both still share a type, but none that this is for.
            blocks.append(
                Block(
                    "type_mismatch", N_("This is for %(types)s, which both sides no longer share."), "lines", "types",
                    N_("A line of the need is of a type that the offer gives."), {"types": ", ".join(sorted(own))},
                )
            )  # fmt: skip
        found[one.id] = blocks
    return found
