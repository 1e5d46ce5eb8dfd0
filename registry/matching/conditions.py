"""The rule on donors' conditions: what a State must have done to receive an offer. Pure."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from registry.catalogue.acts import is_bound
from registry.errors import N_
from registry.matching.blocks import Block
from registry.matching.facts import DAYS_PER_MONTH, Act, Context, NeedFacts, OfferFacts


def conditions(need: NeedFacts, offer: OfferFacts, context: Context, _months: float) -> Iterator[Block]:
    """What of the offer's conditions the need's State does not fulfil, as far as it is known here."""
    for position, condition in enumerate(offer.conditions):
        acts = context.participation.get((need.state, condition["instrument"]), ())
        offer_field = f"conditions.{position}"
        if condition["kind"] == "participates":
            yield from _participates(need.state, condition["instrument"], acts, context.today, offer_field)
        elif condition["kind"] == "answered":
            yield from _answered(need.state, condition, context, offer_field)
        else:
            yield from _reported(need.state, condition, acts, context.today, offer_field)


def _participates(state: str, instrument: str, acts: tuple[Act, ...], today: date, offer_field: str) -> Iterator[Block]:
    params = {"state": state, "instrument": instrument}
    if not acts:
        yield Block(
            "condition_unknown",
            N_("The offer asks that the State take part in “%(instrument)s”; nothing is known of %(state)s here."),
            "state",
            offer_field,
            N_("The participation of %(state)s in “%(instrument)s” is entered."),
            params,
        )
    elif not is_bound(acts, today):
        yield Block(
            "condition_not_met",
            N_("The offer asks that the State take part in “%(instrument)s”; %(state)s is not bound by it."),
            "state",
            offer_field,
            N_("%(state)s ratifies or accedes to “%(instrument)s”."),
            params,
        )


def _answered(state: str, condition: Any, context: Context, offer_field: str) -> Iterator[Block]:
    answers = context.answered.get((state, condition["instrument"]), 0)
    if answers < condition["at_least"]:
        yield Block(
            "condition_not_met",
            N_("The offer asks for %(least)s published answers on “%(instrument)s”; %(state)s has %(answers)s."),
            "state",
            offer_field,
            N_("%(state)s publishes an assessment of “%(instrument)s” with at least %(least)s answers."),
            {"state": state, "instrument": condition["instrument"], "least": condition["at_least"], "answers": answers},
        )


def _reported(state: str, condition: Any, acts: tuple[Act, ...], today: date, offer_field: str) -> Iterator[Block]:
    reports = [act for act in acts if act.act == "report"]
    dates = [act.on for act in reports if act.on is not None]
    months = condition["within_months"]
    if any((today - on).days <= months * DAYS_PER_MONTH for on in dates):
        return
    params = {"state": state, "instrument": condition["instrument"], "months": months}
    if len(dates) == len(reports) and dates:
        yield Block(
            "condition_not_met",
            N_("The offer asks for a report on “%(instrument)s” within %(months)s months; the last is of %(last)s."),
            "state",
            offer_field,
            N_("%(state)s files a report on “%(instrument)s”."),
            {**params, "last": max(dates).isoformat()},
        )
    else:
        yield Block(
            "condition_unknown",
            N_("The offer asks for a report on “%(instrument)s” within %(months)s months; none is known of %(state)s."),
            "state",
            offer_field,
            N_("A report of %(state)s on “%(instrument)s” is entered with its date."),
            params,
        )
