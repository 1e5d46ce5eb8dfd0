"""Money: integers in a currency's minor unit, converted at the average rate of a day's year.

Amounts of two currencies are never compared or added as numbers: `Money` refuses it; a `DatedRate` makes them one.
Rates are our own small table (data/rates.csv) with source and check mark; what cannot be converted stays unknown.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from functools import cache, total_ordering

from registry.catalogue.reference import read_table

NEAREST_YEARS = 2
"""A year without a rate takes that of the nearest year at most this far away: budgets lie in years still to come."""


@dataclass(frozen=True, slots=True)
class Converted:
    """An amount in US cents and the rate used: `rate` dollars per unit, the average of `rate_date`'s year."""

    cents: int
    rate: Decimal
    rate_date: str
    source: str
    checked: bool


@dataclass(frozen=True, slots=True)
class Rate:
    """Dollars per unit of a currency, average over one year."""

    usd_per_unit: Decimal
    year: int
    source: str
    checked: bool


class DifferentCurrencies(TypeError):
    """Amounts of two currencies were to be compared or added without a rate: an error of the program."""


@dataclass(frozen=True, slots=True)
class DatedRate:
    """What one whole unit of the currency `of` is worth in the currency `into`, by the average of a year.

    `on`: the last day of that year. Both currencies the same: 1.
    """

    of: str
    into: str
    factor: Decimal
    on: date
    source: str
    checked: bool


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units; currency None: not said. Two of one currency are added, subtracted and compared."""

    amount: int
    currency: str | None

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount - self._same(other), self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.amount < self._same(other)

    def _same(self, other: "Money") -> int:
        if self.currency is None or self.currency != other.currency:
            raise DifferentCurrencies(f"{self.currency} and {other.currency} are joined by a dated rate only")
        return other.amount

    def at(self, rate: DatedRate) -> "Money":
        """The same in another currency, half to even. Raises DifferentCurrencies where the rate is not from ours."""
        if self.currency != rate.of:
            raise DifferentCurrencies(f"a rate from {rate.of} does not convert {self.currency}")
        return Money(to_minor(to_decimal(self.amount, rate.of) * rate.factor, rate.into), rate.into)

    def most_at(self, rate: DatedRate) -> "Money":
        """The largest amount of the currency `rate.of` that is worth no more than this amount of `rate.into`."""
        if self.currency != rate.into:
            raise DifferentCurrencies(f"a rate into {rate.into} does not bound {self.currency}")
        # An amount that is rounded down to this one is worth no more: begin half a minor unit above.
        exact = (Decimal(self.amount) + Decimal("0.5")).scaleb(-minor_units(rate.into)) / rate.factor
        found = int(exact.scaleb(minor_units(rate.of)).to_integral_value(ROUND_FLOOR))
        while Money(found, rate.of).at(rate) > self:
            found -= 1
        return Money(found, rate.of)

    def __str__(self) -> str:
        return format_money(self.amount, self.currency)


@cache
def currencies() -> dict[str, tuple[int, str]]:
    """ISO 4217 code → (digits after the point, English name)."""
    return {row["code"]: (int(row["digits"]), row["name"]) for row in read_table("currencies.csv")}


@cache
def _rates() -> dict[str, dict[int, Rate]]:
    found: dict[str, dict[int, Rate]] = {}
    for row in read_table("rates.csv"):
        rate = Rate(
            Decimal(row["usd_per_unit"]),
            int(row["year"]),
            row["source"],
            row["checked"].strip().lower() in ("1", "true", "yes"),
        )
        found.setdefault(row["currency"], {})[rate.year] = rate
    return found


def minor_units(currency: str | None) -> int:
    """Digits after the point; two where the currency is not known."""
    return currencies().get(currency or "", (2, ""))[0]


def to_minor(amount: Decimal, currency: str | None) -> int:
    """An amount in whole units → minor units, half to even."""
    return int(amount.scaleb(minor_units(currency)).to_integral_value(ROUND_HALF_EVEN))


def to_decimal(amount_minor: int, currency: str | None) -> Decimal:
    """Minor units → an amount in whole units, with the currency's digits."""
    return Decimal(amount_minor).scaleb(-minor_units(currency))


@cache
def rate_of(currency: str, year: int | None) -> Rate | None:
    """The rate of a currency in a year, or of the nearest year within reach; None where there is none."""
    if currency == "USD":
        return Rate(Decimal(1), year or 0, "US dollar", True)
    if year is None:
        return None
    years = _rates().get(currency, {})
    nearest = min(years, key=lambda known: (abs(known - year), known), default=None)
    return years[nearest] if nearest is not None and abs(nearest - year) <= NEAREST_YEARS else None


_TWELVE_DIGITS = Context(prec=12)
"""So many are stored with a commitment: its value can be worked out again from what is stored"""


def rate_between(of: str, into: str, on: date) -> DatedRate | None:
    """The rate between two currencies on a day; None where the table has none near that year."""
    if of == into:
        return DatedRate(of, into, Decimal(1), on, "", True)
    one, other = rate_of(of, on.year), rate_of(into, on.year)
    if one is None or other is None:
        return None
    # Dollars have a rate in every year: the other currency's says of which year the pair is.
    both = [rate for code, rate in ((of, one), (into, other)) if code != "USD"]
    factor = _TWELVE_DIGITS.divide(one.usd_per_unit, other.usd_per_unit)
    sources = "; ".join(dict.fromkeys(rate.source for rate in both))
    day = date(min(rate.year for rate in both), 12, 31)
    return DatedRate(of, into, factor, day, sources, all(rate.checked for rate in both))


