"""Single values of an activity: texts with their language, codes, dates, numbers, money. Lenient, and it says where.

What is optional and does not fit is left out and named in the warnings. An amount that is no number costs the element
that it stands in (a transaction, a budget), which stays on the record as it came. An activity date that is no day makes
the whole record unusable, because leaving it out would change what the record says.
"""

import re
import xml.etree.ElementTree as ElementTree  # noqa: S405  (only writes)
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from registry.catalogue.money import minor_units, to_decimal, to_minor

XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
MAX_WARNINGS = 20
MAX_XML = 100_000
MAX_AMOUNT = Decimal(10) ** 15
FIRST_YEAR, LAST_YEAR = 1900, 2200
_OTHER_DAYS = (
    re.compile(r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})"),
    re.compile(r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)"),
    re.compile(r"(?P<d>\d{1,2})[- ](?P<name>[A-Za-z]{3,9})[- ,]+(?P<y>\d{4}|\d\d)"),
    re.compile(r"(?P<d>1[3-9]|2\d|3[01])[-/.](?P<m>\d{1,2})[-/.](?P<y>\d{4})"),
)
"""Days in other forms that can be read in one way only: year first, a month's English name, or a day after the 12th"""
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?=$|[T Z+-])")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{1,6})?")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_TRUE, _FALSE = frozenset(("1", "true", "yes")), frozenset(("0", "false", "no"))

Node = Any
"""An element of the standard library's tree; also of lxml's, where only the identifier is wanted"""
Narratives = list[dict[str, str]]


class ElementFault(Exception):
    """An element of the activity cannot be used; the activity can. Its text says why."""


class Reading:
    """What holds for the whole activity while it is read: its defaults, and what was left out of it so far."""

    __slots__ = ("currency", "document", "language", "line_of", "rounded", "warnings")

    def __init__(self, activity: Node, line_of: Callable[[Node], int]) -> None:
        self.line_of = line_of
        """The line of the file on which an element begins"""
        self.document: dict[str, Any] = {}
        self.warnings: list[str] = []
        self.rounded = 0
        """Amounts with more decimals than their currency has"""
        self.language = language_of(activity.get(XML_LANG))
        self.currency = currency_of(activity.get("default-currency"))

    def warn(self, node: Node, what: str) -> None:
        """Note that something was left out: `line 40, budget/value: …`."""
        if len(self.warnings) < MAX_WARNINGS:
            self.warnings.append(f"line {self.line_of(node)}, {node.tag}: {what}")

    # --- texts

    def narratives(self, node: Node) -> Narratives:
        """Texts of an element: its narratives, or its own text where it has none (1.0x)."""
        found: Narratives = []
        for child in node:
            if child.tag == "narrative" and (text := text_of(child)):
                found.append(self._narrative(child, text))
        if not found and (own := text_of(node) if len(node) else (node.text or "").strip()):
            found.append(self._narrative(node, own))
        return found

    def unreadable(self, node: Node, reason: str) -> None:
        """Keep an element that cannot be used as it came, with the reason; it is warned of and not exported."""
        self.warn(node, reason)
        kept = {"element": node.tag, "xml": xml_of(node), "reason": reason}
        self.document.setdefault("unreadable_elements", []).append(kept)

    def _narrative(self, node: Node, text: str) -> dict[str, str]:
        given = node.get(XML_LANG)
        language = (language_of(given) if given else None) or self.language
        return {"text": text, "lang": language} if language else {"text": text}

    # --- numbers

    def number(self, node: Node, text: str | None, what: str) -> int | float | None:
        """A finite number, or None with a warning."""
        value = decimal_of(text)
        if value is None:
            if text and text.strip():
                self.warn(node, f"{what} “{text.strip()[:40]}” is not a number")
            return None
        return _plain_number(value)

    def percentage(self, node: Node) -> int | float | None:
        """The percentage as given; one outside 0 to 100 is warned of, and brought into line where shares are summed."""
        text = node.get("percentage")
        if text is None:
            return None
        value = self.number(node, text.replace("%", ""), "percentage")
        if value is not None and not 0 <= value <= 100:
            self.warn(node, f"percentage {value} lies outside 0 to 100: it is kept as given")
        return value

    def integer(self, node: Node, text: str | None, what: str) -> int | None:
        """A whole number, or None with a warning."""
        value = self.number(node, text, what)
        return int(value) if value is not None and value == int(value) else None

    def flag(self, text: str | None) -> bool | None:
        """True, False, or None where it is not said."""
        text = (text or "").strip().lower()
        return True if text in _TRUE else False if text in _FALSE else None

    # --- dates

    def day(self, node: Node) -> str | None:
        """The day in `iso-date`, or in the text (1.0x); None with a warning where there is none."""
        return self.day_of(node, node.get("iso-date") or node.text, "the date")

    def day_of(self, node: Node, text: str | None, what: str) -> str | None:
        """The day that a text begins with, or None; with a warning where there is a text."""
        if not text or not (text := text.strip()):
            return None
        found = day_in(text)
        if found is None and (found := other_day_in(text)):
            self.warn(node, f"{what} “{text[:40]}” is read as {found}")
        elif found is None:
            self.warn(node, f"{what} “{text[:40]}” is not a date")
        return found

    # --- money

    def money(self, node: Node | None) -> dict[str, Any] | None:
        """A `value` element → amount in minor units, currency, value date. Raises ElementFault for what is no number.

        `exact`: the decimal text, where it has more decimals than its currency.
        """
        if node is None:
            return None
        text = (node.text or "").strip()
        currency = self.currency
        if given := node.get("currency"):
            currency = currency_of(given)
            if currency is None:
                self.warn(node, f"currency “{given[:10]}” is not a code")
        if not text:
            self.warn(node, "an amount is missing")
            return None
        whole, _, fraction = text.partition(".")
        digits = minor_units(currency)
        exact = None
        if _is_plain(whole) and (not fraction or (_is_plain(fraction) and len(fraction) <= digits)):
            amount = int(whole + fraction.ljust(digits, "0"))
        else:
            value = decimal_of(text)
            if value is None:
                raise ElementFault(f"the amount “{text[:60]}” is not a number")
            if abs(value) >= MAX_AMOUNT:
                raise ElementFault(f"the amount “{text[:60]}” is out of all proportion")
            amount = to_minor(value, currency)
            if to_decimal(amount, currency) != value:
                exact = f"{value:f}"
                self.rounded += 1
        money: dict[str, Any] = {"amount": amount}
        if exact is not None:
            money["exact"] = exact
        if currency:
            money["currency"] = currency
        given = node.get("value-date")
        if given and (on := self.day_of(node, given, "value-date")):
            money["value_date"] = on
        return money


