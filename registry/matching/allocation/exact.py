"""The exact answer with all rules, as a mixed-integer programme, for problems that are small or made small.

A large problem is cut down to the pairs that matter: those that the flow or the repaired answer uses, those that the
repair left out, and each need's best few. What it then finds is an answer, and no longer a bound.

Its effort is counted in nodes of the search tree, never in seconds: the same problem gives the same answer on any
machine, however busy.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_matrix

from registry.matching.allocation.filling import fill, only_viable
from registry.matching.allocation.flow import BONUS, STEPS
from registry.matching.allocation.problem import Flags, Floats, Ints, Problem

WHOLE = 1_500
"""Up to so many pairs all of them take part"""
MOST = 40_000
"""Pairs beyond which cutting down would leave out too much, and still be slow"""
BEST = 4
"""Of each need's pairs, so many of the highest value take part"""
GAP = 1e-4
"""The search ends by itself once no answer can be better by more than this share"""


@dataclass(frozen=True, slots=True)
class Exact:
    """What the exact method found.

    grants: (k), or None where it found nothing. most: the most that the objective can be by all rules, None where that
    is not known. limit: None (the search ended by itself), "nodes" (it came to its limit of nodes) or "pairs" (the
    problem has too many pairs for it). gap: by what share, of the pairs searched, an answer could still be better; None
    where that is not known.
    """

    grants: Ints | None = None
    most: float | None = None
    limit: str | None = None
    gap: float | None = None


def polish(problem: Problem, fairness: str, start: Ints, flow: Ints, left_out: Flags, nodes: int) -> Exact:
    """Look for a better answer than `start`, in at most so many `nodes`."""
    if not problem.pairs:
        return Exact()
    if problem.pairs > MOST:
        return Exact(limit="pairs")
    useful = problem.large_enough
    if problem.pairs > WHOLE:
        useful &= (start > 0) | (flow > 0) | left_out | _best_few(problem)
    at = np.flatnonzero(useful)
    part = problem.only(at)
    found = _solve(part, fairness, nodes)
    if problem.pairs > WHOLE:
        found = replace(found, most=None)
    if found.grants is None:
        return found
    grants = np.zeros(problem.pairs, np.int64)
    grants[at] = found.grants
    grants[problem.too_small(grants)] = 0
    return replace(found, grants=only_viable(problem, fill(problem, only_viable(problem, grants))))


def _best_few(problem: Problem) -> Flags:
    order = np.lexsort((-problem.value, problem.need))
    needs = problem.need[order]
    first = np.r_[0, np.flatnonzero(np.diff(needs)) + 1]
    rank = np.arange(len(order)) - np.repeat(first, np.diff(np.r_[first, len(order)]))
    best = np.zeros(problem.pairs, bool)
    best[order[rank < BEST]] = True
    return best


def _solve(problem: Problem, fairness: str, nodes: int) -> Exact:
    """Columns: grant (k), grant made at all (k), need begun (n), and for fairness each step of a group."""
    pairs, needs, offers = problem.pairs, problem.needs, problem.offers
    rows = _Rows()
    grant, made, begun = np.arange(pairs), pairs + np.arange(pairs), 2 * pairs + np.arange(needs)
    ones = np.ones(pairs)
    rows.add(needs, (problem.need, grant, ones), (np.arange(needs), begun, -problem.asked.astype(float)))
    rows.add(needs, (problem.need, grant, -ones), (np.arange(needs), begun, problem.enough.astype(float)))
    rows.add(offers, (problem.offer, grant, ones), most=problem.money)
    rows.add(pairs, (grant, grant, ones), (grant, made, -problem.cap.astype(float)))
    rows.add(pairs, (grant, grant, -ones), (grant, made, problem.least[problem.offer].astype(float)))
    widths, worths = _steps(problem, fairness, rows, 2 * pairs + needs)
    worth = np.r_[problem.value + BONUS * problem.standing, np.zeros(pairs + needs), worths]
    columns = 2 * pairs + needs + len(widths)
    answer = milp(
        -worth,
        constraints=LinearConstraint(rows.matrix(columns), -np.inf, rows.most()),
        integrality=np.r_[np.zeros(pairs), np.ones(pairs + needs), np.zeros(len(widths))],
        bounds=Bounds(0, np.r_[problem.cap, np.ones(pairs + needs), widths]),
        options={"node_limit": nodes, "mip_rel_gap": GAP},
    )
    # SciPy gives a limit of nodes no status of its own: whatever is not a proven optimum did not end by itself.
    limit = None if answer.success else "nodes"
    most = None if answer.mip_dual_bound is None else -float(answer.mip_dual_bound)
    if answer.x is None:
        return Exact(most=most, limit=limit)
    gap = None if answer.mip_gap is None else round(float(answer.mip_gap), 6)
    # Rounded down: what is lost of a unit is given again when the rest is filled.
    return Exact(np.floor(answer.x[:pairs] + 1e-6).astype(np.int64), most, limit, gap)


def _steps(problem: Problem, fairness: str, rows: "_Rows", first: int) -> tuple[Floats, Floats]:
    """The widths and worths of the steps; what a group gets is at least the sum of its steps."""
    if fairness == "none":
        return np.zeros(0), np.zeros(0)
    if fairness == "country":
        states, group = np.unique(np.asarray(problem.states, dtype=object).astype(str), return_inverse=True)
        groups = len(states)
    else:
        group, groups = np.arange(problem.needs), problem.needs
    asked = np.bincount(group, problem.asked, groups)
    columns = first + np.arange(groups * len(STEPS))
    rows.add(
        groups,
        (group[problem.need], np.arange(problem.pairs), -np.ones(problem.pairs)),
        (np.repeat(np.arange(groups), len(STEPS)), columns, np.ones(len(columns))),
    )
    shares, worths = (np.array(column) for column in zip(*STEPS, strict=True))
    return np.outer(asked, shares).ravel(), np.tile(worths, groups)


class _Rows:
    """Rows of the constraints, block by block: each at most its right side."""

    def __init__(self) -> None:
        self._row: list[Ints] = []
        self._column: list[Ints] = []
        self._value: list[Floats] = []
        self._most: list[Floats] = []
        self._count = 0

    def add(self, count: int, *entries: tuple[Ints, Ints, Floats], most: Ints | None = None) -> None:
        for row, column, value in entries:
            self._row.append(row + self._count)
            self._column.append(column)
            self._value.append(value)
        self._most.append(np.zeros(count) if most is None else most.astype(float))
        self._count += count

    def matrix(self, columns: int) -> object:
        entries = (np.concatenate(self._value), (np.concatenate(self._row), np.concatenate(self._column)))
        return coo_matrix(entries, shape=(self._count, columns)).tocsc()

    def most(self) -> Floats:
        return np.concatenate(self._most)
