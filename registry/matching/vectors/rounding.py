"""Numbers rounded to six decimals as Python's `round` does, many at once, as whole millionths. Pure.

NumPy rounds the product with a million, which is off by one where that product is rounded onto a half itself: such
numbers are rounded one by one.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
MILLION = 1_000_000
_DOUBT = 1e-6


def millionths(value: float) -> int:
    """`round(value, 6)` in millionths."""
    return round(round(value, 6) * MILLION)


def all_millionths(values: Floats) -> Ints:
    """The same for each of many, none below zero."""
    scaled = values * MILLION
    found = np.rint(scaled)
    for at in np.flatnonzero(np.abs(np.abs(scaled - found) - 0.5) < _DOUBT):
        found[at] = millionths(float(values[at]))
    return found.astype(np.int64)


@lru_cache(maxsize=16)
def points_by_value(weight: float) -> Ints:
    """Value in millionths (0 … a million) → points in millionths at this weight."""
    return all_millionths(weight * (np.arange(MILLION + 1) / MILLION))
