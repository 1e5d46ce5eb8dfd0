"""Which regimes stand against assistance to a State, and what of it they stand against. Pure.

The rule, plainly: a pair carries a flow (arms, technical assistance, training, financing) where a type of assistance
that both sides share meets a theme that both share and the file's table says so. Advice on legislation, records or
marking carries none and is never stopped here. A pair that names no theme carries whatever its types can carry: what
is not known does not pass an embargo. A regime in force in the State stands against the flows that it covers and that
no exemption lets through by itself.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

MEASURES = ("arms", "technical_assistance", "training", "financing", "brokering")
SCOPES = ("territory", "part", "actors")
EXEMPTION_KINDS = ("none_needed", "notification", "approval")
ITEMS = (
    "supplier", "end_user", "goods", "purpose", "delivery_date", "entry_point", "carrier", "itinerary", "broker",
    "assurance", "notified_on", "approval",
)  # fmt: skip
"""What a checklist can ask for, in the order in which it is filled in"""


@dataclass(frozen=True, slots=True)
class Exemption:
    """One way in which a regime lets flows through. No items: by itself, for what the State asks for."""

    id: str
    kind: str
    name: Mapping[str, str] = field(hash=False)
    measures: frozenset[str]
    items: tuple[str, ...]
    source: str
    days_before: int | None = None
    """Days that lie between notice and delivery"""


@dataclass(frozen=True, slots=True)
class Monitor:
    """A body that watches how a regime is kept. `until`: the first day on which its mandate no longer ran."""

    kind: str
    name: str
    source: str
    checked: bool
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Regime:
    """One embargo. `until`: the first day on which it no longer holds."""

    id: str
    name: Mapping[str, str] = field(hash=False)
    body: str
    states: frozenset[str]
    scope: str
    measures: frozenset[str]
    resolution: str
    since: date
    source: Mapping[str, str] = field(hash=False)
    checked: bool
    until: date | None = None
    changed_by: tuple[str, ...] = ()
    committee: str = ""
    place: str = ""
    actors: str = ""
    note: str = ""
    disputed: bool = False
    exemptions: tuple[Exemption, ...] = ()
    monitoring: tuple[Monitor, ...] = ()
    """None: no such body is known here"""

    def holds_on(self, day: date) -> bool:
        """Whether it is in force on that day."""
        return self.since <= day and (self.until is None or day < self.until)

    def exemption(self, exemption_id: str) -> Exemption | None:
        """One of its exemptions by id."""
        return next((each for each in self.exemptions if each.id == exemption_id), None)

    def ways(self, measures: Collection[str]) -> tuple[Exemption, ...]:
        """The exemptions with a checklist that let all of these flows through."""
        return tuple(each for each in self.exemptions if each.items and each.measures.issuperset(measures))


@dataclass(frozen=True, slots=True)
class Carries:
    """One line of the table: these types in these themes carry this flow."""

    types: frozenset[str]
    themes: frozenset[str]
    measure: str


@dataclass(frozen=True, slots=True)
class Regimes:
    """One version of the file."""

    version: str = "0"
    dated: date | None = None
    sha256: str = ""
    assistance: tuple[Carries, ...] = ()
    regimes: tuple[Regime, ...] = ()
    states: frozenset[str] = frozenset()
    """Of all regimes, lapsed ones too: most pairs have to do with none of them"""

    def get(self, regime_id: str) -> Regime | None:
        """A regime by id, lapsed ones too."""
        return next((each for each in self.regimes if each.id == regime_id), None)


@dataclass(frozen=True, slots=True)
class Stop:
    """A regime that stands against some flows of a pair. No ways: nothing lets them through."""

    regime: Regime
    measures: frozenset[str]
    ways: tuple[Exemption, ...]


def flows(
    assistance: Iterable[Carries], types: Collection[str], themes: Collection[str]
) -> frozenset[str]:  # fmt: skip
    """What assistance of these types in these themes carries; no themes: whatever the types can carry."""
    return frozenset(
        line.measure
        for line in assistance
        if not line.types.isdisjoint(types) and (not themes or not line.themes.isdisjoint(themes))
    )


def stops(file: Regimes, state: str, carried: frozenset[str], today: date) -> Iterator[Stop]:
    """The regimes that stand against flows to a State, in the file's order."""
    if not carried or state not in file.states:
        return
    for regime in file.regimes:
        if state not in regime.states or not regime.holds_on(today):
            continue
        free = frozenset().union(*(each.measures for each in regime.exemptions if not each.items))
        if stopped := (carried & regime.measures) - free:
            yield Stop(regime, stopped, regime.ways(stopped))
