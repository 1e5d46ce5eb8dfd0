"""Several standards or States at once: by theme over what one State answered, by region over what States published.

Pure. Sums over exact fractions, so that neither order nor grouping matters. What several standards ask in the same
words (links that say `equal`) counts once: with the heaviest of its weights, from the lowest to the highest of its
answers. Of a region only median and range are said, and nothing below FEWEST States, so that nobody is singled out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import median

from registry.compliance import scoring
from registry.compliance.crosswalk import Link, Node
from registry.compliance.grouping import same

FEWEST = 5
"""States with a published assessment, below which nothing is said of a region"""


@dataclass(frozen=True, slots=True)
class Asked:
    """One clause that applies to the State. `fulfilment` None: it is not answered."""

    weight: Fraction
    fulfilment: Fraction | None
    themes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Rollup:
    """Fulfilment lies from `low` to `high`; of what is asked, `answered` are answered. None: nothing has weight."""

    low: Fraction | None
    high: Fraction | None
    asked: int
    answered: int

    @property
    def answered_share(self) -> Fraction | None:
        """Which part of what is asked is answered."""
        return Fraction(self.answered, self.asked) if self.asked else None


@dataclass(frozen=True, slots=True)
class Region:
    """What is said of the States of a region: how many, and (from FEWEST on) medians and range of their intervals."""

    states: int
    median_low: Fraction | None = None
    median_high: Fraction | None = None
    least: Fraction | None = None
    most: Fraction | None = None

    @property
    def suppressed(self) -> bool:
        """Whether there are too few States to say anything."""
        return self.states < FEWEST


def asked_of(assessed: scoring.Assessed, themes: Mapping[str, Iterable[str]]) -> dict[str, Asked]:
    """Clause → what it asks of the State, for scored clauses that apply (*not applicable* ones do not)."""
    found = {}
    for clause in scoring.clauses(assessed.scheme.parts):
        tally = scoring.tally_clause(assessed.scheme, clause, assessed.answers, assessed.facts)
        if tally.applicable:
            fulfilment = assessed.scheme.scale[assessed.answers[clause.id]] if tally.answered else None
            found[clause.id] = Asked(tally.weight, fulfilment, frozenset(themes.get(clause.id, ())))
    return found


def rolled_up(asked: Mapping[Node, Asked], links: Iterable[Link]) -> Rollup:
    """The interval over clauses of any standards, each thing that is asked counted once."""
    return _sum([_once([asked[node] for node in cluster]) for cluster in same(asked, links)])


def by_theme(asked: Mapping[Node, Asked], links: Iterable[Link]) -> dict[str, Rollup]:
    """Theme → interval over all that bears on it; what bears on several themes counts in each."""
    under: dict[str, list[tuple[Fraction, list[Fraction]]]] = {}
    for cluster in same(asked, links):
        members = [asked[node] for node in cluster]
        for theme in frozenset[str]().union(*(each.themes for each in members)):
            under.setdefault(theme, []).append(_once(members))
    return {theme: _sum(found) for theme, found in sorted(under.items())}


def of_region(intervals: Sequence[tuple[Fraction, Fraction]]) -> Region:
    """Of (low, high) of each State: medians, and the range from the lowest low to the highest high."""
    if len(intervals) < FEWEST:
        return Region(len(intervals))
    lows, highs = [low for low, _ in intervals], [high for _, high in intervals]
    return Region(len(intervals), median(lows), median(highs), min(lows), max(highs))


def _once(members: Sequence[Asked]) -> tuple[Fraction, list[Fraction]]:
    """(weight, the answers given) of clauses that ask the same: who answers one of them has answered."""
    return max(each.weight for each in members), [each.fulfilment for each in members if each.fulfilment is not None]


def _sum(found: Sequence[tuple[Fraction, list[Fraction]]]) -> Rollup:
    whole = sum((weight for weight, _ in found), Fraction(0))
    low = sum((weight * min(given) for weight, given in found if given), Fraction(0))
    high = sum((weight * (max(given) if given else 1) for weight, given in found), Fraction(0))
    answered = sum(bool(given) for _, given in found)
    return Rollup(low / whole if whole else None, high / whole if whole else None, len(found), answered)
