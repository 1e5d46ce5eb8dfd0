"""What matching knows of a need, an offer and the world around them: plain values, read from the tables by gather.py.

Amounts are US cents; None is unknown, which is never zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from registry.matching.embargoes.rules import Regimes, Release

DAYS_PER_MONTH = 30.4375
"""Of the average year of 365.25 days: months are counted by days, exactly and alike for all calendars."""


@dataclass(frozen=True, slots=True)
class Line:
    """One typed line of a need. `cents` None: no amount is stated, or it cannot be converted."""

    type: str
    cents: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a need asks of some types of assistance: the sum of known amounts, and how many lines say none."""

    cents: int
    lines: int
    unknown: int

    @property
    def whole(self) -> int | None:
        """The sum in cents; None where a line's amount is not known."""
        return self.cents if self.lines and not self.unknown else None


@dataclass(frozen=True, slots=True)
class NeedFacts:
    """A need. `regions`: M49 codes of all regions its State lies in, below the world."""

    id: int
    state: str
    regions: frozenset[str] = frozenset()
    themes: frozenset[str] = frozenset()
    lines: tuple[Line, ...] = ()
    window_start: date | None = None
    window_end: date | None = None
    status: str = "open"
    opened_on: date | None = None
    arms: frozenset[str] = frozenset()
    """Words of its text that name arms or military goods as something supplied (embargoes/arms_words.py)"""

    @property
    def types(self) -> frozenset[str]:
        return frozenset(line.type for line in self.lines)

    def asked(self, types: frozenset[str]) -> Asked:
        """The ask towards an offer of these types; of all lines, where none is of them."""
        lines = [line for line in self.lines if line.type in types] or self.lines
        known = [line.cents for line in lines if line.cents is not None]
        return Asked(sum(known), len(lines), len(lines) - len(known))


@dataclass(frozen=True, slots=True)
class OfferFacts:
    """An offer. No themes: all themes. No places: worldwide."""

    id: int
    organisation_id: int
    types: frozenset[str] = frozenset()
    themes: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    window_start: date | None = None
    window_end: date | None = None
    min_grant: int | None = None
    max_grant: int | None = None
    budget: int | None = None
    conditions: tuple[Mapping[str, Any], ...] = ()
    status: str = "open"
    arms: frozenset[str] = frozenset()
    """Likewise, of the offer's text"""

    @property
    def largest_grant(self) -> int | None:
        """Cents that one need can receive at most: the largest grant, and no more than there is."""
        return min((cents for cents in (self.max_grant, self.budget) if cents is not None), default=None)


@dataclass(frozen=True, slots=True)
class Act:
    """A State's act towards an instrument, as the participation table has it."""

    act: str
    on: date | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Screening:
    """What stands against pairs from outside: embargoes with their exemptions, and listed partners."""

    regimes: Regimes = field(default_factory=Regimes)
    released: Mapping[tuple[int, int, str], Release] = field(default_factory=dict)
    """(need, offer, regime) → what a confirmed checklist lets through"""
    partners: Mapping[int, str] = field(default_factory=dict)
    """Organisation → `listed`, or `undecided` while its name is like a listed party's and nobody has said more"""


@dataclass(frozen=True, slots=True)
class Context:
    """The world around a pair: the day, what States did towards instruments by (State, instrument), screening."""

    today: date
    participation: Mapping[tuple[str, str], tuple[Act, ...]] = field(default_factory=dict)
    screening: Screening = field(default_factory=Screening)
    answered: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """(State, standard) → clauses that its latest published assessment answers"""


@dataclass(frozen=True, slots=True)
class Overlap:
    """Days that both windows share (below zero: days between them). `certain`: all four ends are known.

    Where an end is not known, `days` is the most there can be; None: without bound.
    """

    days: int | None
    certain: bool

    @property
    def months(self) -> float | None:
        return None if self.days is None else self.days / DAYS_PER_MONTH


def overlap(need: NeedFacts, offer: OfferFacts) -> Overlap:
    """How long the windows of both run together."""
    ends = [end for end in (need.window_end, offer.window_end) if end]
    starts = [start for start in (need.window_start, offer.window_start) if start]
    days = (min(ends) - max(starts)).days if ends and starts else None
    return Overlap(days, len(ends) == len(starts) == 2)


def reach(need: NeedFacts, offer: OfferFacts) -> str | None:
    """How the offer reaches the need's State: `list` (named), `region`, `world`; None: not at all."""
    if not offer.places:
        return "world"
    if need.state in offer.places:
        return "list"
    return "region" if need.regions & offer.places else None
