"""Reports due or invited of all States: one row for each due day, and counts by report and year. Nobody is ranked."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select
from sqlmodel import Session, col

from registry.catalogue.acts import REPORT
from registry.catalogue.models import Participation
from registry.catalogue.reference import name_key
from registry.compliance.duties import rules
from registry.compliance.duties.reading import duties
from registry.compliance.duties.rules import AHEAD, MISSING, NOT_NOTED, Act, Due


@dataclass(frozen=True, slots=True)
class Owed:
    """A report that a State owes, owed or is invited to send. `ever`: one on the instrument is known, of any day."""

    state: str
    due: Due
    ever: bool


@dataclass
class Counted:
    """What became of one kind of report: year → status → States, and who is not known ever to have filed one."""

    years: dict[int, Counter[str]] = field(default_factory=dict)
    never: set[str] = field(default_factory=set)


def owed_by(session: Session, today: date, wanted: Collection[str], instrument: str | None = None) -> list[Owed]:
    """What these States (alpha-3) owe or are invited to send, by State's English name, then by report and day."""
    acts: dict[tuple[str, str], list[Act]] = {}
    rows = session.execute(
        select(  # type: ignore[call-overload]
            Participation.state, Participation.instrument, Participation.act, Participation.on
        ).where(col(Participation.state).in_(wanted))
    )
    for state, of, act, on in rows:
        acts.setdefault((state, of), []).append(Act(act, on))
    kinds = [duty for duty, _ in duties().values() if instrument in (None, duty.instrument)]
    return [
        Owed(state, due, any(act.act == REPORT for act in done))
        for state in sorted(wanted, key=name_key)
        for duty in kinds
        for done in [acts.get((state, duty.instrument), [])]
        for due in rules.dues(duty, done, today)
    ]


def count(rows: Iterable[Owed]) -> dict[str, Counted]:
    """Duty → what became of it."""
    found: dict[str, Counted] = {}
    for row in rows:
        counted = found.setdefault(row.due.duty, Counted())
        counted.years.setdefault(row.due.on.year, Counter())[row.due.status] += 1
        if row.due.status in (MISSING, NOT_NOTED) and not row.ever:
            counted.never.add(row.state)
    return found


def to_come(rows: Iterable[Owed]) -> dict[tuple[str, date], list[str]]:
    """(duty, day) → the States whose report is due or invited then, of days still to come."""
    found: dict[tuple[str, date], list[str]] = {}
    for row in rows:
        if row.due.status in AHEAD:
            found.setdefault((row.due.duty, row.due.on), []).append(row.state)
    return found
