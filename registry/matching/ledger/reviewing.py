"""Whether a pair may still have what was agreed: flagged where it may not, until a coordinator decides.

Asked at each edit of what the rules read (`later`), at each payment and delivery, before a commitment is shown to
others, and every hour for what only time changes (`review_all`).
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlmodel import Session, col

from registry.accounts.actor import system
from registry.db import Database, before_commit
from registry.matching import refresh
from registry.matching.blocks import Block
from registry.matching.ledger import rules
from registry.matching.ledger.eligible import blocks_of
from registry.matching.ledger.models import Proposal
from registry.matching.ledger.recording import add_step, standing_of

REVIEWER = system("review")
AT_ONCE = 200
"""Commitments that are looked at in one transaction"""


def later(session: Session, side: str, ids: Collection[int], now: datetime) -> None:
    """Look again, before the commit, at the commitments of needs (`need_id`), offers (`offer_id`), `organisation_id`.

    Whoever asks holds what is matched (refresh.hold).
    """
    waiting: dict[str, set[int]] = session.info.setdefault("review", {})
    waiting.setdefault(side, set()).update(ids)
    before_commit(session, "review", lambda session: _review_waiting(session, now))


def _review_waiting(session: Session, now: datetime) -> None:
    waiting: dict[str, set[int]] = session.info.pop("review", {})
    touched = [getattr(Proposal, side).in_(ids) for side, ids in waiting.items() if ids]
    if touched:
        listed = session.scalars(_agreed().where(or_(*touched)).with_for_update(of=Proposal)).all()
        review_these(session, listed, now)


def review(session: Session, proposal: Proposal, now: datetime) -> rules.Standing:
    """Where a commitment stands, once what stands against its pair by now is flagged, or no longer is."""
    return _flag(session, proposal, blocks_of(session, [proposal], now)[proposal.id], now)


def review_these(session: Session, listed: Sequence[Proposal], now: datetime) -> int:
    """Look at these commitments; returns for how many the flags changed."""
    against, changed = blocks_of(session, listed, now), 0
    for proposal in listed:
        if against[proposal.id] or proposal.flags:
            before = proposal.flags
            _flag(session, proposal, against[proposal.id], now)
            changed += proposal.flags != before
    return changed


def review_all(database: Database, now: datetime, stopped: Callable[[], bool] = lambda: False) -> int:
    """Look at every commitment that is not delivered yet; returns for how many the flags changed.

    AT_ONCE at a time. Nothing is held while they are looked at; only what seems to have changed is looked at again
    in a transaction of its own.
    """
    changed, after = 0, 0
    while not stopped():
        with database.reading() as session:
            some = _agreed().where(col(Proposal.id) > after).limit(AT_ONCE)
            listed: Sequence[Proposal] = session.scalars(some).all()
            against = blocks_of(session, listed, now)
            last = listed[-1].id or 0 if listed else None
            differing = [one.id for one in listed if against[one.id] or one.flags]
        if last is None:
            break
        after = last
        if differing:
            with database.transaction() as session:
                refresh.hold(session)
                again = _agreed().where(col(Proposal.id).in_(differing)).with_for_update(of=Proposal)
                changed += review_these(session, session.scalars(again).all(), now)
    return changed


def _agreed() -> Select[Proposal]:
    return select(Proposal).where(col(Proposal.status) == rules.AGREED).order_by(col(Proposal.id))


def _flag(session: Session, proposal: Proposal, blocks: Sequence[Block], now: datetime) -> rules.Standing:
    standing = standing_of(session, proposal)
    codes = frozenset(block.code for block in blocks) - standing.allowed
    if codes == standing.flags:
        return standing
    return add_step(session, REVIEWER, proposal, rules.REGISTRY, "flag", now, flags=codes)
