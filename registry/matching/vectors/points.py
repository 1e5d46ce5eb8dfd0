"""The five parts of the score for pairs in columns, in millionths: what score.py gives, to the last digit. Pure."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from registry.matching.facts import DAYS_PER_MONTH, NeedFacts, OfferFacts, reach
from registry.matching.score import Weights
from registry.matching.vectors.columns import ALL_THEMES, UNKNOWN, Columns
from registry.matching.vectors.rounding import Ints, all_millionths, millionths, points_by_value

NOT_REACHED = -1


class Points:
    """`row` is a pair's need, by its place among `needs`; `place` its offer, by its place in the columns."""

    def __init__(self, columns: Columns, weights: Weights, today: date) -> None:
        self._columns, self._weights, self._today = columns, weights, today
        self._neutral = millionths(weights.neutral)
        self._by_reach: dict[str | None, int] = {
            how: self._weighed("geography", value) for how, value in weights.geography.items()
        }
        self._by_reach[None] = NOT_REACHED
        self._theme_rows: dict[int, Ints] = {}

    def of_geography(self, need: NeedFacts, offer: OfferFacts) -> int:
        """By how the offer reaches the need's State; NOT_REACHED where it does not."""
        return self._by_reach[reach(need, offer)]

    def of_theme(self, needs: Sequence[NeedFacts], themes: Ints, row: Ints, place: Ints) -> Ints:
        """`themes`: the needs' masks."""
        shared = themes[row] & self._columns.themes[place]
        # Offers for all themes have the last entry of a row.
        covered = np.where(shared >> ALL_THEMES, ALL_THEMES + 1, np.bitwise_count(shared))
        table = np.array([self._theme_row(len(need.themes)) for need in needs], np.int64)
        return np.asarray(table[row, covered], np.int64)

    def _theme_row(self, count: int) -> Ints:
        """For a need of so many themes: points by how many of them are covered."""
        if count not in self._theme_rows:
            neutral = [self._weights.neutral] * (ALL_THEMES + 2)
            values = [*(min(1.0, n / count) for n in range(ALL_THEMES + 1)), 1.0] if count else neutral
            self._theme_rows[count] = np.array([self._weighed("theme_share", value) for value in values], np.int64)
        return self._theme_rows[count]

    def of_window(self, needs: Sequence[NeedFacts], start: Ints, end: Ints, row: Ints, place: Ints) -> Ints:
        """`start`, `end`: of the needs' windows, in days."""
        cols = self._columns
        both = np.minimum(end[row], cols.end[place]) - np.maximum(start[row], cols.start[place])
        value = np.minimum(1.0, np.maximum(both, 0) / (end - start)[row])
        dated = np.array([bool(need.window_start and need.window_end) for need in needs], bool)[row] & cols.dated[place]
        return self._by_value("window_overlap", np.where(dated, all_millionths(value), self._neutral))

    def of_grant(self, asked: Ints, largest: Ints) -> Ints:
        """Of pairs: what is asked, and the largest grant."""
        known = (asked > 0) & (largest != UNKNOWN)
        value = np.minimum(1.0, np.where(known, largest, 0) / np.where(known, asked, 1))
        return self._by_value("grant_fit", np.where(known, all_millionths(value), self._neutral))

    def of_waiting(self, need: NeedFacts) -> int:
        """The same for all offers."""
        if need.opened_on is None:
            return 0
        months = max(0, (self._today - need.opened_on).days) / DAYS_PER_MONTH
        return self._weighed("waiting", min(1.0, months / self._weights.waiting_months))

    def _weighed(self, feature: str, value: float) -> int:
        return millionths(self._weights.weights[feature] * round(value, 6))

    def _by_value(self, feature: str, values: Ints) -> Ints:
        return points_by_value(self._weights.weights[feature])[values]
