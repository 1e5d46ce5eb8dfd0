"""What an answer to one standard says about clauses of others: intervals along links, never counted alone. Pure.

A link says how what one clause asks relates to what the other asks: the same, more (superset_of), less (subset_of), or
only something in common, from which nothing follows. Only what follows for certain is said: who does more does the
less; who does not do all of the less cannot do all of the more.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

EQUAL, SUBSET, SUPERSET, INTERSECTS = "equal", "subset_of", "superset_of", "intersects"
INVERSE = {EQUAL: EQUAL, SUBSET: SUPERSET, SUPERSET: SUBSET, INTERSECTS: INTERSECTS}
LONGEST = 3
"""Links in a row: behind more of them people no longer follow"""

Node = tuple[str, str]
"""(standard, clause)"""


@dataclass(frozen=True, slots=True)
class Link:
    """`source` asks … `target`: the relation, how strong it is (0 … 10), and why."""

    source: Node
    target: Node
    relation: str
    strength: int | None = None
    note: str = ""

    def turned(self) -> "Link":
        """The same link, read from its other end."""
        return Link(self.target, self.source, INVERSE[self.relation], self.strength, self.note)


@dataclass(frozen=True, slots=True)
class Inference:
    """What one answered clause says about another: fulfilment lies from `low` to `high`; `below`: short of `high`."""

    source: Node
    low: Fraction
    high: Fraction
    below: bool
    path: tuple[Link, ...]

    @property
    def weakest(self) -> int | None:
        """The strength of the weakest link; None where one has none."""
        strengths = [link.strength for link in self.path]
        return None if None in strengths else min(strength for strength in strengths if strength is not None)

    def allows(self, fulfilment: Fraction) -> bool:
        """Whether an answer of this fulfilment agrees with it."""
        return self.low <= fulfilment and (fulfilment < self.high if self.below else fulfilment <= self.high)


def compose(first: str, second: str) -> str | None:
    """The relation of two links in a row; None: nothing follows."""
    if first == EQUAL:
        return None if second == INTERSECTS else second
    if second in (EQUAL, first) and first in (SUBSET, SUPERSET):
        return first
    return None


def infer(relation: str, fulfilment: Fraction) -> tuple[Fraction, Fraction, bool] | None:
    """(low, high, whether short of high) of the other clause; None: nothing follows."""
    whole = fulfilment == 1
    if relation == EQUAL:
        return fulfilment, fulfilment, False
    if relation == SUPERSET and whole:
        return Fraction(1), Fraction(1), False
    if relation == SUBSET and not whole:
        return Fraction(0), Fraction(1), True
    return None


def inferences(
    target: Node, answered: Mapping[Node, Fraction], links: Mapping[Node, Sequence[Link]]
) -> list[Inference]:
    """What the answered clauses say about `target`, each by its shortest path (then the strongest); best first."""
    best: dict[Node, Inference] = {}
    # Walked backwards from the target, so that each path is a chain source → … → target.
    ways: list[tuple[Node, str, tuple[Link, ...]]] = [(target, EQUAL, ())]
    for _ in range(LONGEST):
        longer = []
        for node, relation, path in ways:
            for link in links.get(node, ()):
                step = link.turned()
                whole = compose(step.relation, relation)
                if whole is None or step.source == target or any(step.source == done.source for done in path):
                    continue
                longer.append((step.source, whole, (step, *path)))
        for source, relation, path in longer:
            said = infer(relation, answered[source]) if source in answered else None
            if said is not None:
                found = Inference(source, *said, path)
                if source not in best or _rank(found) < _rank(best[source]):
                    best[source] = found
        ways = longer
    return sorted(best.values(), key=_rank)


def _rank(found: Inference) -> tuple[int, int, Fraction, Node]:
    return len(found.path), -(found.weakest or 0), found.high - found.low, found.source


def linked(links: Iterable[Link]) -> dict[Node, list[Link]]:
    """Node → links that begin there; each link can be walked from both ends."""
    found: dict[Node, list[Link]] = {}
    for link in links:
        for each in (link, link.turned()):
            found.setdefault(each.source, []).append(each)
    return found


def agreeing(inferred: Sequence[Inference], scale: Mapping[str, Fraction | None]) -> list[str]:
    """Codes of the scale that agree with all that is inferred; none: the answers contradict one another."""
    return [
        code
        for code, fulfilment in scale.items()
        if fulfilment is not None and all(each.allows(fulfilment) for each in inferred)
    ]
