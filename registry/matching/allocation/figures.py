"""What an answer is worth: value, reach, how evenly it falls; and for whom nothing was left, with the reason."""

from collections import defaultdict
from typing import Any

import numpy as np

from registry.matching.allocation.flow import BONUS, STEPS
from registry.matching.allocation.problem import Flags, Floats, Ints, Problem


def value_of(problem: Problem, grants: Ints) -> float:
    """Worth of what is given, without fairness and bonus."""
    return float(problem.value @ grants)


def objective(problem: Problem, grants: Ints, fairness: str) -> float:
    """What a round makes as large as it can: value, bonus of what stands proposed, worth of reaching many."""
    worth = value_of(problem, grants) + BONUS * float(grants[problem.standing].sum())
    if fairness == "none":
        return worth
    given, asked = problem.given(grants).astype(float), problem.asked.astype(float)
    if fairness == "country":
        states, group = np.unique(np.asarray(problem.states, dtype=object).astype(str), return_inverse=True)
        given, asked = np.bincount(group, given, len(states)), np.bincount(group, asked, len(states))
    left = given
    for share, each in STEPS:
        step = np.minimum(left, share * asked)
        worth += each * float(step.sum())
        left = left - step
    return worth


def describe(problem: Problem, grants: Ints) -> dict[str, Any]:
    """Figures of an answer; amounts in the problem's unit, shares 0..1."""
    given = problem.given(grants)
    coverage = given / problem.asked
    reachable = np.bincount(problem.need, minlength=problem.needs) > 0
    reached = coverage[reachable]
    by_state = _by_state(problem, given)
    return {
        "value": round(value_of(problem, grants), 6),
        "given": int(grants.sum()),
        "money": int(problem.money.sum()),
        "asked": int(problem.asked.sum()),
        "grants": int((grants > 0).sum()),
        "needs": problem.needs,
        "needs_reachable": int(reachable.sum()),
        "needs_begun": int((given > 0).sum()),
        "needs_met": int((given >= problem.asked).sum()),
        "coverage_mean": round(float(reached.mean()), 6) if len(reached) else None,
        "coverage_lowest_tenth": round(float(np.quantile(reached, 0.1)), 6) if len(reached) else None,
        "gini": gini(np.array([state["coverage"] for state in by_state])),
        "states": by_state,
    }


def _by_state(problem: Problem, given: Ints) -> list[dict[str, Any]]:
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for state, asked, got in zip(problem.states, problem.asked.tolist(), given.tolist(), strict=True):
        sums[state][0] += asked
        sums[state][1] += got
    return [
        {"state": state, "asked": asked, "given": got, "coverage": round(got / asked, 6)}
        for state, (asked, got) in sorted(sums.items())
    ]


def gini(shares: Floats) -> float | None:
    """Gini coefficient of the coverages of States: 0 all alike, towards 1 all for one; None where nothing is given."""
    if not len(shares) or not shares.sum():
        return None
    ranked, count = np.sort(shares), len(shares)
    return round(float((2 * np.arange(1, count + 1) - count - 1) @ ranked / (count * ranked.sum())), 6)


def why_unmet(problem: Problem, grants: Ints) -> list[dict[str, Any]]:
    """Needs that are not met in full: id, what is missing, the reason's code."""
    left = _Left(problem, grants)
    codes = left.reasons(problem.need, problem.needs, "no_eligible_offer", "money_gone", left.rich, "not_viable")
    return [
        {"id": problem.need_ids[need], "missing": int(left.missing[need]), "reason": codes[need]}
        for need in np.flatnonzero(left.missing > 0).tolist()
    ]


def why_unspent(problem: Problem, grants: Ints) -> list[dict[str, Any]]:
    """Offers that are not given out: id, what is left, the reason's code."""
    left = _Left(problem, grants)
    codes = left.reasons(
        problem.offer, problem.offers, "no_eligible_need", "needs_met", left.wanting, "waits_for_viable"
    )
    return [
        {"id": problem.offer_ids[offer], "left": int(left.money[offer]), "reason": codes[offer]}
        for offer in np.flatnonzero(left.money > 0).tolist()
    ]


class _Left:
    """What was not given, and in which pairs (k) something still could be."""

    def __init__(self, problem: Problem, grants: Ints) -> None:
        self.missing = problem.asked - problem.given(grants)
        self.money = problem.money - problem.spent(grants)
        self.rich = self.money[problem.offer] > 0
        self.wanting = self.missing[problem.need] > 0
        more = np.minimum(problem.cap - grants, np.minimum(self.missing[problem.need], self.money[problem.offer]))
        self.room = self.rich & self.wanting & (problem.cap > grants)
        self.large = self.room & ((grants > 0) | (more >= problem.least[problem.offer]))

    def reasons(self, side: Ints, count: int, none: str, gone: str, chance: Flags, else_: str) -> list[str]:
        """The code of each of `count` needs or offers: the first thing that was not to be had in any of its pairs."""
        stages = (
            (none, np.ones(len(side), bool)), (gone, chance), ("largest_grants", self.room),
            ("below_smallest_grant", self.large),
        )  # fmt: skip
        codes = np.full(count, else_, dtype=object)
        for code, possible in reversed(stages):
            codes[np.bincount(side[possible], minlength=count) == 0] = code
        return codes.tolist()
