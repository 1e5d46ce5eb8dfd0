"""What time does to proposals: they lapse, are reminded of, shown to everybody, and after a year the State is asked.

Each call does a bounded part and can be repeated: what is done is noted with the row.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, or_, select
from sqlmodel import Session, col

from registry.accounts.actor import Actor
from registry.matching import refresh
from registry.matching.ledger import rules
from registry.matching.ledger.models import Proposal, ProposalStep
from registry.matching.ledger.possible import is_possible
from registry.matching.ledger.recording import add_step, steps_of, tell
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
    done += _answer_waiting(session, actor, now, limit)
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
    since = case((_waits(), Proposal.tended_at), else_=Proposal.created_at)
    ended = or_(col(Need.status) != "open", col(Offer.status) != "open", since <= too_old)
    return session.scalars(
        _some(limit)
        .join(Need, col(Need.id) == col(Proposal.need_id))
        .join(Offer, col(Offer.id) == col(Proposal.offer_id))
        .where(col(Proposal.status) == rules.PROPOSED, ended)
    ).all()


def _answer_waiting(session: Session, actor: Actor, now: datetime, limit: int) -> int:
    """Proposals that both sides accepted while what was left was not public: agreed, ended, or waiting on."""
    done = 0
    for proposal in session.scalars(_some(limit).where(col(Proposal.status) == rules.PROPOSED, _waits())).all():
        last = next(step for step in reversed(steps_of(session, proposal.id or 0)) if step.reason == rules.WAITS)
        if is_possible(session, proposal, now):
            add_step(session, actor, proposal, rules.REGISTRY, "accept", now)
        elif not is_possible(session, proposal, now, _reader(proposal, last.side)):
            # Now who accepted may know why.
            add_step(session, actor, proposal, rules.REGISTRY, "lapse", now, reason="funded")
        else:
            continue
        done += 1
    return done


def _reader(proposal: Proposal, side: str) -> Actor:
    """Somebody of a side, as far as it matters for what counts."""
    if side == rules.NEED:
        return Actor(role="state", state=proposal.state)
    return Actor(role="donor", organisation_id=proposal.organisation_id)


def _waits() -> Any:
    """Whether both sides accepted a proposal and the answer waits."""
    steps = select(ProposalStep.id).where(  # type: ignore[call-overload]
        col(ProposalStep.proposal_id) == Proposal.id, col(ProposalStep.reason) == rules.WAITS
    )
    return steps.exists()


def _to_remind(session: Session, settings: Settings, now: datetime, limit: int) -> Sequence[Proposal]:
    long_ago = now - timedelta(days=settings.proposal_remind_days)
    return session.scalars(
        _some(limit).where(col(Proposal.status) == rules.PROPOSED, col(Proposal.tended_at) <= long_ago, ~_waits())
    ).all()


def _to_post(session: Session, settings: Settings, now: datetime, limit: int) -> Sequence[Proposal]:
    long_ago = now - timedelta(days=settings.proposal_objection_days)
    return session.scalars(
        _some(limit).where(
            col(Proposal.status).in_(rules.COMMITTED),
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
