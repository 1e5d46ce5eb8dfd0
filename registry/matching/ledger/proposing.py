"""Making a proposal: by either side, the coordinator or an allocation round; only for a pair nothing stands against."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue.money import format_money
from registry.db import utcnow
from registry.errors import N_, Conflict, InvalidInput
from registry.matching import refresh, weights
from registry.matching.ledger import capacity, rules
from registry.matching.ledger.eligible import require_eligible
from registry.matching.ledger.models import Proposal
from registry.matching.ledger.recording import add_step, side_of
from registry.matching.ledger.schemas import ProposalForm
from registry.matching.models import Need, Offer
from registry.matching.needs import get_need
from registry.matching.offers import get_offer
from registry.matching.score import score
from registry.schemas import load


def propose(
    session: Session,
    actor: Actor,
    data: Mapping[str, Any],
    now: datetime | None = None,
    round_id: int | None = None,
) -> Proposal:
    """A proposal (ProposalForm). Who proposes for a side has accepted for it.

    Raises NotFound, NotAllowed, InvalidInput (`amount`, `currency`, `type`), Conflict where something stands against
    the pair or the same two have a proposal that waits.
    """
    form, now = load(ProposalForm(), data), now or utcnow()
    need, offer = get_need(session, actor, form["need_id"]), get_offer(session, actor, form["offer_id"])
    made = Proposal(
        need_id=need.id or 0,
        offer_id=offer.id or 0,
        state=need.state,
        organisation_id=offer.organisation_id,
        round_id=round_id,
        type=form["type"],
        created_at=now,
        updated_at=now,
        tended_at=now,
    )
    policy.require(actor, "proposal.propose", made)
    refresh.hold(session)
    need_facts, offer_facts, context = require_eligible(session, made.need_id, made.offer_id, now)
    current = weights.current()
    made.score = score(need_facts, offer_facts, current, context.today)[0]
    made.weights_version = current.version
    _refuse_second(session, made)
    _set_amount(session, made, need, offer, form)
    session.add(made)
    session.flush()
    add_step(session, actor, made, side_of(actor, made), "propose", now, text=form["text"] or "")
    return made


def _refuse_second(session: Session, made: Proposal) -> None:
    """One at a time for the same two and the same type of help."""
    waiting = session.scalar(
        select(col(Proposal.id)).where(
            col(Proposal.need_id) == made.need_id,
            col(Proposal.offer_id) == made.offer_id,
            col(Proposal.type).is_(None) if made.type is None else col(Proposal.type) == made.type,
            col(Proposal.status) == rules.PROPOSED,
        )
    )
    if waiting is not None:
        raise Conflict(
            N_("There is a proposal for these two already that waits for an answer: no. %(id)s."), id=waiting
        )


def _set_amount(session: Session, made: Proposal, need: Need, offer: Offer, form: Mapping[str, Any]) -> None:
    if form["type"] and form["type"] not in _types(session, need.id or 0):
        raise InvalidInput({"type": [N_("The need has no line of this type.")]})
    amount, currency = form["amount"], form["currency"] or offer.currency
    if amount is None:
        if offer.budget is not None:
            raise InvalidInput({"amount": [N_("This offer is an amount of money: say how much of it.")]})
        return
    if currency is None:
        raise InvalidInput({"currency": [N_("Say in which currency: the offer names none.")]})
    if offer.currency is not None and currency != offer.currency:
        raise InvalidInput({"currency": [f"This offer gives in {offer.currency}: propose in that currency."]})
    made.amount, made.currency = amount, currency
    made.usd_cents = capacity.cents_of(amount, currency, offer.value_date)
    wrong = _unfit(offer, amount, currency) or _too_much(session, made)
    if wrong:
        raise InvalidInput({"amount": [wrong]})


def _types(session: Session, need_id: int) -> set[str]:
    return set(session.scalars(select(capacity.LINE.c.type).where(capacity.LINE.c.need_id == need_id)))


def _unfit(offer: Offer, amount: int, currency: str) -> str | None:
    if offer.min_grant is not None and amount < offer.min_grant:
        return f"The offer gives at least {format_money(offer.min_grant, currency)} to one need."
    if offer.max_grant is not None and amount > offer.max_grant:
        return f"The offer gives at most {format_money(offer.max_grant, currency)} to one need."
    return None


def _too_much(session: Session, made: Proposal) -> str | None:
    try:
        require_left(session, made)
    except Conflict as error:
        return error.message % error.params if error.params else error.message
    return None


def require_left(session: Session, proposal: Proposal) -> None:
    """Raise Conflict, naming what is left, where offer or need have not so much left. The matching lock is held."""
    if proposal.amount is None:
        return
    left, currency = capacity.left_of_offer(session, proposal.offer_id)
    if left is not None and proposal.amount > left:
        raise Conflict(
            N_("The offer has only %(left)s left: the rest is promised already."), left=format_money(left, currency)
        )
    for type_ in {None, proposal.type}:
        asks = capacity.left_of_need(session, proposal.need_id, type_)
        given = proposal.amount if asks.currency == proposal.currency else proposal.usd_cents
        if asks.amount is not None and given is not None and given > asks.amount:
            raise Conflict(
                N_("The need asks only %(left)s more: the rest is promised already."),
                left=format_money(asks.amount, asks.currency),
            )
