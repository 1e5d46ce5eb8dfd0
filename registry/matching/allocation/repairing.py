"""Smallest grants and viable needs: solve the flow, leave out the worst of what breaks a rule, solve again.

Both rules make the problem hard in theory; in practice a few per cent of the flow's grants break one.
"""

import numpy as np

from registry.matching.allocation.filling import fill, only_viable
from registry.matching.allocation.flow import solve
from registry.matching.allocation.problem import Flags, Floats, Ints, Problem

MANY_PAIRS = 200_000
"""From here on a flow takes a second or two"""
ROUNDS, FEW_ROUNDS, LAST = 14, 7, 2
"""Flows at most, in a large problem, and those at the end that leave out all that breaks a rule"""


def repair(problem: Problem, fairness: str, flow: Ints) -> tuple[Ints, Flags]:
    """((k) grants that keep all rules, (k) pairs that were left out on the way). `flow`: what solve_large gave."""
    rounds = FEW_ROUNDS if problem.pairs > MANY_PAIRS else ROUNDS
    kept = problem.large_enough
    dead = np.zeros(problem.needs, bool)
    grants = np.zeros(problem.pairs, np.int64)
    for number in range(rounds):
        at = np.flatnonzero(kept & ~dead[problem.need])
        part = problem.only(at)
        found = solve(part, fairness) if number else flow[at]
        small, poor = part.too_small(found), part.not_viable(part.given(found))
        grants = np.zeros(problem.pairs, np.int64)
        grants[at] = found
        if not len(small) and not len(poor):
            break
        if number < rounds - LAST:
            small = _worse_half(small, found[small] / part.least[part.offer[small]])
            poor = _worse_half(poor, part.given(found)[poor] / part.enough[poor])
        kept[at[small]] = False
        dead[poor] = True
    grants[problem.too_small(grants)] = 0
    grants = only_viable(problem, fill(problem, only_viable(problem, grants)))
    left_out = ~kept | dead[problem.need]
    return grants, left_out


def _worse_half(which: Ints, fit: Floats) -> Ints:
    """Those furthest from keeping the rule: half of them, at least one where there is one."""
    return which[np.argsort(fit, kind="stable")][: (len(which) + 1) // 2]
