"""What a State did towards an instrument, and since when that binds it. Pure: for reports due and offers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Protocol

SIGNATURE, REPORT = "signature", "report"
JOINING = ("ratification", "accession", "acceptance", "approval", "succession", "participation")
"""Acts by which a State becomes bound, or for an instrument that binds nobody takes part"""
LEAVING = ("withdrawal", "denunciation")
ACTS = (SIGNATURE, *JOINING, *LEAVING, REPORT)


class Dated(Protocol):
    """Whatever says which act and, where somebody noted it, on which day."""

    @property
    def act(self) -> str: ...

    @property
    def on(self) -> date | None: ...


@dataclass(frozen=True, slots=True)
class Period:
    """Days for which an instrument binds a State. `since` None: nobody noted when; `until` None: it still does."""

    since: date | None
    until: date | None = None

    def holds(self, on: date) -> bool:
        """Whether it does on a day; the day of leaving is the first on which it does not."""
        return (self.since is None or self.since <= on) and (self.until is None or on < self.until)


def periods(acts: Iterable[Dated]) -> list[Period]:
    """When the acts bind the State, the earliest first.

    A further act of joining changes nothing while the State is bound, one of leaving nothing while it is not; a joining
    without a day is read as the first thing known, a leaving without one as the last.
    """
    found: list[Period] = []
    for act in sorted((act for act in acts if act.act in JOINING or act.act in LEAVING), key=_order):
        bound = bool(found) and found[-1].until is None
        if act.act in LEAVING and bound:
            found[-1] = Period(found[-1].since, act.on or found[-1].since or date.min)
        elif act.act in JOINING and not bound:
            found.append(Period(act.on))
        elif act.act in JOINING and found[-1].since is None:
            found[-1] = Period(act.on)
    return found


def is_bound(acts: Iterable[Dated], on: date) -> bool:
    """Whether the State is bound, or takes part, on a day."""
    return any(period.holds(on) for period in periods(acts))


def _order(act: Dated) -> tuple[date, bool]:
    leaves = act.act in LEAVING
    return act.on or (date.max if leaves else date.min), leaves
