"""How sure a mean is: intervals from drawing whole States again and again. Pure, and the same for the same seed.

Needs of one State are not independent of each other; drawing needs one by one would make the intervals too narrow.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

DRAWS = 2_000
LOW, HIGH = 2.5, 97.5
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 95 % interval; `value` None: nothing to measure; no ends: fewer than two States."""

    value: float | None
    low: float | None
    high: float | None

    def as_dict(self) -> dict[str, float | None]:
        """As printed, to four decimals."""
        return {
            name: None if number is None else round(number, 4)
            for name, number in (("value", self.value), ("low", self.low), ("high", self.high))
        }


class Drawing:
    """The draws of one evaluation: the same States for every ranking, so that their differences can be judged too."""

    def __init__(self, states: Sequence[str], draws: int = DRAWS, seed: int = 1) -> None:
        """`states`: of each need, in the order of the sums that follow."""
        self.codes = sorted(set(states))
        place = {code: position for position, code in enumerate(self.codes)}
        self._of = np.array([place[state] for state in states], dtype=np.intp)
        count = len(self.codes)
        chance = np.random.Generator(np.random.PCG64(seed))
        self._times = chance.multinomial(count, np.full(count, 1 / count), size=draws) if count > 1 else None

    def estimate(self, parts: Sequence[float], wholes: Sequence[float]) -> Estimate:
        """Sum of `parts` by sum of `wholes`, over the needs."""
        return self._estimate(self._sums(parts), self._sums(wholes), None)

    def difference(self, one: Sequence[float], other: Sequence[float], wholes: Sequence[float]) -> Estimate:
        """How much larger one mean is than another over the same needs."""
        return self._estimate(self._sums(one), self._sums(wholes), self._sums(other))

    def _sums(self, numbers: Sequence[float]) -> Floats:
        sums = np.bincount(self._of, weights=np.asarray(numbers, dtype=float), minlength=len(self.codes))
        return sums.astype(np.float64)

    def _estimate(self, parts: Floats, wholes: Floats, less: Floats | None) -> Estimate:
        parts = parts if less is None else parts - less
        whole = float(wholes.sum())
        if not whole:
            return Estimate(None, None, None)
        value = float(parts.sum()) / whole
        if self._times is None:
            return Estimate(value, None, None)
        drawn = self._times @ wholes
        means = (self._times @ parts)[drawn > 0] / drawn[drawn > 0]
        low, high = np.percentile(means, (LOW, HIGH))
        return Estimate(value, float(low), float(high))
