"""Needs and offers as they are shown: the form, what the registry adds, and what is asked in dollars by which rate.

The ledger of a need is derived from its lines, never typed. Today it knows what is asked; what is proposed, accepted
and delivered comes with commitments. Amounts are minor units, dollars are cents; unknown is null, never zero.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Table, select
from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.catalogue.models import Organisation
from registry.catalogue.money import Converted, usd_cents
from registry.catalogue.reference import states
from registry.matching.forms import NEED, OFFER, Form, need_forms, offer_forms
from registry.matching.models import ASSISTANCE_TYPES

_ORGANISATION: Table = Organisation.__table__  # type: ignore[attr-defined]
_ADDED = ("id", "version", "status", "status_reason", "opened_at", "closed_at", "created_at", "updated_at")


def need_views(session: Session, actor: Actor, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Id → need as shown to this actor. Which needs the actor may see is the caller's to decide."""
    forms = need_forms(session, ids)
    found = {}
    for row in session.execute(select(*(NEED.c[name] for name in _ADDED)).where(NEED.c.id.in_(ids))).mappings():
        form = forms[row["id"]]
        if not (actor.role == "state" and actor.state == form["state"]):
            # Whether a State has an assessment that it has not published is for the State alone to know.
            form["requirements"] = [{**item, "assessment_id": None} for item in form["requirements"]]
        state = states().get(form["state"])
        found[row["id"]] = {
            **row,
            **form,
            "state_name": state.name() if state else form["state"],
            "types": sorted({line["type"] for line in form["lines"]}, key=ASSISTANCE_TYPES.index),
            "ledger": ledger(form),
        }
    return found


def ledger(form: Form) -> dict[str, Any]:
    """What a need asks: per currency, and in US cents with the rates used; `unknown_lines` have no dollar value."""
    asked: dict[str, int] = {}
    rates: dict[tuple[str, str], dict[str, Any]] = {}
    total, unknown = None, 0
    for line in form["lines"]:
        money = line["money"]
        if money is None:
            unknown += 1
            continue
        asked[money["currency"]] = asked.get(money["currency"], 0) + money["amount"]
        converted = usd_cents(money["amount"], money["currency"], money["value_date"])
        if converted is None:
            unknown += 1
            continue
        total = (total or 0) + converted.cents
        rate = shown_rate(money["currency"], converted)
        rates[money["currency"], rate["rate_date"]] = rate
    return {
        "asked": [{"currency": currency, "amount": asked[currency]} for currency in sorted(asked)],
        "asked_usd_cents": total,
        "unknown_lines": unknown,
        "rates": [rates[key] for key in sorted(rates)],
    }


def shown_rate(currency: str, converted: Converted) -> dict[str, Any]:
    """The rate of a conversion, as it is shown beside the amount."""
    return {
        "currency": currency,
        "usd_per_unit": str(converted.rate),
        "rate_date": converted.rate_date,
        "source": converted.source,
        "checked": converted.checked,
    }


def offer_views(session: Session, _actor: Actor, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Id → offer as shown. Which offers the actor may see is the caller's to decide."""
    forms = offer_forms(session, ids)
    organisations = {form["organisation_id"] for form in forms.values()}
    names = session.execute(
        select(_ORGANISATION.c.id, _ORGANISATION.c.name).where(_ORGANISATION.c.id.in_(organisations))
    )
    name_of = {row.id: row.name for row in names}
    found = {}
    for row in session.execute(select(*(OFFER.c[name] for name in _ADDED)).where(OFFER.c.id.in_(ids))).mappings():
        form = forms[row["id"]]
        organisation = name_of.get(form["organisation_id"], "")
        found[row["id"]] = {**row, **form, "organisation_name": organisation, **_dollars(form)}
    return found


def _dollars(form: Form) -> dict[str, Any]:
    found: dict[str, Any] = {}
    rate = None
    for name in ("budget", "min_grant", "max_grant"):
        amount = form[name]
        converted = usd_cents(amount, form["currency"], form["value_date"]) if amount is not None else None
        found[f"{name}_usd_cents"] = converted.cents if converted else None
        rate = shown_rate(form["currency"], converted) if converted else rate
    return {**found, "rate": rate}
