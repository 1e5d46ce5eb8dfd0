"""Making a proposal: by either side, the coordinator or an allocation round; only for a pair nothing stands against."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue.money import Money, format_money, rate_between
from registry.db import utcnow
from registry.errors import N_, Conflict, InvalidInput
from registry.matching import refresh, weights
from registry.matching.facts import NeedFacts, OfferFacts
from registry.matching.ledger import capacity, rules
from registry.matching.ledger.eligible import require_eligible
from registry.matching.ledger.models import Proposal
from registry.matching.ledger.recording import add_step, side_of
from registry.matching.ledger.schemas import ProposalForm
from registry.matching.models import Offer
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
    need_facts, offer_facts, context = require_eligible(session, actor, made.need_id, made.offer_id, now)
    current = weights.current()
    made.score = score(need_facts, offer_facts, current, context.today)[0]
    made.weights_version = current.version
    _set_types(made, need_facts, offer_facts, form["type"])
    _refuse_second(session, made)
    _set_amount(session, actor, made, offer, form, now)
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


def _set_types(made: Proposal, need: NeedFacts, offer: OfferFacts, type_: str | None) -> None:
    """Lines of which types it may go to: those that the need asks for and the offer gives."""
    shared = need.types & offer.types
    if type_ is not None:
        if type_ not in need.types:
            raise InvalidInput({"type": [N_("The need has no line of this type.")]})
        if type_ not in offer.types:
            raise InvalidInput({"type": [N_("The offer does not give this type of assistance.")]})
        shared = frozenset({type_})
    made.types = ",".join(sorted(shared))
    made.type = made.types if len(shared) == 1 else None


def require_types(proposal: Proposal, need: NeedFacts, offer: OfferFacts) -> None:
    """Raise Conflict where a side no longer has a type of assistance that the proposal is for."""
    for type_ in sorted(set(proposal.types.split(",")) - (need.types & offer.types)) if proposal.types else ():
        raise Conflict(
            N_("This is for lines of the type “%(type)s”, which the need no longer asks for: propose it anew.")
            if type_ not in need.types
            else N_("This is for lines of the type “%(type)s”, which the offer no longer gives: propose it anew."),
            details={"blocks": ["type_mismatch"]}, type=type_,
        )  # fmt: skip


def _set_amount(
    session: Session, actor: Actor, made: Proposal, offer: Offer, form: Mapping[str, Any], now: datetime
) -> None:
    amount, currency = form["amount"], form["currency"] or offer.currency
    if amount is None:
        if offer.budget is not None:
            raise InvalidInput({"amount": [N_("This offer is an amount of money: say how much of it.")]})
        return
    if currency is None:
        raise InvalidInput({"currency": [N_("Say in which currency: the offer names none.")]})
    if offer.currency is not None and currency != offer.currency:
        raise InvalidInput({"currency": [f"This offer gives in {offer.currency}: propose in that currency."]})
    made.amount, made.first_amount, made.currency = amount, amount, currency
    set_value(session, made, now)
    wrong = _unfit(offer, amount, currency) or _too_much(session, actor, made)
    if wrong:
        raise InvalidInput({"amount": [wrong]})


def set_value(session: Session, proposal: Proposal, now: datetime) -> None:
    """Store what the amount is worth in the currency in which the need is counted, by which rate.

    Raises InvalidInput (`currency`) where no rate joins the two: amounts are never compared as numbers.
    """
    if proposal.amount is None or proposal.currency is None:
        return
    given = Money(proposal.amount, proposal.currency)
    dollars = rate_between(given.currency or "", "USD", now.date())
    proposal.usd_cents = given.at(dollars).amount if dollars else None
    currency = capacity.ask_of(session, capacity.ALL, proposal.need_id).currency
    if currency is None:
        proposal.need_amount = proposal.need_currency = proposal.rate = proposal.rate_date = proposal.rate_source = None
        return
    rate = rate_between(proposal.currency, currency, now.date())
    if rate is None:
        without = f"The need asks in {currency}, and no rate to it from {proposal.currency} is known for {now.year}"
        way_out = "Ask the coordinators for a newer table of rates, or for amounts of both sides in one currency."
        raise InvalidInput({"currency": [f"{without}: the amounts cannot be compared. {way_out}"]})
    proposal.need_amount, proposal.need_currency = given.at(rate).amount, currency
    same = rate.of == rate.into
    proposal.rate = None if same else f"{rate.factor:f}"
    proposal.rate_date, proposal.rate_source = (None, None) if same else (rate.on, rate.source)


def _unfit(offer: Offer, amount: int, currency: str) -> str | None:
    if offer.min_grant is not None and amount < offer.min_grant:
        return f"The offer gives at least {format_money(offer.min_grant, currency)} to one need."
    if offer.max_grant is not None and amount > offer.max_grant:
        return f"The offer gives at most {format_money(offer.max_grant, currency)} to one need."
    return None


def _too_much(session: Session, reader: Actor, made: Proposal) -> str | None:
    try:
        require_left(session, reader, made)
    except Conflict as error:
        return error.message % error.params if error.params else error.message
    return None


def require_left(session: Session, reader: Actor, proposal: Proposal) -> None:
    """Raise Conflict, naming what is left for the reader, where offer or need have not so much left for the reader.

    What is agreed and not posted yet is nobody else's to know: no refusal goes by it. The matching lock is held.
    """
    if proposal.amount is None:
        return
    amount = Money(proposal.amount, proposal.currency)
    left = capacity.left_of_offer(session, reader, proposal.offer_id)
    if left is not None and amount > left:
        raise Conflict(N_("The offer has only %(left)s left: the rest is promised already."), left=str(left))
    of_pair = capacity.left_of_pair(session, reader, proposal.need_id, proposal.offer_id)
    if of_pair is not None and amount > of_pair:
        raise Conflict(
            N_(
                "The offer gives only %(left)s more to this need: its largest grant counts all commitments to one need."
            ),
            left=str(of_pair),
        )
    asks = capacity.ask_of(session, reader, proposal.need_id)
    if asks.currency is None:
        return
    if asks.unknown:
        raise Conflict(
            N_("No rate says what commitment no. %(id)s is worth in %(currency)s: nothing more can be agreed."),
            id=asks.unknown[0], currency=asks.currency,
        )  # fmt: skip
    value, wanted = capacity.value_of(proposal, asks.currency), asks.left(frozenset(proposal.types.split(",")))
    if value is not None and wanted is not None and value > wanted:
        raise Conflict(
            N_("The need asks only %(left)s more: the rest is promised already.")
            if value.currency == amount.currency
            else N_("The need asks only %(left)s more, and this is worth %(value)s: the rest is promised already."),
            left=str(wanted), value=str(value),
        )  # fmt: skip