def usd_cents(amount_minor: int, currency: str | None, on: str | date | None) -> Converted | None:
    """US cents of an amount at its value date; None where currency, date (but for dollars) or rate is not known."""
    if not currency:
        return None
    year = on.year if isinstance(on, date) else int(on[:4]) if on else None
    known = _factor(currency, year)
    if known is None:
        return None
    factor, rate = known
    cents = int((Decimal(amount_minor) * factor).to_integral_value(ROUND_HALF_EVEN))
    return Converted(cents, rate.usd_per_unit, f"{rate.year}-12-31" if rate.year else "", rate.source, rate.checked)


@cache
def _factor(currency: str, year: int | None) -> tuple[Decimal, Rate] | None:
    """What to multiply minor units by to have US cents."""
    rate = rate_of(currency, year)
    return None if rate is None else (rate.usd_per_unit.scaleb(2 - minor_units(currency)), rate)


_SYMBOLS = {"US$": "USD", "€": "EUR", "£": "GBP", "C$": "CAD", "A$": "AUD", "₽": "RUB", "₹": "INR"}
_SCALES = {"k": 3, "thousand": 3, "m": 6, "mn": 6, "million": 6, "bn": 9, "billion": 9}
_MONEY = re.compile(
    r"""^(?P<before>[A-Z]{3}\b|US\$|C\$|A\$|[€£₽₹])?\s*\$?\s*
        (?P<sign>[-−])?\s*(?P<number>\d[\d.,'’\s٫٬]*?)\s*(?P<scale>k|thousand|m|mn|million|bn|billion)?\s*
        (?P<after>[A-Z]{3}|US\$|[€£₽₹$])?$""",
    re.VERBOSE | re.IGNORECASE,
)


def parse_money(text: str, currency: str | None = None, decimal: str | None = None) -> Money:
    """Money as people write it: `USD $91,501.05`, `99 958 €`, `EUR 5.56 m`. `currency` stands in where none is written.

    `decimal`: the decimal mark, where it is known; the other one then separates thousands. Raises ValueError, with a
    message for a person, where it is not an amount or could be read in two ways.
    """
    text = "".join(
        str(unicodedata.decimal(c)) if c.isdecimal() else c for c in unicodedata.normalize("NFKC", text).strip()
    )
    found = _MONEY.match(text)
    if not found:
        raise ValueError("This is not an amount of money.")
    written = {_code(mark) for mark in (found["before"], found["after"]) if mark and mark != "$"}
    if len(written) > 1:
        raise ValueError("Two currencies are named.")
    currency = written.pop() if written else currency
    if currency and currency not in currencies():
        raise ValueError("This currency is not known.")
    number = _number(found["number"], minor_units(currency), decimal)
    if found["sign"]:
        number = -number
    exact = number.scaleb(_SCALES.get((found["scale"] or "").lower(), 0))
    return Money(to_minor(exact, currency), currency)


def _code(mark: str) -> str:
    return _SYMBOLS.get(mark.upper(), mark.upper())


def _number(written: str, digits: int, decimal_mark: str | None) -> Decimal:
    """Digits with thousands and decimal marks of any custom → a number; the last mark decides, doubt is an error."""
    written = re.sub(r"[\s'’٬]", "", written).replace("٫", decimal_mark or ".")
    if decimal_mark:
        whole_part, _, rest = written.partition(decimal_mark)
        if "," in rest or "." in rest:
            raise ValueError("This is not an amount of money.")
        return Decimal(f"{_joined(whole_part.split(',' if decimal_mark == '.' else '.'))}.{rest or '0'}")
    commas, points = written.count(","), written.count(".")
    if commas and points:
        decimal = max(written.rfind(","), written.rfind("."))
        thousands = "," if written[decimal] == "." else "."
        if written.count(written[decimal]) > 1:
            raise ValueError("This is not an amount of money.")
        whole = written[:decimal].split(thousands)
        return Decimal(_joined(whole) + "." + (written[decimal + 1 :] or "0"))
    if commas + points == 0:
        return Decimal(written)
    mark = "," if commas else "."
    parts = written.split(mark)
    if len(parts) > 2:
        return Decimal(_joined(parts))
    whole_part, rest = parts
    if len(rest) == 3 and len(whole_part) <= 3 and whole_part != "0" and digits != 3:
        if mark == ".":
            raise ValueError("This can be read in two ways: write thousands without a point, or two decimals.")
        return Decimal(whole_part + rest)
    return Decimal(f"{whole_part}.{rest or '0'}")


def _joined(groups: list[str]) -> str:
    if not all(len(group) == 3 for group in groups[1:]):
        raise ValueError("This is not an amount of money.")
    return "".join(groups)


def format_money(amount_minor: int, currency: str | None) -> str:
    """Money in plain English digits: `USD 91,501.05`; whole amounts without decimals. Pages use the reader's locale."""
    exact = to_decimal(amount_minor, currency)
    shown = f"{exact:,.0f}" if exact == exact.to_integral_value() else f"{exact:,}"
    return f"{currency} {shown}" if currency else shown
