"""What stands against all the others: for a need the open offers that do not fit, for an offer the open needs.

Those with the fewest reasons against them come first, then those that would score best: what would unblock a pair is
worth most there. Computed now, by the same rules as the table of pairs; only records that the actor may see are named.
"""

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue.counting import place
from registry.db import utcnow
from registry.matching import gather, weights
from registry.matching.eligibility import Block, check
from registry.matching.facts import NeedFacts, OfferFacts
from registry.matching.forms import NEED, OFFER
from registry.matching.models import Need, Offer
from registry.matching.needs import get_need
from registry.matching.offers import get_offer
from registry.matching.score import score


@dataclass(frozen=True, slots=True)
class Blocked:
    """`items`: need_id, offer_id, blocks, the score it would have. `codes`: reason → pairs that it stands against.

    `pairs` were looked at, against `total` of them something stands: this code, where one was asked for.
    """

    items: list[dict[str, Any]]
    codes: dict[str, int]
    total: int
    pairs: int


def blocked_offers(
    session: Session, actor: Actor, need_id: int, code: str | None = None, limit: int = 50, now: datetime | None = None
) -> Blocked:
    """Open offers that do not fit a need. Raises NotFound where the actor may not see the need, Busy."""
    get_need(session, actor, need_id)
    with place():
        need = gather.need_facts(session, actor, NEED.c.id == need_id)[need_id]
        offers = gather.offer_facts(session, actor, gather.OFFER_OPEN & policy.visible(actor, Offer))
        return _blocked(session, [(need, offer) for offer in offers.values()], code, limit, now or utcnow())


def blocked_needs(
    session: Session, actor: Actor, offer_id: int, code: str | None = None, limit: int = 50, now: datetime | None = None
) -> Blocked:
    """Open needs that an offer does not fit. Raises NotFound where the actor may not see the offer, Busy."""
    get_offer(session, actor, offer_id)
    with place():
        offer = gather.offer_facts(session, actor, OFFER.c.id == offer_id)[offer_id]
        needs = gather.need_facts(session, actor, gather.NEED_OPEN & policy.visible(actor, Need))
        return _blocked(session, [(need, offer) for need in needs.values()], code, limit, now or utcnow())


def _blocked(
    session: Session, pairs: list[tuple[NeedFacts, OfferFacts]], code: str | None, limit: int, now: datetime
) -> Blocked:
    current = weights.current()
    context = gather.context(session, now, [offer for _, offer in pairs])
    against = [(pair, check(*pair, context, current.min_overlap_months)) for pair in pairs]
    against = [(pair, blocks) for pair, blocks in against if blocks]
    codes = Counter(found for _, blocks in against for found in {block.code for block in blocks})
    chosen = [(pair, blocks) for pair, blocks in against if code is None or code in {block.code for block in blocks}]
    # Scores are worked out only for as many as can be among the first.
    most = sorted(len(blocks) for _, blocks in chosen)[:limit][-1:]
    near = [(pair, blocks) for pair, blocks in chosen if most and len(blocks) <= most[0]]
    scored = [(len(blocks), -score(*pair, current, now.date())[0], pair, blocks) for pair, blocks in near]
    scored.sort(key=lambda item: (item[0], item[1], item[2][0].id, item[2][1].id))
    return Blocked(
        [_item(pair, blocks, -value) for _, value, pair, blocks in scored[:limit]],
        dict(sorted(codes.items(), key=lambda item: (-item[1], item[0]))), len(chosen), len(pairs),
    )  # fmt: skip


def _item(pair: tuple[NeedFacts, OfferFacts], blocks: list[Block], value: float) -> dict[str, Any]:
    need, offer = pair
    return {"need_id": need.id, "offer_id": offer.id, "blocks": [asdict(block) for block in blocks], "score": value}
