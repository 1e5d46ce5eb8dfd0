"""The form that enters a programme: what a person types → ProgrammeCreateSchema, and its errors back to the inputs."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from registry.catalogue.money import parse_money, to_decimal
from registry.errors import N_, InvalidInput
from registry.web.forms import nested

WORDS = {
    "title": N_("Title"),
    "language": N_("Language of title and description"),
    "description": N_("Description"),
    "identifier": N_("IATI identifier"),
    "reporter": N_("Reporting organisation"),
    "status": N_("Status"),
    "start": N_("Start"),
    "end": N_("End"),
    "states": N_("States"),
    "partner": N_("Implementing organisation"),
    "amount": N_("Budget"),
    "currency": N_("Currency"),
    "themes": N_("Themes"),
    "visibility": N_("Who may see it"),
}
STATES = 3
"""Selects for a State on the form; more can be given through the API."""
EMPTY = {"language": "en", "currency": "USD", "visibility": "public", "themes": [], "states": []}


def words_of(path: str) -> str:
    """The words for a field."""
    return gettext(WORDS[path]) if path in WORDS else path


def read(typed: MultiDict[str, str]) -> dict[str, Any]:
    """What was typed."""
    data = nested(typed, lists=("themes", "states"))
    texts = {name: str(data.get(name) or "").replace("\r\n", "\n").strip() for name in WORDS}
    return {**texts, "themes": data["themes"], "states": data["states"]}


def programme_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """In the shape of ProgrammeCreateSchema. Raises InvalidInput, with this form's fields."""
    language = data["language"] or "en"
    document: dict[str, Any] = {"language": language, "title": [{"text": data["title"], "lang": language}]}
    if data["description"]:
        narratives = [{"text": data["description"], "lang": language}]
        document["descriptions"] = [{"type": "1", "narratives": narratives}]
    if data["identifier"]:
        document["iati_identifier"] = data["identifier"]
    if data["reporter"]:
        document["reporting_org"] = {"narratives": [{"text": data["reporter"]}]}
    if data["status"]:
        document["status"] = data["status"]
    dates = [{"type": kind, "date": data[name]} for name, kind in (("start", "1"), ("end", "3")) if data[name]]
    if dates:
        document["dates"] = dates
    if data["states"]:
        document["countries"] = [{"code": code} for code in dict.fromkeys(data["states"])]
    if data["partner"]:
        document["participating_orgs"] = [{"role": "4", "narratives": [{"text": data["partner"]}]}]
    if data["amount"]:
        document["budgets"] = [_budget(data)]
    return {"document": document, "themes": data["themes"], "visibility": data["visibility"] or "public"}


def filled_in(given: Mapping[str, Any]) -> dict[str, Any]:
    """A ProgrammeCreateSchema that the registry filled in, as this form shows it. `programme_of` reads it back."""
    document = given["document"]
    days = {item["type"]: item["date"] for item in document["dates"]}
    partners = [org for org in document["participating_orgs"] if org["role"] == "4"]
    value = document["budgets"][0]["value"] if "budgets" in document else None
    return {
        "title": document["title"][0]["text"],
        "language": document["language"],
        "description": document["descriptions"][0]["narratives"][0]["text"] if "descriptions" in document else "",
        "status": document["status"],
        "start": days.get("1", ""),
        "end": days.get("3", ""),
        "states": [country["code"] for country in document["countries"]],
        "partner": partners[0]["narratives"][0]["text"] if partners else "",
        "amount": str(to_decimal(value["amount"], value["currency"])) if value else "",
        "currency": value["currency"] if value else "USD",
        "themes": given["themes"],
        "visibility": given["visibility"],
    }


def over(draft: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed (in the shape of ProgrammeCreateSchema) over what was filled in: fields that the form does not
    ask for stay, and what was emptied goes. Raises InvalidInput as `programme_of`.
    """
    given = programme_of(data)
    typed, filled = given["document"], draft["document"]
    funding = [org for org in filled["participating_orgs"] if org["role"] == "1"]
    typed["participating_orgs"] = [*funding, *typed.get("participating_orgs", ())]
    for budget in typed.get("budgets", ()):
        for known in filled.get("budgets", ()):
            if all(budget["value"][name] == known["value"][name] for name in ("amount", "currency")):
                budget["value"]["value_date"] = known["value"]["value_date"]
    asked = ("descriptions", "status", "dates", "countries", "budgets")
    return {**given, "document": {**dict.fromkeys(asked), **typed}}


def _budget(data: Mapping[str, Any]) -> dict[str, Any]:
    if not (data["start"] and data["end"]):
        raise InvalidInput({"amount": [N_("A budget is of a period: give start and end too.")]})
    try:
        money = parse_money(data["amount"], data["currency"] or None)
    except ValueError as error:
        raise InvalidInput({"amount": [str(error)]}) from None
    if money.amount < 0:
        raise InvalidInput({"amount": [N_("A budget is not below zero.")]})
    if not money.currency:
        raise InvalidInput({"currency": [N_("Choose the currency of the budget.")]})
    value = {"amount": money.amount, "currency": money.currency, "value_date": data["start"]}
    return {"type": "1", "period_start": data["start"], "period_end": data["end"], "value": value}


_FIELD_OF = {
    "title": "title", "descriptions": "description", "iati_identifier": "identifier", "reporting_org": "reporter",
    "status": "status", "countries": "states", "participating_orgs": "partner", "budgets": "amount",
    "language": "language",
}  # fmt: skip


def errors_of(fields: Mapping[str, list[str]], data: Mapping[str, Any]) -> dict[str, list[str]]:
    """A schema's paths (`document.dates.0.date`) as this form's fields, each message once."""
    found: dict[str, list[str]] = {}
    dates = [name for name in ("start", "end") if data[name]]
    for path, messages in fields.items():
        first, *rest = path.split(".")
        name = first
        if first == "document" and rest:
            name = _FIELD_OF.get(rest[0], first)
            if rest[0] == "dates" and len(rest) > 1 and rest[1].isdecimal():
                name = dates[int(rest[1])]
            if rest[0] == "budgets" and rest[-1] in ("period_start", "period_end", "value_date"):
                name = "end" if rest[-1] == "period_end" else "start"
        listed = found.setdefault(name, [])
        listed += [message for message in messages if message not in listed]
    return found
