"""`make bench BENCH=same_as`: how well duplicates are found in a labelled world of our own making, and how fast.

The world (tests/support/duplicates.py) has donors and implementers who report the same work in other words, and phases
and sister projects that look like it. The figures say how the model does on that world, not on real feeds.
"""

import random
import time
from collections.abc import Iterable

from registry.catalogue.same_as import blocking, comparison, model, profiles
from registry.catalogue.same_as.estimating import count_levels
from registry.catalogue.same_as.rules import Pair
from tests.support import duplicates

Truth = set[Pair]


def rates(found: Iterable[Pair], truth: Truth) -> tuple[float, float, int]:
    """(precision, recall, how many were found)."""
    given = set(found)
    right = len(given & truth)
    return right / len(given) if given else 1.0, right / len(truth), len(given)


def candidates(kind: str, found: list[profiles.Profile]) -> set[Pair]:
    """Pairs that share a telling block key: as candidates.py reads them from the database."""
    blocks: dict[int, list[int]] = {}
    for position, profile in enumerate(found):
        for role, key in blocking.keys(kind, profile):
            if role == blocking.BLOCK:
                blocks.setdefault(key, []).append(position)
    return {
        (a, b)
        for held in blocks.values()
        if len(held) <= blocking.MOST_IN_BLOCK
        for i, a in enumerate(held)
        for b in held[i + 1 :]
    }


def evaluate(count: int = 4000, seed: int = 7) -> dict[str, tuple[float, float, int]]:
    """Rule → (precision, recall, pairs), over one world."""
    world = duplicates.build(count, seed)
    start = time.perf_counter()
    found = [profiles.programme_profile(row, document) for row, document in world.records]
    made = time.perf_counter()
    pairs = candidates("programme", found)
    blocked = time.perf_counter()
    levels, _ = count_levels("programme", found, random.Random(1))  # noqa: S311
    scoring = model.current()["programme"].with_estimate(model.Estimate(len(found), levels))
    counted = time.perf_counter()
    bits = {pair: scoring.score(found[pair[0]], found[pair[1]]).bits for pair in pairs}
    done = time.perf_counter()
    print(
        f"{len(found):,} records, {len(world.truth):,} true pairs; {len(pairs):,} compared = {len(pairs) / len(found):.1f} a record"
    )
    print(f"profiles {(made - start) / len(found) * 1e6:.0f} µs a record, keys {(blocked - made) / len(found) * 1e6:.0f} µs, "
          f"chance agreement {counted - blocked:.2f} s, comparing {(done - counted) / max(1, len(pairs)) * 1e6:.1f} µs a pair")  # fmt: skip
    titles = {
        pair for pair in pairs if comparison.likeness(found[pair[0]]["names"][0], found[pair[1]]["names"][0]) >= 0.9
    }
    results = {
        "compared at all": rates(pairs, world.truth),
        "identifiers alone": rates(world.shared_identifier, world.truth),
        "titles nearly the same": rates(titles, world.truth),
        "strong": rates((p for p, b in bits.items() if b >= scoring.strong), world.truth),
        "strong or possible": rates((p for p, b in bits.items() if b >= scoring.possible), world.truth),
    }
    for name, (precision, recall, number) in results.items():
        print(f"{name:<24} precision {precision:.3f}  recall {recall:.3f}  ({number:,} pairs)")
    return results
