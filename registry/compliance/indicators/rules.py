"""What observations come to: values, totals of a period, completeness of breakdowns, progress to a target. Pure.

Numbers are exact. A share over nothing is not applicable, never zero. Parts are never added across two dimensions.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

PER = {"percent": 100, "rate_per_100k": 100_000}
"""Units of shares → what one stands for"""
ADDITIVE = frozenset({"count", "usd"})
"""Units whose parts add up to the whole"""
UNKNOWN = "unknown"
"""Group of those whose sex, age … nobody noted: counted in the whole, not in its completeness"""
ENOUGH = Fraction(9, 10)
"""Of the straight line's way: what has gone so far is on track"""


@dataclass(frozen=True, slots=True)
class Observed:
    """One observation as the rules see it. `groups`: dimension → group; none: the whole."""

    start: date
    end: date
    groups: Mapping[str, str] = field(default_factory=dict)
    value: Fraction | None = None
    numerator: Fraction | None = None
    denominator: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """One period: its whole, and how it came about. `value` None: a share over nothing, or not known."""

    start: date
    end: date
    value: Fraction | None
    not_applicable: bool = False
    summed_over: str | None = None
    """The dimension whose groups were added, where nobody stated the whole"""
    exceeding: tuple[str, ...] = ()
    """Dimensions whose groups come to more than the whole"""
    known: Mapping[str, Fraction] = field(default_factory=dict)
    """Dimension → share of the whole (0 … 1) whose group is known"""


def measured(observed: Observed, unit: str) -> Fraction | None:
    """An observation's value in the indicator's unit; None for a share over nothing."""
    if observed.numerator is None or observed.denominator is None:
        return observed.value
    if not observed.denominator:
        return None
    return observed.numerator / observed.denominator * PER.get(unit, 1)


def periods(observations: Iterable[Observed], unit: str, expected: Sequence[str]) -> list[Period]:
    """Every period that has observations, earliest end first. `expected`: dimensions that are to be broken down."""
    grouped: dict[tuple[date, date], list[Observed]] = {}
    for observed in observations:
        grouped.setdefault((observed.end, observed.start), []).append(observed)
    return [_period(grouped[key], unit, expected) for key in sorted(grouped)]


def _period(rows: Sequence[Observed], unit: str, expected: Sequence[str]) -> Period:
    whole = next((row for row in rows if not row.groups), None)
    dimensions = sorted({name for row in rows for name in row.groups})
    summed_over = None
    if whole is None:
        summed_over = next((name for name in (*expected, *dimensions) if _parts(rows, name)), None)
        whole = _added(_parts(rows, summed_over), unit) if summed_over else None
    start, end = rows[0].start, rows[0].end
    if whole is None:
        return Period(start, end, None)
    value = measured(whole, unit)
    size = _size(whole)
    known: dict[str, Fraction] = {}
    exceeding = []
    for name in dict.fromkeys((*expected, *dimensions)):
        parts = [(row.groups[name], _size(row)) for row in _parts(rows, name)]
        if not size or any(part is None for _, part in parts):
            continue
        if sum(part or 0 for _, part in parts) > size:
            exceeding.append(name)
        stated = sum((part or Fraction(0) for group, part in parts if group != UNKNOWN), Fraction(0))
        known[name] = min(Fraction(1), stated / size)
    return Period(start, end, value, _over_nothing(whole), summed_over, tuple(exceeding), known)


def _parts(rows: Iterable[Observed], name: str | None) -> list[Observed]:
    """The groups of one dimension: those of it alone, else those it has together with one fixed set of others."""
    having = [row for row in rows if name in row.groups]
    if not having:
        return []
    fewest = min(sorted(row.groups) for row in having if len(row.groups) == min(len(r.groups) for r in having))
    return [row for row in having if sorted(row.groups) == fewest]


def _added(parts: Sequence[Observed], unit: str) -> Observed | None:
    """The whole of a dimension's groups; None where they do not add up (days, rates without their numbers)."""
    first = parts[0]
    if all(part.numerator is not None and part.denominator is not None for part in parts):
        numerator = sum((part.numerator or Fraction(0) for part in parts), Fraction(0))
        denominator = sum((part.denominator or Fraction(0) for part in parts), Fraction(0))
        return Observed(first.start, first.end, {}, None, numerator, denominator)
    if unit in ADDITIVE and all(part.value is not None for part in parts):
        return Observed(first.start, first.end, {}, sum((part.value or Fraction(0) for part in parts), Fraction(0)))
    return None


def _size(row: Observed) -> Fraction | None:
    """How many the observation speaks of: what completeness is a share of."""
    return row.denominator if row.denominator is not None else row.value


def _over_nothing(row: Observed) -> bool:
    return row.denominator is not None and not row.denominator


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the latest value is on its way. `gone` and `due` are shares of the way from baseline to target."""

    status: str
    """`achieved`, `on_track`, `off_track`, `missed`; `no_target`, `no_data`, `not_applicable`"""
    latest: Period | None = None
    gone: Fraction | None = None
    due: Fraction | None = None
    expected: Fraction | None = None
    """The value of the straight line on the day the latest period ended"""


def progress(
    listed: Sequence[Period],
    baseline: tuple[Fraction, date] | None,
    target: tuple[Fraction, date] | None,
) -> Progress:
    """The rule: on track is who has gone at least nine tenths of what the straight line from the baseline to the
    target asks by the end of the latest period; achieved, who is at the target or beyond; missed, who is not in time.
    """
    latest = listed[-1] if listed else None
    if latest is None or (latest.value is None and not latest.not_applicable):
        return Progress("no_data", latest)
    if latest.value is None:
        return Progress("not_applicable", latest)
    if baseline is None or target is None:
        return Progress("no_target", latest)
    (begin, begun_on), (goal, goal_on) = baseline, target
    gone = (latest.value - begin) / (goal - begin)
    due = min(Fraction(1), max(Fraction(0), Fraction((latest.end - begun_on).days, (goal_on - begun_on).days)))
    expected = begin + (goal - begin) * due
    if gone >= 1:
        status = "achieved"
    elif latest.end >= goal_on:
        status = "missed"
    else:
        status = "on_track" if gone >= ENOUGH * due else "off_track"
    return Progress(status, latest, gone, due, expected)


def is_worse(baseline: Fraction, target: Fraction, direction: str) -> bool:
    """Whether a target asks for no improvement on its baseline. `direction`: `up` or `down`, which is better."""
    return target <= baseline if direction == "up" else target >= baseline


@dataclass(frozen=True, slots=True)
class StoreOrDestroy:
    """What keeping a surplus costs against destroying it, in US dollars."""

    storing_per_year: Fraction
    destroying: Fraction
    years_to_break_even: Fraction | None
    """After so many years storing has cost as much as destroying would; None: storing costs nothing"""
    storing_ten_years: Fraction


def store_or_destroy(storing_per_year: Fraction, destroying: Fraction) -> StoreOrDestroy:
    """Both costs are for the same surplus, none below 0, nothing discounted."""
    even = destroying / storing_per_year if storing_per_year else None
    return StoreOrDestroy(storing_per_year, destroying, even, storing_per_year * 10)
