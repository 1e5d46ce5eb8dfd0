"""Chooses the pairs of the table: of all eligible ones those among the best of their need or of their offer. Pure."""

from collections.abc import Iterable

import numpy as np

from registry.matching.facts import Context, NeedFacts, OfferFacts
from registry.matching.score import Weights
from registry.matching.vectors.rounding import Ints
from registry.matching.vectors.sieve import Sieve, rank

HELD = 1 << 21
"""Pairs kept at once for the offers' lists, before all but the best are let go"""


def choose(
    needs: Iterable[NeedFacts], offers: Iterable[OfferFacts], context: Context, weights: Weights, top: int
) -> set[tuple[int, int]]:
    """(need id, offer id) of pairs among the best `top` of either side; those alike by the other side's id."""
    sieve = Sieve(offers, context, weights)
    chosen: set[tuple[int, int]] = set()
    held: list[Ints] = []
    count = 0
    for block in sieve.blocks(needs):
        need = np.array([one.id for one in block.needs], np.int64)[block.row]
        first = rank(block.row) < top
        chosen |= _keys(sieve, need[first], block.place[first])
        held.append(np.stack((block.place, -block.points, need)))
        count += len(need)
        if count > HELD:
            held = [_best(held, top)]
            count = held[0].shape[1]
    if held:
        place, _, need = _best(held, top)
        chosen |= _keys(sieve, need, place)
    return chosen


def _best(held: list[Ints], top: int) -> Ints:
    rows = np.concatenate(held, axis=1)
    ordered = rows[:, np.lexsort((rows[2], rows[1], rows[0]))]
    return ordered[:, rank(ordered[0]) < top]


def _keys(sieve: Sieve, need: Ints, place: Ints) -> set[tuple[int, int]]:
    return {(n, sieve.offers[at].id) for n, at in zip(need.tolist(), place.tolist(), strict=True)}
