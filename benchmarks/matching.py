"""Figures of matching: one need, all needs, and a need that is changed, against reading the offers' columns once a need."""

import random
import statistics
import time
import tracemalloc
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np

from registry.catalogue.reference import states, themes
from registry.matching import weights
from registry.matching.eligibility import is_eligible
from registry.matching.embargoes import reading
from registry.matching.facts import Act, Context, Line, NeedFacts, OfferFacts, Screening
from registry.matching.fields import regions_of
from registry.matching.models import ASSISTANCE_TYPES
from registry.matching.score import score
from registry.matching.vectors.sieve import Block, Sieve

NEEDS, OFFERS, TOP = 20_000, 5_000, 10
ROW_BYTES = 22
"""An offer as it is looked at for each need: masks of types and themes, two days, two amounts"""
CHECKED = 40
TODAY = date(2026, 11, 23)
Show = Callable[[str, str, str, float, str], None]


def facts(seed: int = 11) -> tuple[list[NeedFacts], list[OfferFacts], Context]:
    """Needs, offers and what States did: of our own making; some 2 % of the pairs are eligible."""
    chance = random.Random(seed)  # noqa: S311  (made-up figures)
    codes, subjects = sorted(states())[:144], sorted(themes())
    regions = {code: regions_of(code) for code in codes}
    wide = sorted({region for own in regions.values() for region in own})
    shares = [1 / (rank + 1) ** 0.6 for rank in range(len(subjects))]

    def about(counts: list[float]) -> frozenset[str]:
        return frozenset(chance.choices(subjects, shares, k=chance.choices(range(len(counts)), counts)[0]))

    def window() -> tuple[date, date]:
        start = TODAY + timedelta(days=chance.randrange(1800))
        return start, start + timedelta(days=chance.randrange(365, 1100))

    needs = []
    for number in range(NEEDS):
        state = chance.choice(codes)
        kinds = chance.sample(ASSISTANCE_TYPES, chance.choices([1, 2], [8, 2])[0])
        lines = tuple(
            Line(kind, int(chance.lognormvariate(17, 1)) if chance.random() < 0.9 else None) for kind in kinds
        )
        opened = TODAY - timedelta(days=chance.randrange(1400))
        needs.append(NeedFacts(number, state, regions[state], about([0, 5, 4, 1]), lines, *window(), opened_on=opened))
    offers = []
    for number in range(OFFERS):
        places = chance.choices([0, 1, 2], [40, 35, 25])[0]
        reached = [[], chance.sample(wide, 2), chance.sample(codes, chance.randrange(3, 13))][places]
        least = chance.choice([None, 5_000_00, 25_000_00, 50_000_00])
        asks = chance.random() < 0.3
        conditions = (
            ({"kind": "participates", "instrument": chance.choice(["att", "firearms_protocol"])},) if asks else ()
        )
        types = frozenset(chance.sample(ASSISTANCE_TYPES, chance.choice([1, 1, 2, 3])))
        offers.append(OfferFacts(
            number, number % 300, types, about([1, 4, 3, 1]), frozenset(reached), *window(), least,
            (least or 0) + int(chance.lognormvariate(17, 1)), None, conditions,
        ))  # fmt: skip
    acts = {(code, name): (Act("ratification"),) for code in codes for name in ("att", "firearms_protocol")
            if chance.random() < 0.6}  # fmt: skip
    return needs, offers, Context(TODAY, acts, Screening(reading.current()))


def _timed(work: Callable[[], object], rounds: int) -> float:
    """Seconds of processor time, so that other work on the machine counts little: the median of some rounds."""
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return statistics.median(taken)


def bench_columns(show: Show) -> None:
    """One need against all offers, and all needs; what is found is compared with the rules for some needs."""
    needs, offers, context = facts()
    current = weights.current()
    buffer = np.ones(OFFERS * ROW_BYTES // 8, np.int64)
    read = _timed(lambda: np.add.reduce(buffer), 2_000)
    everything = _timed(lambda: [np.add.reduce(buffer) for _ in range(NEEDS)], 3)

    sieve = Sieve(offers, context, current)
    sieve.best(needs[:1], TOP)  # tables of points are made once in a process
    fresh = Sieve(offers, context, current)
    single = [_timed(lambda n=need: fresh.best([n], TOP), 1) for need in needs[:400]]  # type: ignore[misc]
    name = f"one need against {OFFERS:,} offers"
    show(f"{name}, median", f"{1e3 * statistics.median(single):.2f} ms", f"{1e3 * read:.4f} ms",
         statistics.median(single) / read, "≤ 2 ms; limit: the offers' columns read once")  # fmt: skip
    first = _timed(lambda: Sieve(offers, context, current), 3)
    show(f"{name}, slowest: a State's first", f"{1e3 * max(single):.2f} ms", f"{1e3 * read:.4f} ms", max(single) / read,
         f"≤ 2 ms; columns made of facts before: {1e3 * first:.0f} ms")  # fmt: skip

    def all_of_them() -> list[Block]:
        return list(Sieve(offers, context, current).firsts(needs, TOP))

    whole = _timed(all_of_them, 3)
    pairs = sum(len(block.row) for block in sieve.blocks(needs))
    show(f"{NEEDS:,} needs × {OFFERS:,} offers, best {TOP}", f"{whole:.2f} s", f"{everything:.2f} s", whole / everything,
         f"≤ 1.5 s of CPU, columns included; {pairs:,} eligible pairs; limit: columns read once a need")  # fmt: skip
    tracemalloc.start()
    all_of_them()
    peak = tracemalloc.get_traced_memory()[1] // 2**20
    tracemalloc.stop()
    found = sieve.best(needs[:CHECKED], TOP)
    start = time.process_time()
    for need in needs[:CHECKED]:
        ranked = sorted(
            (-score(need, offer, current, TODAY)[0], offer.id)
            for offer in offers if is_eligible(need, offer, context, current.min_overlap_months)
        )  # fmt: skip
        if [(offer, -value) for value, offer in ranked[:TOP]] != found[need.id]:
            raise AssertionError(f"need {need.id} is ranked otherwise than by the rules")
    slow = (time.process_time() - start) * NEEDS / CHECKED
    show("the same by the rules one by one", f"{slow:.0f} s", f"{whole:.2f} s", slow / whole,
         f"reckoned from {CHECKED} needs, whose lists are the same; columns hold {peak} MB at most")  # fmt: skip
