"""What every act does alike: the step's row, the status it comes to, history, event, audit."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from registry.accounts import audit
from registry.accounts.actor import Actor
from registry.catalogue.money import DatedRate, Money, rate_between
from registry.events.outbox import Change, emit
from registry.matching import refresh
from registry.matching.ledger import rules
from registry.matching.ledger.models import Proposal, ProposalStep
from registry.matching.ledger.rules import COMMITTED, NEED, OFFER, REGISTRY, Standing
from registry.matching.models import Need, Offer

PAST = {
    "propose": "made", "accept": "accepted", "decline": "declined", "ask": "asked", "answer": "answered",
    "withdraw": "withdrawn", "lapse": "lapsed", "cancel": "cancelled", "link": "linked", "disburse": "disbursed",
    "deliver": "delivered", "object": "objected", "post": "posted", "met": "met",
    "reduce": "reduced", "reverse": "reversed", "flag": "flagged", "allow": "allowed", "end": "ended",
}  # fmt: skip
"""Act → `proposal.<past>`; the acceptance that makes a commitment is `proposal.agreed`"""


def side_of(actor: Actor, proposal: Proposal) -> str:
    """For which side the actor speaks."""
    if actor.role == "state" and actor.state == proposal.state:
        return NEED
    if actor.organisation_id is not None and actor.organisation_id == proposal.organisation_id:
        return OFFER
    return REGISTRY


def steps_of(session: Session, proposal_id: int) -> Sequence[ProposalStep]:
    """In the order in which they were taken."""
    found = select(ProposalStep).where(col(ProposalStep.proposal_id) == proposal_id).order_by(col(ProposalStep.id))
    return session.scalars(found).all()


def standing_of(session: Session, proposal: Proposal) -> Standing:
    """Where a proposal stands, by its steps."""
    return rules.replay(steps_of(session, proposal.id or 0), first_amount_of(proposal))


def first_amount_of(proposal: Proposal) -> int | None:
    """The amount as it was proposed; None: in kind."""
    return proposal.amount if proposal.first_amount is None else proposal.first_amount


def add_step(
    session: Session,
    actor: Actor,
    proposal: Proposal,
    side: str,
    act: str,
    now: datetime,
    *,
    reason: str | None = None,
    text: str = "",
    amount: int | None = None,
    on: date | None = None,
    flags: frozenset[str] = frozenset(),
    reverses_id: int | None = None,
) -> Standing:
    """Note an act that was found possible, and what the proposal comes to by it."""
    step = ProposalStep(
        proposal_id=proposal.id or 0, at=now, side=side, act=act, user_id=actor.user_id, reason=reason, text=text,
        amount=amount, on=on, flags=",".join(sorted(flags)), reverses_id=reverses_id,
    )  # fmt: skip
    session.add(step)
    session.flush()
    standing = standing_of(session, proposal)
    counted, amount_before = _counts_for_all(proposal), proposal.amount
    proposal.status, proposal.agreed_at = standing.status, standing.agreed_at
    proposal.flags = ",".join(sorted(standing.flags))
    if standing.amount != proposal.amount:
        _revalue(proposal, standing.amount)
    if act == "post":
        proposal.posted_at = now
    if act != "propose":
        proposal.version += 1
        proposal.updated_at = proposal.tended_at = now
    session.add(proposal)
    session.flush()
    if counted != _counts_for_all(proposal) or (counted and proposal.amount != amount_before):
        # What both have left has changed for everybody; before it is posted nothing others see may move.
        refresh.later(session, "need", proposal.need_id)
        refresh.later(session, "offer", proposal.offer_id)
    past = "agreed" if act == "accept" and standing.status == rules.AGREED else PAST[act]
    tell(session, actor, proposal, past, side, now, standing)
    return standing


def _revalue(proposal: Proposal, amount: int | None) -> None:
    """The new amount, with its values by the rates that are stored with the commitment."""
    proposal.amount = amount
    if amount is None or proposal.currency is None:
        return
    now_given = Money(amount, proposal.currency)
    day = proposal.rate_date or proposal.created_at.date()
    dollars = rate_between(proposal.currency, "USD", day)
    proposal.usd_cents = now_given.at(dollars).amount if dollars else None
    if proposal.need_currency == proposal.currency:
        proposal.need_amount = amount
    elif proposal.need_currency and proposal.rate:
        rate = DatedRate(proposal.currency, proposal.need_currency, Decimal(proposal.rate), day, "", False)
        proposal.need_amount = now_given.at(rate).amount


def _counts_for_all(proposal: Proposal) -> bool:
    return proposal.posted_at is not None and proposal.status in COMMITTED


def _audience(session: Session, proposal: Proposal) -> str:
    """Both sides and coordinators; once it is posted, who may see both the need and the offer."""
    if proposal.posted_at is None:
        return "private"
    need, offer = session.get_one(Need, proposal.need_id), session.get_one(Offer, proposal.offer_id)
    return next((each for each in ("private", "members") if each in (need.visibility, offer.visibility)), "public")


def tell(
    session: Session,
    actor: Actor,
    proposal: Proposal,
    past: str,
    side: str,
    now: datetime,
    standing: Standing | None = None,
) -> None:
    """The event `proposal.<past>` and the audit entry. `side`: who acted."""
    session.flush()
    standing = standing or standing_of(session, proposal)
    summary: dict[str, Any] = {
        "need_id": proposal.need_id, "offer_id": proposal.offer_id, "status": proposal.status,
        "amount": proposal.amount, "currency": proposal.currency, "programme_id": proposal.programme_id,
        "side": side, "waits_for": list(standing.waits_for),
    }  # fmt: skip
    told = Change(
        f"proposal.{past}", "proposal", proposal.id or 0, proposal.version, summary,
        _audience(session, proposal), proposal.state, proposal.organisation_id,
    )  # fmt: skip
    emit(session, told, at=now)
    audit.record(session, actor, f"proposal.{past}", f"proposal:{proposal.id}", version=proposal.version)
