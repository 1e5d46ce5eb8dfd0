"""An allocation problem as arrays. Amounts are whole units of one currency; the same input in any order is the same."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Problem:
    """n needs, m offers, k pairs that may be funded (sorted by need, then offer)."""

    need_ids: Sequence[str]
    offer_ids: Sequence[str]
    states: Sequence[str]
    """The State of each need"""
    asked: Ints
    """(n) what each need asks, above zero"""
    money: Ints
    """(m) what each offer holds"""
    least: Ints
    """(m) the smallest grant of each offer"""
    viable: Floats
    """(n) the share of its ask below which a need is better left alone; 0: any amount helps"""
    need: Ints
    """(k)"""
    offer: Ints
    """(k)"""
    value: Floats
    """(k) what one unit of money is worth there, above zero"""
    cap: Ints
    """(k) the most that this pair can take"""
    standing: Flags
    """(k) proposed in an earlier round and not answered yet: favoured, so that people are not asked twice"""

    @property
    def needs(self) -> int:
        return len(self.asked)

    @property
    def offers(self) -> int:
        return len(self.money)

    @property
    def pairs(self) -> int:
        return len(self.need)

    def only(self, pairs: Any) -> "Problem":
        """The same needs and offers with some of the pairs (indices, or a flag for each)."""
        return replace(
            self, need=self.need[pairs], offer=self.offer[pairs], value=self.value[pairs], cap=self.cap[pairs],
            standing=self.standing[pairs],
        )  # fmt: skip

    @property
    def large_enough(self) -> Flags:
        """(k) pairs that can take the offer's smallest grant at all."""
        return self.cap >= self.least[self.offer]

    def given(self, grants: Ints) -> Ints:
        """(n) what each need gets of the grants (k)."""
        return np.bincount(self.need, grants, self.needs).astype(np.int64)

    def spent(self, grants: Ints) -> Ints:
        """(m) what each offer gives."""
        return np.bincount(self.offer, grants, self.offers).astype(np.int64)

    def too_small(self, grants: Ints) -> Ints:
        """Pairs that get something, but less than the offer's smallest grant."""
        return np.flatnonzero((grants > 0) & (grants < self.least[self.offer]))

    def not_viable(self, given: Ints) -> Ints:
        """Needs that get something (n), but too little to begin with."""
        return np.flatnonzero((given > 0) & (given < self.enough))

    @property
    def enough(self) -> Ints:
        """(n) the least that makes a need viable."""
        return np.ceil(self.viable * self.asked - 1e-9).astype(np.int64)
