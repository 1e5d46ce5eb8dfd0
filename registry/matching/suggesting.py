"""Themes that a text suggests, in any of the six languages: TF-IDF over runs of one to four characters. Pure.

Runs of characters need no dictionary and no stemming, and find Chinese words as well as inflected Russian ones. What
each theme is about stands in standards/themes.yaml (its titles and keywords). A person confirms what is suggested.
"""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from registry.catalogue.folding import fold
from registry.catalogue.reference import themes

LONGEST_RUN = 4
MAX_TEXT = 5_000
"""Characters of a text that are looked at"""
LEAST, NEAR_BEST = 0.065, 0.7
"""A suggestion is at least so like its theme, and at least this share as like as the best one"""
MOST = 4


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A theme, and how like its words the text is (cosine, 0..1)."""

    theme: str
    likeness: float


def suggest(text: str) -> list[Suggestion]:
    """The themes that fit best, best first; none where the text says nothing of any."""
    found = _model().likeness(text[:MAX_TEXT])
    best = max(found.values(), default=0.0)
    ranked = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return [
        Suggestion(theme, round(likeness, 4))
        for theme, likeness in ranked[:MOST]
        if likeness >= max(LEAST, NEAR_BEST * best)
    ]


class Model:
    """What each theme's words weigh."""

    def __init__(self, words: dict[str, Iterable[str]]) -> None:
        counted = {theme: Counter(run for word in given for run in runs(word)) for theme, given in words.items()}
        holding = Counter(run for counts in counted.values() for run in counts)
        self._rarity = {run: math.log((1 + len(counted)) / (1 + number)) for run, number in holding.items()}
        self._themes = {theme: self._weigh(counts) for theme, counts in counted.items()}

    def _weigh(self, counts: Counter[str]) -> dict[str, float]:
        """Weights of unit length; runs that no theme, or every theme, has weigh nothing."""
        rarity = self._rarity
        weights = {
            run: (1 + math.log(number)) * rarity[run] for run, number in counts.items() if rarity.get(run, 0) > 0
        }
        length = math.sqrt(sum(weight * weight for weight in weights.values()))
        return {run: weight / length for run, weight in weights.items()} if length else {}

    def likeness(self, text: str) -> dict[str, float]:
        """Theme → cosine with the text."""
        asked = self._weigh(Counter(runs(text)))
        return {
            theme: sum(weight * weights[run] for run, weight in asked.items() if run in weights)
            for theme, weights in self._themes.items()
        }


def runs(text: str) -> Iterable[str]:
    """Every run of one to four characters within a folded text; a space stands at both ends of each word."""
    padded = f" {fold(text)} "
    for length in range(1, LONGEST_RUN + 1):
        for start in range(len(padded) - length + 1):
            run = padded[start : start + length]
            if run != " ":
                yield run


@cache
def _model() -> Model:
    return Model(
        {
            theme.id: [*theme.names.values(), *(word for words in theme.keywords.values() for word in words)]
            for theme in themes().values()
        }
    )
