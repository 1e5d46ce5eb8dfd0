"""What time does to proposals: they lapse, are reminded of, shown to everybody, and after a year the State is asked.

Each call does a bounded part and can be repeated: what is done is noted with the row.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlmodel import Session, col

from registry.accounts.actor import Actor
from registry.matching import refresh
from registry.matching.ledger import rules
from registry.matching.ledger.models import Proposal, ProposalStep
from registry.matching.ledger.recording import add_step, tell
from registry.matching.ledger.reviewing import review_these
from registry.matching.models import Need, Offer
from registry.settings import Settings

AT_ONCE = 200


def tend(session: Session, actor: Actor, settings: Settings, now: datetime, limit: int = AT_ONCE) -> int:
    """Do what is due, at most `limit` of each kind; returns how much that was, 0: nothing is left."""
    refresh.hold(session)
    done = 0
    for proposal in _to_lapse(session, settings, now, limit):
        add_step(session, actor, proposal, rules.REGISTRY, "lapse", now)
        done += 1
    due = _to_post(session, settings, now, limit)
    # What the pair may no longer have is flagged first: it is never posted.
    review_these(session, due, now)
    for proposal in due:
        if not proposal.flags:
            add_step(session, actor, proposal, rules.REGISTRY, "post", now)
        done += 1
    for proposal in _to_remind(session, settings, now, limit):
        proposal.tended_at = now
        session.add(proposal)
        tell(session, actor, proposal, "reminded", rules.REGISTRY, now)
        done += 1
    for proposal in _to_ask(session, now, limit):
        proposal.asked_met_at = now
        session.add(proposal)
        tell(session, actor, proposal, "met_asked", rules.REGISTRY, now)
        done += 1
    return done


def _to_lapse(session: Session, settings: Settings, now: datetime, limit: int) -> Sequence[Proposal]:
    too_old = now - timedelta(days=settings.proposal_lapse_days)
    ended = or_(col(Need.status) != "open", col(Offer.status) != "open", col(Proposal.created_at) <= too_old)
    return session.scalars(
        _some(limit)
        .join(Need, col(Need.id) == col(Proposal.need_id))
        .join(Offer, col(Offer.id) == col(Proposal.offer_id))
        .where(col(Proposal.status) == rules.PROPOSED, ended)
    ).all()


def _to_remind(session: Session, settings: Settings, now: datetime, limit: int) -> Sequence[Proposal]:
    long_ago = now - timedelta(days=settings.proposal_remind_days)
    return session.scalars(
        _some(limit).where(col(Proposal.status) == rules.PROPOSED, col(Proposal.tended_at) <= long_ago)
    ).all()


def _to_post(session: Session, settings: Settings, now: datetime, limit: int) -> Sequence[Proposal]:
    long_ago = now - timedelta(days=settings.proposal_objection_days)
    return session.scalars(
        _some(limit).where(
            col(Proposal.status) == rules.AGREED,
            col(Proposal.posted_at).is_(None),
            col(Proposal.flags) == "",
            col(Proposal.agreed_at) <= long_ago,
            ~_has("object"),
        )
    ).all()


def _to_ask(session: Session, now: datetime, limit: int) -> Sequence[Proposal]:
    return session.scalars(
        _some(limit).where(
            col(Proposal.status).in_(rules.COMMITTED),
            col(Proposal.asked_met_at).is_(None),
            col(Proposal.agreed_at) <= now - rules.YEAR,
            ~_has("met"),
        )
    ).all()


def _has(act: str) -> Any:
    steps = select(ProposalStep.id).where(col(ProposalStep.proposal_id) == Proposal.id, col(ProposalStep.act) == act)  # type: ignore[call-overload]
    return steps.exists()


def _some(limit: int) -> Any:
    return select(Proposal).order_by(col(Proposal.id)).limit(limit).with_for_update(of=Proposal)
