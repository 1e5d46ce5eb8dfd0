"""Why a pair matches, or why not: the same rules and score as the table of pairs, computed now, for any two records."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.db import utcnow
from registry.matching import gather, weights
from registry.matching.counterfactuals import changes
from registry.matching.eligibility import check
from registry.matching.forms import NEED, OFFER
from registry.matching.needs import get_need
from registry.matching.offers import get_offer
from registry.matching.score import score


def explain(session: Session, actor: Actor, need_id: int, offer_id: int, now: datetime | None = None) -> dict[str, Any]:
    """What stands against the pair and what it scores, or would score were nothing against it.

    `blocks` and the parts' `evidence` carry msgids with params; the door says them in the reader's language.
    Raises NotFound where the actor may not see both sides.
    """
    now = now or utcnow()
    get_need(session, actor, need_id)
    get_offer(session, actor, offer_id)
    need = gather.need_facts(session, actor, NEED.c.id == need_id)[need_id]
    offer = gather.offer_facts(session, actor, OFFER.c.id == offer_id)[offer_id]
    current = weights.current()
    blocks = check(need, offer, gather.context(session, now, [offer]), current.min_overlap_months)
    value, parts = score(need, offer, current, now.date())
    return {
        "need_id": need_id,
        "offer_id": offer_id,
        "eligible": not blocks,
        "blocks": [asdict(block) for block in blocks],
        "score": value,
        "parts": [part.as_dict() for part in parts],
        "changes": [asdict(change) for change in changes(need, offer, current, now.date())],
        "weights_version": current.version,
        "computed_at": now,
    }
