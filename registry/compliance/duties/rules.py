"""When a State owes which report, and whether it came. Pure.

A report counts for the due day in whose time it was filed: between the due day before and this one it is in time; up to
LATE_MONTHS after a due day for which none came it is late. One report counts for one due day.
"""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

LATE_MONTHS = 6
"""After so long a report is taken for the next due day's"""
BACK_YEARS, AHEAD_YEARS = 4, 2
"""What a calendar shows around today"""
SUBMITTED, LATE, MISSING, DUE = STATUSES = ("submitted", "late", "missing", "due")
PARTY_ACTS = frozenset({"ratification", "accession", "acceptance", "approval", "succession", "participation"})


@dataclass(frozen=True, slots=True)
class Duty:
    """One kind of report. `who`: `all` States, or the instrument's `parties`."""

    id: str
    instrument: str
    who: str
    month: int = 12
    day: int = 31
    every_years: int | None = None
    """None: once"""
    even_years: bool = False
    once_months_after_entry: int | None = None
    in_force: date | None = None
    """Of the instrument"""
    entry_days: int = 0
    """From a State's act to the instrument's being in force for it"""


@dataclass(frozen=True, slots=True)
class Act:
    """What a State did towards an instrument; `on` None: nobody noted when."""

    act: str
    on: date | None


@dataclass(frozen=True, slots=True)
class Due:
    """A report that is due on a day. `filed`: when it came."""

    duty: str
    instrument: str
    on: date
    status: str
    filed: date | None = None


def dues(duty: Duty, acts: Sequence[Act], today: date) -> list[Due]:
    """What the State owes by this duty, from some years ago to some ahead, in the order of days."""
    days = _days(duty, acts, today)
    reports = sorted({act.on for act in acts if act.act == "report" and act.on is not None})
    found = []
    for place, day in enumerate(days):
        before = days[place - 1] if place else months_later(day, -12 * (duty.every_years or 100))
        filed = next((report for report in reports if before < report <= day), None)
        if filed is None:
            last = months_later(day, LATE_MONTHS) if duty.every_years else date.max
            filed = next((report for report in reports if day < report <= last), None)
        if filed is not None:
            reports = [report for report in reports if report != filed]
        found.append(Due(duty.id, duty.instrument, day, _status(day, filed, today), filed))
    return found


def _status(day: date, filed: date | None, today: date) -> str:
    if filed is not None:
        return SUBMITTED if filed <= day else LATE
    return DUE if day >= today else MISSING


def _days(duty: Duty, acts: Sequence[Act], today: date) -> list[date]:
    entered = entry(duty, acts) if duty.who == "parties" else None
    if duty.who == "parties" and entered is None:
        return []
    if duty.once_months_after_entry is not None:
        return [months_later(entered, duty.once_months_after_entry)] if entered else []
    years = range(today.year - BACK_YEARS, today.year + AHEAD_YEARS + 1)
    return [
        _day(year, duty.month, duty.day)
        for year in years
        if (not duty.even_years or year % 2 == 0)
        # The first report is on the first whole year in force, and due in the year after.
        and (entered is None or year >= entered.year + 2)
    ]


def entry(duty: Duty, acts: Sequence[Act]) -> date | None:
    """From when the instrument binds the State; None: it is no party, or nobody noted since when."""
    days = [act.on for act in acts if act.act in PARTY_ACTS and act.on is not None]
    if not days:
        return None
    entered = min(days) + timedelta(days=duty.entry_days)
    return max(entered, duty.in_force) if duty.in_force else entered


def months_later(day: date, months: int) -> date:
    """The same day so many months on; the month's last day where it has no such day."""
    months += day.year * 12 + day.month - 1
    return _day(months // 12, months % 12 + 1, day.day)


def _day(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))
