"""What a document says of a field in a nutshell, and whether two of them disagree. Pure.

Unknown is no disagreement; nor are other words for the same thing: titles are compared language by language and without
case and accents, amounts in US dollars with one per cent for rates and rounding.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from registry.catalogue.folding import plain_key
from registry.catalogue.reference import country_of_iati
from registry.catalogue.rows import date_of
from registry.catalogue.shares import country_shares
from registry.catalogue.totals import budgets_in_force, totals_of
from registry.json_text import dumps

Document = Mapping[str, Any]
Gist = Any

FIELDS = ("title", "status", "dates", "countries", "budgets")
"""Fields of the document on which sources of one programme should agree. Transactions are each reporter's own."""
NEAR = 0.01


def gist(name: str, document: Document) -> Gist:
    """What the document says of a field, small enough to be shown beside another's; None: nothing."""
    if name == "title":
        return _titles(document) or None
    if name == "dates":
        days = {"start": date_of(document, "2", "1"), "end": date_of(document, "4", "3")}
        return {which: day for which, day in days.items() if day} or None
    if name == "countries":
        return sorted(country_shares(document, country_of_iati)) or None
    if name == "budgets":
        return _money(document)
    value = document.get(name)
    return None if value in ("", [], {}) else value


def _titles(document: Document) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in document.get("title") or ():
        if text := " ".join((item.get("text") or "").split()):
            found.setdefault(item.get("lang") or document.get("language") or "", text)
    return found


def _money(document: Document) -> Gist:
    amounts: dict[str, int] = {}
    for budget in budgets_in_force(document.get("budgets") or ()):
        value = budget.get("value") or {}
        if value.get("amount") is not None:
            currency = value.get("currency") or document.get("currency") or ""
            amounts[currency] = amounts.get(currency, 0) + value["amount"]
    if not amounts:
        return None
    total = totals_of(document)["budget"]
    return {"amounts": amounts, "usd": total.usd if not total.unconverted else None}


def disagree(name: str, first: Gist, second: Gist) -> bool:
    """Whether two sources that both say something say different things."""
    if first is None or second is None:
        return False
    if name == "title":
        return any(plain_key(first[lang]) != plain_key(second[lang]) for lang in first.keys() & second.keys())
    if name == "dates":
        return any(first[which] != second[which] for which in first.keys() & second.keys())
    if name == "budgets":
        if first["usd"] is not None and second["usd"] is not None:
            return abs(first["usd"] - second["usd"]) > NEAR * max(abs(first["usd"]), abs(second["usd"]))
        return bool(first["amounts"] != second["amounts"])
    return bool(first != second)


def key(name: str, value: Gist) -> str:
    """Equal for values that are the same as far as judgements go: what has been judged once is not asked again."""
    if name == "title" and value is not None:
        value = {lang: plain_key(text) for lang, text in value.items()}
    elif name == "budgets" and value is not None:
        value = value["amounts"]
    return sha256(dumps([name, value]).encode()).hexdigest()[:16]


def unjudged(name: str, values: Sequence[Gist], judged: Iterable[str]) -> list[str]:
    """Keys of the values nobody has judged yet."""
    known = set(judged)
    return [found for found in dict.fromkeys(key(name, value) for value in values) if found not in known]
