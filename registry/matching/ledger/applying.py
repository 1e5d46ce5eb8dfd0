"""A scenario of an allocation round becomes proposals: once, all in one transaction, for one scenario of the round."""

from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from registry.accounts import audit, policy
from registry.accounts.actor import Actor
from registry.catalogue.money import minor_units, rate_of
from registry.db import utcnow
from registry.errors import N_, Conflict, InvalidInput, RegistryError
from registry.matching.forms import NEED, OFFER
from registry.matching.gather import need_facts, offer_facts
from registry.matching.ledger.capacity import ALL, most
from registry.matching.ledger.proposing import propose
from registry.matching.models import Offer
from registry.matching.rounds.models import Round, Scenario
from registry.matching.rounds.service import get_scenario, result_of

WORDS = N_("From the allocation round “%(title)s”.")


def apply_scenario(
    session: Session, actor: Actor, round_id: int, fairness: str, now: datetime | None = None
) -> dict[str, Any]:
    """Propose every grant of a solved scenario: {"proposed": [ids], "skipped": […], "adjusted": […]}; again: the same.

    What stands against a pair by now, or no longer fits what is left, is skipped with its reason.
    What only the rates of the day make too large is proposed as far as it is left, and named under `adjusted`.
    Raises NotFound, NotAllowed, and Conflict where it is not solved or another scenario of the round was applied.
    """
    policy.require(actor, "proposal.apply")
    now = now or utcnow()
    round_, scenario = get_scenario(session, actor, round_id, fairness)
    session.refresh(round_, with_for_update=True)
    session.refresh(scenario)
    if scenario.applied is not None:
        return dict(scenario.applied)
    if scenario.status != "solved":
        raise Conflict(N_("This scenario is not solved."))
    other = session.scalar(
        select(col(Scenario.fairness)).where(col(Scenario.round_id) == round_id, col(Scenario.applied_at).is_not(None))
    )
    if other is not None:
        raise Conflict(N_("Another scenario of this round was applied already."))
    outcome: dict[str, Any] = {"proposed": [], "skipped": [], "adjusted": []}
    for grant in result_of(scenario)["grants"]:
        _propose(session, actor, round_, grant, outcome, now)
    scenario.applied, scenario.applied_at = outcome, now
    session.add(scenario)
    session.flush()
    audit.record(
        session, actor, "allocation.apply", f"allocation_round:{round_id}", fairness=[fairness],
        proposed=len(outcome["proposed"]), skipped=len(outcome["skipped"]),
    )  # fmt: skip
    return outcome


def _propose(
    session: Session, actor: Actor, round_: Round, grant: dict[str, Any], outcome: dict[str, Any], now: datetime
) -> None:
    number, _, type_ = grant["need"].partition(":")
    need_id, offer_id = int(number), int(grant["offer"])
    try:
        offer = session.get(Offer, offer_id)
        amount = _in_currency(grant["amount"], offer) if offer else None
        most = _by_the_rates(session, grant, need_id, offer_id, type_, now) if offer else None
        if amount is not None and most is not None and most < amount:
            outcome["adjusted"].append({
                "need_id": need_id, "offer_id": offer_id, "type": type_, "granted": amount, "proposed": most,
                "currency": offer.currency if offer else None,
            })  # fmt: skip
            amount = most
        form = {"need_id": need_id, "offer_id": offer_id, "type": type_, "amount": amount}
        form["text"] = WORDS % {"title": round_.title}
        made = propose(session, actor, form, now, round_.id)
    except RegistryError as error:
        # What has changed since the round was frozen; the other grants go out.
        reason = (
            "; ".join(words for texts in error.fields.values() for words in texts)
            if isinstance(error, InvalidInput)
            else error.message % error.params
            if error.params
            else error.message
        )
        outcome["skipped"].append({"need_id": need_id, "offer_id": offer_id, "type": type_, "reason": reason})
    else:
        outcome["proposed"].append(made.id)


def _by_the_rates(
    session: Session, grant: dict[str, Any], need_id: int, offer_id: int, type_: str, now: datetime
) -> int | None:
    """The most that today's rates allow of a grant that still fits in dollars, in the offer's minor units; None: any.

    The round counts each amount by the rate of its own value date; what is agreed counts by the rate of its day. Where
    only that makes a grant too large, what is left is proposed, and the outcome says so.
    """
    need = need_facts(session, ALL, NEED.c.id == need_id).get(need_id)
    offer = offer_facts(session, ALL, OFFER.c.id == offer_id).get(offer_id)
    if need is None or offer is None:
        return None
    asked, cents = need.asked(frozenset({type_})).whole, grant["amount"] * 100
    if asked is None or asked < cents or (offer.budget is not None and offer.budget < cents):
        return None
    found = most(session, ALL, need_id, offer_id, {type_}, now.date())
    return found.amount.amount if found and found.amount.amount > 0 else None


def _in_currency(dollars: int, offer: Offer) -> int:
    """Whole dollars in the offer's minor units, rounded down, but within its smallest and largest grant."""
    currency = offer.currency or "USD"
    rate = rate_of(currency, offer.value_date.year if offer.value_date else None)
    units = Decimal(dollars) / (rate.usd_per_unit if rate else Decimal(1))
    amount = int(units.scaleb(minor_units(currency)).to_integral_value(ROUND_FLOOR))
    return min(max(amount, offer.min_grant or 1), offer.max_grant or amount)