def xml_of(node: Node) -> str:
    """An element as XML text without the spaces between its elements; empty where it is longer than MAX_XML."""
    for element in node.iter():
        if len(element) and element.text and not element.text.strip():
            element.text = None
        if element.tail and not element.tail.strip():
            element.tail = None
    text = ElementTree.tostring(node, encoding="unicode").strip()
    return text if len(text) <= MAX_XML else ""


def vocabulary_uri(node: Node) -> dict[str, str]:
    """`{"vocabulary_uri": …}`, or nothing."""
    uri = (node.get("vocabulary-uri") or "").strip()
    return {"vocabulary_uri": uri} if uri else {}


def _is_plain(text: str) -> bool:
    return text.isdigit() and text.isascii() and len(text) < 16


def text_of(node: Node) -> str:
    """All text of an element, markup inside it left out."""
    if len(node):
        return " ".join("".join(node.itertext()).split())
    text = node.text
    return text.strip() if text else ""


# The same few codes, days and amounts stand in a file again and again.
@lru_cache(maxsize=1000)
def language_of(code: str | None) -> str | None:
    """A language code in lower case; None for what is none."""
    code = (code or "").strip().lower().replace("_", "-")
    return code if _LANGUAGE.fullmatch(code) else None


@lru_cache(maxsize=1000)
def currency_of(code: str | None) -> str | None:
    """A currency code in upper case; None for what cannot be one."""
    code = (code or "").strip().upper()
    return code if len(code) == 3 and code.isascii() and code.isalpha() else None


def code_of(node: Node) -> str | None:
    """The element's code: `code`, or `ref` as drafts before 1.01 had it."""
    code = node.get("code")
    if code is None:
        code = node.get("ref")
    return code.strip() or None if code else None


@lru_cache(maxsize=10_000)
def decimal_of(text: str | None) -> Decimal | None:
    """A finite number as publishers write it (`1,000.50`, `1.5E6`), or None."""
    text = (text or "").strip()
    if "," in text and _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    if "_" in text:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    # An exponent of a million digits is no number anybody meant, and would be written out in full.
    return value if value.is_finite() and -30 <= value.adjusted() <= 30 else None


def _plain_number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


@lru_cache(maxsize=20_000)
def day_in(text: str) -> str | None:
    """The ISO day that a text begins with, where it is one that exists."""
    found = _DAY.match(text)
    if not found:
        return None
    try:
        day = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None
    return day.isoformat() if FIRST_YEAR <= day.year <= LAST_YEAR else None


@lru_cache(maxsize=5_000)
def other_day_in(text: str) -> str | None:
    """The ISO day of a text in another form that can be read in one way only, or None."""
    for form in _OTHER_DAYS:
        if not (found := form.fullmatch(text)):
            continue
        parts = found.groupdict()
        if name := parts.get("name"):
            if name[:3].lower() not in _MONTHS:
                return None
            month = _MONTHS.index(name[:3].lower()) + 1
        else:
            month = int(parts["m"])
        year = int(parts["y"])
        if len(parts["y"]) == 2:
            year += 1900 if year >= 70 else 2000
        try:
            day = date(year, month, int(parts["d"]))
        except ValueError:
            return None
        return day.isoformat() if FIRST_YEAR <= day.year <= LAST_YEAR else None
    return None


@lru_cache(maxsize=20_000)
def is_impossible_day(text: str | None) -> bool:
    """Whether a text has a day's form but is none (`2020-13-45`). `0000-00-00` is how some databases write nothing."""
    found = _DAY.match((text or "").strip())
    if not found or not int(found[1]):
        return False
    try:
        date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return True
    return False


def instant_of(text: str | None) -> str | None:
    """An ISO instant, normalised; None for what is none."""
    try:
        return datetime.fromisoformat((text or "").strip()).isoformat()
    except ValueError:
        return None
