"""Forms of needs and offers: from what is stored to what a person edits, and from what was typed to what is loaded."""

import re
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from registry.catalogue.money import to_decimal
from registry.errors import N_
from registry.web.forms import is_blank, nested
from registry.web.presentation import place_name

SPARE_ROWS = 2
NEED_WORDS = {
    "reference": N_("Your own reference"),
    "state": N_("State"),
    "title": N_("Title"),
    "description": N_("Description"),
    "language": N_("Language of title and description"),
    "themes": N_("Themes"),
    "lines": N_("What exactly"),
    "priority": N_("Priority"),
    "min_viable_share": N_("Least share that would still help"),
    "endorsing_authority": N_("Endorsing authority"),
    "partner_wished": N_("Partner wished for"),
    "visibility": N_("Who may see it"),
    "requirements": N_("Clauses it would meet"),
    "window_start": N_("Needed from"),
    "window_end": N_("Needed until"),
    "status": N_("Status"),
    "status_reason": N_("Reason"),
    "type": N_("Type"),
    "amount": N_("Amount"),
    "currency": N_("Currency"),
    "quantity": N_("Quantity"),
    "unit": N_("Unit"),
}
OFFER_WORDS = {
    **NEED_WORDS,
    "organisation_id": N_("Organisation"),
    "budget": N_("Budget"),
    "min_grant": N_("Smallest grant"),
    "max_grant": N_("Largest grant"),
    "value_date": N_("Value date"),
    "types": N_("Types of assistance"),
    "places": N_("Places"),
    "conditions": N_("Conditions"),
    "window_start": N_("Available from"),
    "window_end": N_("Available until"),
    "expires_at": N_("Expires"),
    "kind": N_("Condition"),
    "instrument": N_("Instrument"),
    "within_months": N_("Within months"),
    "at_least": N_("At least so many answers"),
}


def need_words(path: str) -> str:
    """The words for a field of a need: `lines.0.money.amount` → `What exactly 1, Amount`."""
    return _words(NEED_WORDS, path)


def offer_words(path: str) -> str:
    """The words for a field of an offer."""
    return _words(OFFER_WORDS, path)


def _words(table: Mapping[str, str], path: str) -> str:
    first, *rest = path.split(".")
    words = gettext(table[first]) if first in table else first
    if rest and rest[0].isdecimal():
        words = f"{words} {int(rest[0]) + 1}"
        if len(rest) > 1 and rest[-1] in table:
            words = f"{words}, {gettext(table[rest[-1]])}"
    return words


def need_values(form: Mapping[str, Any]) -> dict[str, Any]:
    """A stored need as its form shows it: amounts written out."""
    lines = [{**line, "money": _written_money(line["money"])} for line in form["lines"]]
    return {**form, "lines": lines}


def _written_money(money: Mapping[str, Any] | None) -> dict[str, Any]:
    if money is None:
        return {}
    return {**money, "amount": _written(money["amount"], money["currency"])}


def _written(amount: int | None, currency: str | None) -> dict[str, str]:
    if amount is None:
        return {"written": ""}
    exact = to_decimal(amount, currency)
    return {"written": f"{exact:,f}".removesuffix(".00")}


def read_need(typed: MultiDict[str, str]) -> dict[str, Any]:
    """What was typed, for the schema: empty and removed lines are left out."""
    data = nested(typed, lists=("themes",))
    lines = data.get("lines") or []
    data["lines"] = [
        {name: value for name, value in line.items() if name != "remove"}
        for line in (lines if isinstance(lines, list) else [])
        if isinstance(line, dict) and not line.get("remove") and not is_blank(line, ("currency", "value_date"))
    ]
    requirements = data.get("requirements") or []
    data["requirements"] = [
        {name: value for name, value in item.items() if name != "keep"}
        for item in (requirements if isinstance(requirements, list) else [])
        if isinstance(item, dict) and item.get("keep")
    ]
    return data


def offer_values(form: Mapping[str, Any]) -> dict[str, Any]:
    """A stored offer as its form shows it: amounts written out, places by name."""
    amounts = {name: _written(form[name], form["currency"]) for name in ("budget", "min_grant", "max_grant")}
    moment = form.get("expires_at") or ""
    places = "\n".join(place_name(code) for code in form["places"])
    return {**form, **amounts, "places": places, "expires_at": moment[:10], "expires_moment": moment}


def read_offer(typed: MultiDict[str, str]) -> dict[str, Any]:
    """What was typed, for the schema: places one a line, empty conditions left out."""
    data = nested(typed, lists=("themes", "types"))
    moment = str(data.pop("expires_moment", ""))
    if moment and data.get("expires_at") == moment[:10]:
        data["expires_at"] = moment  # the day was not changed, so the moment stays
    data["places"] = [place for text in re.split(r"[\n;]", str(data.get("places") or "")) if (place := text.strip())]
    conditions = data.get("conditions") or []
    data["conditions"] = [
        {name: value for name, value in item.items() if name != "remove"}
        for item in (conditions if isinstance(conditions, list) else [])
        if isinstance(item, dict) and not item.get("remove") and not is_blank(item)
    ]
    return data


def shown_again(data: Mapping[str, Any]) -> dict[str, Any]:
    """Data read from a form as its inputs show it again."""
    values = dict(data)
    if len(str(values.get("expires_at") or "")) > 10:
        values |= {"expires_at": values["expires_at"][:10], "expires_moment": values["expires_at"]}
    if isinstance(values.get("places"), list):
        values["places"] = "\n".join(values["places"])
    return values
