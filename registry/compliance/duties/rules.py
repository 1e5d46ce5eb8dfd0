"""When a State owes a report or is invited to send one, and whether it came. Pure.

A report counts for the due day in whose time it was filed: between the due day before and this one it is in time; up to
LATE_MONTHS after a due day for which none came it is late. One report counts for one due day. A report that a State is
only invited to send is never due, late or missing: it was sent, it is invited, or none is noted here.
"""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from registry.catalogue.acts import REPORT, Period, periods

LATE_MONTHS = 6
"""After so long a report is taken for the next due day's"""
BACK_YEARS, AHEAD_YEARS = 4, 2
"""What a calendar shows around today"""
SUBMITTED, LATE, MISSING, DUE = BOUND = ("submitted", "late", "missing", "due")
SENT, NOT_NOTED, INVITED = VOLUNTARY = ("sent", "not_noted", "invited")
"""What becomes of a report that is owed, and of one that is invited"""
STATUSES = BOUND + VOLUNTARY
AHEAD, OPEN = (DUE, INVITED), (DUE, MISSING, INVITED, NOT_NOTED)
"""Whose day is still to come; for which no report is known"""


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
    invited: bool = False
    """States are invited to report; nothing obliges them"""

    @property
    def statuses(self) -> tuple[str, ...]:
        """What can become of this report."""
        return VOLUNTARY if self.invited else BOUND


@dataclass(frozen=True, slots=True)
class Act:
    """What a State did towards an instrument; `on` None: nobody noted when."""

    act: str
    on: date | None


@dataclass(frozen=True, slots=True)
class Due:
    """A report that is due, or invited, by a day. `filed`: when it came."""

    duty: str
    instrument: str
    on: date
    status: str
    filed: date | None = None


def dues(duty: Duty, acts: Sequence[Act], today: date) -> list[Due]:
    """What the State owes, or is invited to send, from some years ago to some ahead, in the order of days."""
    days = _days(duty, acts, today)
    reports = sorted({act.on for act in acts if act.act == REPORT and act.on is not None})
    found = []
    for place, day in enumerate(days):
        before = days[place - 1] if place else months_later(day, -12 * (duty.every_years or 100))
        filed = next((report for report in reports if before < report <= day), None)
        if filed is None:
            last = months_later(day, LATE_MONTHS) if duty.every_years else date.max
            filed = next((report for report in reports if day < report <= last), None)
        if filed is not None:
            reports = [report for report in reports if report != filed]
        found.append(Due(duty.id, duty.instrument, day, _status(duty, day, filed, today), filed))
    return found


def _status(duty: Duty, day: date, filed: date | None, today: date) -> str:
    if duty.invited:
        return SENT if filed is not None else INVITED if day >= today else NOT_NOTED
    if filed is not None:
        return SUBMITTED if filed <= day else LATE
    return DUE if day >= today else MISSING


def _days(duty: Duty, acts: Sequence[Act], today: date) -> list[date]:
    bound = memberships(duty, acts) if duty.who == "parties" else [Period(None)]
    days = {
        day for period in bound for day in _days_of(duty, period, today) if period.until is None or day < period.until
    }
    return sorted(days)


def _days_of(duty: Duty, bound: Period, today: date) -> list[date]:
    if duty.once_months_after_entry is not None:
        return [months_later(bound.since, duty.once_months_after_entry)] if bound.since else []
    years = range(today.year - BACK_YEARS, today.year + AHEAD_YEARS + 1)
    return [
        _day(year, duty.month, duty.day)
        for year in years
        if (not duty.even_years or year % 2 == 0)
        # The first report is on the first whole year in force, and due in the year after.
        and (bound.since is None or year >= bound.since.year + 2)
    ]


def memberships(duty: Duty, acts: Sequence[Act]) -> list[Period]:
    """For which days the instrument binds the State; none where it is no party, or nobody noted since when."""
    found = []
    for period in periods(acts):
        if period.since is not None:
            entered = period.since + timedelta(days=duty.entry_days)
            found.append(Period(max(entered, duty.in_force) if duty.in_force else entered, period.until))
    return found


def months_later(day: date, months: int) -> date:
    """The same day so many months on; the month's last day where it has no such day."""
    months += day.year * 12 + day.month - 1
    return _day(months // 12, months % 12 + 1, day.day)


def _day(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))
