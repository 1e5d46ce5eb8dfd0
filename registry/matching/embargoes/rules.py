"""Which regimes stand against assistance to a State, and what of it they stand against. Pure.

The rule, plainly: a pair carries a flow (arms, technical assistance, training, financing) where a type of assistance
that both sides share meets a theme and the file's table says so. What the themes that both share say is sure. What only
another theme of the need says, or a text that names arms as something supplied, is not sure: it does not pass an
embargo, but a person can find that nothing covered is supplied. A pair that names no theme carries whatever its types
can carry: what is not known does not pass an embargo. Advice on legislation, records or marking carries none. A regime
in force in the State stands against the flows that it covers and that no exemption lets through by itself.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

MEASURES = ("arms", "technical_assistance", "training", "financing", "brokering")
SCOPES = ("territory", "part", "actors")
EXEMPTION_KINDS = ("standing", "notification", "approval")
"""Nobody is asked; the committee is told in advance; the committee approves in advance"""
FINDING = "finding"
"""Kind of the checklist by which a person finds that nothing covered is supplied"""
ITEMS = (
    "supplier", "end_user", "goods", "purpose", "delivery_date", "entry_point", "carrier", "itinerary", "broker",
    "assurance", "notified_on", "approval", "approved_on", "ground", "document",
)  # fmt: skip
"""What a checklist can ask for, in the order in which it is filled in"""


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether a page that says so was read. `left`: what it does not say; `tried`: what was searched in vain."""

    checked: bool
    on: date
    page: str = ""
    url: str = ""
    left: str = ""
    tried: str = ""


@dataclass(frozen=True, slots=True)
class Renewal:
    """The last renewal that was found. `runs_to`: the last day for which it renewed."""

    by: str
    runs_to: date
    proof: Proof


@dataclass(frozen=True, slots=True)
class Exemption:
    """One way in which a regime lets flows through. No items: by itself, for what the State asks for."""

    id: str
    kind: str
    name: Mapping[str, str] = field(hash=False)
    measures: frozenset[str]
    items: tuple[str, ...]
    source: str
    goods: str = "all"
    recipient: str = "any"
    days_before: int | None = None
    """Days that lie between notice and delivery"""
    proof: Proof | None = None
    """None: our own finding, which no resolution gives"""


@dataclass(frozen=True, slots=True)
class Monitor:
    """A body that watches how a regime is kept. `until`: the first day on which its mandate no longer ran."""

    kind: str
    name: str
    source: str
    proof: Proof
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
    proof: Proof
    until: date | None = None
    renewal: Renewal | None = None
    covers: str = ""
    """Only these goods: what a pair carries is never sure then"""
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

    def verified_on(self, day: date) -> bool:
        """Whether its sources were read, and the renewal that was found still ran on that day."""
        if self.renewal is None:
            return self.proof.checked
        renewal = self.renewal
        return self.proof.checked and renewal.proof.checked and day <= renewal.runs_to

    def facts(self) -> Iterator[tuple[str, Proof]]:
        """What it states, with the proof of each: itself, its renewal, exemptions and monitoring bodies."""
        yield self.resolution, self.proof
        if self.renewal is not None:
            yield self.renewal.by, self.renewal.proof
        for body in self.monitoring:
            yield body.name, body.proof
        for exemption in self.exemptions:
            if exemption.proof is not None:
                yield exemption.source, exemption.proof

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
    goods: bool = False
    """Types that can carry goods: all themes of the need say what they carry, not those alone that both sides share"""


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
    finding: Exemption | None = None
    """The checklist by which a person finds that a pair of which it is not sure carries nothing covered"""

    def get(self, regime_id: str) -> Regime | None:
        """A regime by id, lapsed ones too."""
        return next((each for each in self.regimes if each.id == regime_id), None)

    def in_force(self, state: str, today: date) -> bool:
        """Whether a regime applies in the State on that day."""
        return any(state in each.states and each.holds_on(today) for each in self.regimes)


@dataclass(frozen=True, slots=True)
class Load:
    """What a pair would carry, and by what that was judged."""

    sure: frozenset[str] = frozenset()
    """Flows of the themes that both sides share"""
    possible: frozenset[str] = frozenset()
    """Further flows, of the need's other themes or of what a text names"""
    types: frozenset[str] = frozenset()
    themes: frozenset[str] = frozenset()
    other_themes: frozenset[str] = frozenset()
    """Themes by which something is possible that is not sure"""
    words: frozenset[str] = frozenset()
    """Words of either side's text that name arms as something supplied"""

    @property
    def measures(self) -> frozenset[str]:
        return self.sure | self.possible


@dataclass(frozen=True, slots=True)
class Release:
    """What a confirmed checklist lets through, and what of the pair was judged when it was confirmed."""

    measures: frozenset[str]
    types: frozenset[str]
    themes: frozenset[str]
    words: frozenset[str]
    finding: bool = False
    """A person found that nothing covered is supplied: it answers what is possible, never what is sure"""

    def covers(self, load: Load) -> bool:
        """Whether the pair is still what was judged: nothing has come that could carry more."""
        return load.types <= self.types and load.themes <= self.themes and load.words <= self.words

    def lets_through(self, load: Load, *, sure: bool = True) -> frozenset[str]:
        """The flows of the pair that it answers. `sure`: false where the regime covers certain goods only."""
        if not self.covers(load):
            return frozenset()
        if not self.finding:
            return self.measures
        return load.possible if sure else load.measures


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
