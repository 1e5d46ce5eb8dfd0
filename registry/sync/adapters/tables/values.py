"""Single cells: texts cleaned, dates and amounts in the customs of people. Pure.

As everywhere in sync: an amount that is no number makes its record unusable, since leaving it out would change what it
says; whatever else does not fit is left out and named.
"""

import re
from calendar import monthrange
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from registry.catalogue.cells import Number, restore
from registry.catalogue.folding import plain_key
from registry.catalogue.money import parse_money, to_minor
from registry.catalogue.reference import codelist, country_of_iati, resolve_state
from registry.sync.adapters.contract import RecordFault
from registry.sync.adapters.text import clean

MAX_AMOUNT = Decimal(10) ** 15
FIRST_YEAR, LAST_YEAR = 1900, 2200
_ISO = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ].*)?)?)?")
_NOTHING = frozenset(("", "-", "–", "—", "..", "n/a", "na", "nil", "none", "null"))
_DAC = re.compile(r"(\d{5}|\d{3})(?:\s*[-–:]?\s+(.+))?", re.S)
_STATUS_WORDS = {
    "planned": "1", "pipeline": "1", "ongoing": "2", "active": "2", "current": "2", "in progress": "2",
    "completed": "4", "complete": "4", "finished": "4", "ended": "4", "terminated": "5", "on hold": "6",
}  # fmt: skip


def cell(text: str) -> str:
    """A cell's text without what no engine stores and without an export's apostrophe before a formula."""
    if isinstance(text, Number):
        return text
    return restore(clean(text))


def is_nothing(text: str) -> bool:
    """Whether a cell says that there is no value."""
    return text.strip().lower() in _NOTHING


def amount(text: str, currency: str | None, decimal: str | None) -> dict[str, Any] | None:
    """Minor units and currency; None for an empty cell. Raises RecordFault."""
    if is_nothing(text):
        return None
    try:
        if isinstance(text, Number):
            exact, named = Decimal(text), currency
            minor = to_minor(exact, named) if abs(exact) < MAX_AMOUNT else None
        else:
            money = parse_money(text[:100], currency, decimal)
            minor, named = money.amount, money.currency
            minor = minor if abs(minor) < MAX_AMOUNT * 1000 else None
    except (ValueError, InvalidOperation) as error:
        said = str(error) if isinstance(error, ValueError) else "This is not an amount of money."
        raise RecordFault("amount", f"the amount “{text[:60]}” cannot be read: {said}") from None
    if minor is None:
        raise RecordFault("amount", f"the amount “{text[:60]}” is out of all proportion")
    return {"amount": minor} | ({"currency": named} if named else {})


def day(text: str, written: str | None, *, last: bool = False) -> str | None:
    """The ISO day of a cell: ISO (a year or a month is its first day, or its last), or as `written` says; else None."""
    text = " ".join(text.split())
    if found := _ISO.fullmatch(text):
        year, month = int(found[1]), int(found[2] or (12 if last else 1))
        if not 1 <= month <= 12:
            return None
        try:
            known: date | None = date(year, month, int(found[3] or (monthrange(year, month)[1] if last else 1)))
        except ValueError:
            return None
    else:
        try:
            known = datetime.strptime(text, written).date() if written else None  # noqa: DTZ007  (a day has no zone)
        except ValueError:
            known = None
    return known.isoformat() if known and FIRST_YEAR <= known.year <= LAST_YEAR else None


def looks_like_iso(text: str) -> bool:
    """Whether a text has the form of an ISO day, so that one which is none is a mistake and not another custom."""
    return bool(re.match(r"\d{4}-\d\d-\d\d", text)) and not text.startswith("0000")


def status(text: str) -> str | None:
    """The ActivityStatus code of a code or name."""
    key = plain_key(text)
    for language in ("en", "fr"):
        for code, name in codelist("ActivityStatus", language).items():
            if key in (code, plain_key(name)):
                return code
    return _STATUS_WORDS.get(key)


def country(text: str) -> str | None:
    """The alpha-2 code of a country's code or name in any of the six languages."""
    if country_of_iati(text):
        return text.strip().upper()
    state = resolve_state(text)
    return (state.alpha2 or state.alpha3) if state else None


def sector(text: str) -> dict[str, Any]:
    """A DAC code, with words behind it or without; any other words are the partner's own vocabulary (99)."""
    if found := _DAC.fullmatch(text):
        code, words = found[1], found[2]
        item = {"vocabulary": "1" if len(code) == 5 else "2", "code": code}
    else:
        words, item = text, {"vocabulary": "99", "code": text[:50]}
    return item | ({"narratives": [{"text": words}]} if words else {})


def coordinate(text: str, most: int) -> float | None:
    """Degrees with a sign; None for what lies nowhere."""
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if -most <= value <= most else None
