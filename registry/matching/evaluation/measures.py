"""How high a ranking puts what was funded: hits among the first, reciprocal rank, misranked pairs. Pure.

Ties are not broken by luck: a measure is its expected value over all orders of those that score the same. So a ranking
that says nothing gets exactly what drawing at random would get on average.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

CUTS = (1, 5, 10)
Candidate = tuple[float, bool]
"""(score, was it funded by this one)"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One need's measures. `hits`: by CUTS, the chance that a funder stands among the first so many.

    `wrong` of `pairs` (a funder, another candidate) stand the wrong way round; a tie counts one half.
    """

    hits: tuple[float, ...]
    reciprocal: float
    wrong: float
    pairs: int


def measure(candidates: Sequence[Candidate]) -> Measured:
    """The measures of one need's ranking. Without a funder among the candidates: no hit, and no pair to compare."""
    funders = sorted((score for score, funded in candidates if funded), reverse=True)
    others = [score for score, funded in candidates if not funded]
    if not funders:
        return Measured((0.0,) * len(CUTS), 0.0, 0.0, 0)
    best = funders[0]
    above = sum(score > best for score in others)
    level, good = sum(score == best for score in others), funders.count(best)
    return Measured(
        tuple(_chance(cut - above, good, level) for cut in CUTS),
        _reciprocal(above, good, level),
        sum(float(other > funder) + (other == funder) / 2 for funder in funders for other in others),
        len(funders) * len(others),
    )


def _chance(drawn: int, good: int, level: int) -> float:
    """That of `good` and `level` equals in any order, one of the good is among the first `drawn`."""
    return (
        0.0 if drawn <= 0 else 1 - comb(level, min(drawn, good + level)) / comb(good + level, min(drawn, good + level))
    )


def _reciprocal(above: int, good: int, level: int) -> float:
    """The expected 1 / rank of the first of the good, with `above` before all of them."""
    found, before = 0.0, 0.0
    for place in range(1, level + 2):
        now = _chance(place, good, level)
        found += (now - before) / (above + place)
        before = now
    return found
