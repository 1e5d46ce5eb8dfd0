"""What cannot be, and what is only odd, among a State's acts towards one instrument. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from registry.catalogue.acts import JOINING, LEAVING, SIGNATURE, Dated
from registry.errors import N_

TREATIES = frozenset({"treaty", "regional_treaty"})
"""Types of instruments that States sign and join; all others they take part in"""
Fault = tuple[str, str]
"""(field, message)"""


@dataclass(frozen=True, slots=True)
class Act:
    """An act as it would stand."""

    act: str
    on: date | None


def faults(new: Dated, others: Sequence[Dated], type_: str | None, adopted: date | None, today: date) -> list[Fault]:
    """Why an act cannot be. `others`: the State's other acts towards the instrument; `type_` None: not known here."""
    found: list[Fault] = []
    if type_ is not None and type_ not in TREATIES and new.act in (SIGNATURE, *JOINING) and new.act != "participation":
        found.append(("act", N_("Nobody signs or ratifies this instrument: choose “Takes part” or “Report filed”.")))
    if new.on is None:
        if new.act != "participation":
            found.append(("on", N_("This is needed.")))
        return found
    if new.on > today:
        found.append(("on", N_("This day has not come yet.")))
    if adopted is not None and new.on < adopted:
        found.append(("on", N_("The instrument was not adopted yet on this day.")))
    if new.act in LEAVING and not _joined_before(new, others):
        found.append(("act", N_("Nothing says that the State joined before this day: enter that first.")))
    return found


def orphans(others: Sequence[Dated]) -> bool:
    """Whether one of the acts leaves what no other act joined: what would be so if an act were taken out."""
    return any(act.act in LEAVING and not _joined_before(act, others) for act in others)


def warnings(new: Dated, others: Sequence[Dated]) -> list[str]:
    """What is odd about an act but may be so."""
    found: list[str] = []
    signed = [act.on for act in others if act.act == SIGNATURE and act.on is not None]
    joined = [act.on for act in others if act.act in JOINING]
    left = [act.on for act in others if act.act in LEAVING and act.on is not None]
    if new.on is not None and new.act in JOINING and any(new.on < day for day in signed):
        found.append(N_("The State would have joined before it signed: compare both days with their sources."))
    if new.on is not None and new.act == SIGNATURE and any(day is not None and day < new.on for day in joined):
        found.append(N_("The State would have joined before it signed: compare both days with their sources."))
    if new.act in JOINING and joined and not left:
        found.append(N_("Another act by which the State joined stands here already; the earlier day counts."))
    return found


def _joined_before(leaving: Dated, others: Sequence[Dated]) -> bool:
    return any(
        act.act in JOINING and (act.on is None or (leaving.on is not None and act.on <= leaving.on)) for act in others
    )


def day_of(text: str | None) -> date | None:
    """A day, or the first day of the month or year that a text names (`2023-12`); None for anything else."""
    parts = (text or "").split("-")
    if not 1 <= len(parts) <= 3 or not all(part.isdecimal() for part in parts):
        return None
    year, month, day = (*map(int, parts), 1, 1)[:3]
    return date(year, month, day)
