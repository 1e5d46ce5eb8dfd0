"""Whether a pair may still have what was agreed: flagged where it may not, until a coordinator decides."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from registry.accounts.actor import system
from registry.matching.blocks import Block
from registry.matching.ledger import rules
from registry.matching.ledger.eligible import blocks_of
from registry.matching.ledger.models import Proposal
from registry.matching.ledger.recording import add_step, standing_of

REVIEWER = system("review")


def review(session: Session, proposal: Proposal, now: datetime) -> rules.Standing:
    """Where a commitment stands, once what stands against its pair by now is flagged, or no longer is."""
    return _flag(session, proposal, blocks_of(session, [proposal], now)[proposal.id], now)


def review_all(session: Session, now: datetime) -> int:
    """Look at every commitment that is not delivered yet; returns for how many the flags changed."""
    listed: Sequence[Proposal] = session.scalars(
        select(Proposal).where(col(Proposal.status) == rules.AGREED).order_by(col(Proposal.id))
    ).all()
    against, changed = blocks_of(session, listed, now), 0
    for proposal in listed:
        if against[proposal.id] or proposal.flags:
            before = proposal.flags
            _flag(session, proposal, against[proposal.id], now)
            changed += proposal.flags != before
    return changed


def _flag(session: Session, proposal: Proposal, blocks: Sequence[Block], now: datetime) -> rules.Standing:
    standing = standing_of(session, proposal)
    codes = frozenset(block.code for block in blocks) - standing.allowed
    if codes == standing.flags:
        return standing
    return add_step(session, REVIEWER, proposal, rules.REGISTRY, "flag", now, flags=codes)
