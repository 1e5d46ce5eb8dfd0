"""Whether a proposal can become a commitment now: every rule of eligibility, and as much left as it takes."""

from datetime import datetime

from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.errors import Conflict
from registry.matching.ledger.capacity import ALL
from registry.matching.ledger.eligible import require_eligible
from registry.matching.ledger.models import Proposal
from registry.matching.ledger.proposing import require_left, require_types


def require_possible(session: Session, reader: Actor, proposal: Proposal, now: datetime) -> None:
    """Raise Conflict with the reason against it, by what counts for the reader."""
    need, offer, _ = require_eligible(session, reader, proposal.need_id, proposal.offer_id, now)
    require_types(proposal, need, offer)
    require_left(session, reader, proposal)


def is_possible(session: Session, proposal: Proposal, now: datetime, reader: Actor = ALL) -> bool:
    """Whether nothing stands against it, by what counts for the reader; by all that is agreed unless one is named."""
    try:
        require_possible(session, reader, proposal, now)
    except Conflict:
        return False
    return True
