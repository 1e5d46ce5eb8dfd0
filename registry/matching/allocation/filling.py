"""Giving what is left, pair by pair, best first: a whole answer by itself, and the last step of a better one."""

import numpy as np

from registry.matching.allocation.problem import Ints, Problem


def fill(problem: Problem, grants: Ints) -> Ints:
    """(k) the grants with what is left over given too: grants that stand first, then new ones."""
    grants = grants.copy()
    wanting = (problem.asked - problem.given(grants)).tolist()
    money = (problem.money - problem.spent(grants)).tolist()
    least = problem.least.tolist()
    order = np.lexsort((-problem.value, grants == 0))
    open_ = (np.asarray(wanting)[problem.need[order]] > 0) & (np.asarray(money)[problem.offer[order]] > 0)
    for pair in order[open_].tolist():
        need, offer = int(problem.need[pair]), int(problem.offer[pair])
        more = min(int(problem.cap[pair] - grants[pair]), wanting[need], money[offer])
        if more > 0 and (grants[pair] > 0 or more >= least[offer]):
            grants[pair] += more
            wanting[need] -= more
            money[offer] -= more
    return grants


def only_viable(problem: Problem, grants: Ints) -> Ints:
    """Without the grants to needs that get too little to begin with."""
    poor = np.zeros(problem.needs, bool)
    poor[problem.not_viable(problem.given(grants))] = True
    return np.where(poor[problem.need], 0, grants)


def greedy(problem: Problem) -> Ints:
    """(k) best pair first, as one would by hand; then without needs that got too little. What better ways must beat."""
    return only_viable(problem, fill(problem, np.zeros(problem.pairs, np.int64)))
