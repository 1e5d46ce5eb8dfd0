"""One round: the best answer that several ways find, never worse than giving by hand, with its bound and its prices."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from registry.matching.allocation.exact import Exact, polish
from registry.matching.allocation.figures import describe, objective, value_of, why_unmet, why_unspent
from registry.matching.allocation.filling import greedy
from registry.matching.allocation.flow import solve_large
from registry.matching.allocation.problem import Ints, Problem
from registry.matching.allocation.reasons import FAIRNESS, NODES
from registry.matching.allocation.repairing import repair


@dataclass(frozen=True)
class Allocation:
    """An answer: (k) grants, which way found it, and what it is worth."""

    problem: Problem
    grants: Ints
    way: str
    figures: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """As JSON: grants with need, offer, amount, value; figures; what stays unmet or unspent and why."""
        problem = self.problem
        made = np.flatnonzero(self.grants > 0)
        listed = zip(
            problem.need[made].tolist(), problem.offer[made].tolist(), self.grants[made].tolist(),
            problem.value[made].tolist(), strict=True,
        )  # fmt: skip
        return {
            "grants": [
                {"need": problem.need_ids[need], "offer": problem.offer_ids[offer], "amount": amount, "value": value}
                for need, offer, amount, value in listed
            ],
            "way": self.way,
            "figures": self.figures,
            "unmet": why_unmet(problem, self.grants),
            "unspent": why_unspent(problem, self.grants),
        }


def allocate(problem: Problem, fairness: str = "none", nodes: int = NODES) -> Allocation:
    """Share the money of the offers among the needs. Grants keep asks, money, caps, smallest grants and viability.

    figures: describe(), and `bound` (the most value that any answer can have), `share_of_bound`, `greedy` (value of
    giving by hand), `share_of_possible` (of the most that the objective can be with all rules kept; None where that is
    not known), `price_of_fairness` and `price_of_rules` (shares of value that both cost, the rules being smallest
    grants and viability), `search_limit` and `search_gap` (exact.py). Raises ValueError for an unknown fairness.
    """
    if fairness not in FAIRNESS:
        raise ValueError(f"fairness is one of {', '.join(FAIRNESS)}")
    by_hand = greedy(problem)
    plain = solve_large(replace(problem, standing=np.zeros(problem.pairs, bool)))
    flow = plain if fairness == "none" and not problem.standing.any() else solve_large(problem, fairness)
    repaired, left_out = repair(problem, fairness, flow)
    ways = {"repair": repaired, "greedy": by_hand}
    exact = polish(problem, fairness, repaired, flow, left_out, nodes) if nodes else Exact()
    if exact.grants is not None:
        ways["exact"] = exact.grants
    way = max(sorted(ways), key=lambda name: objective(problem, ways[name], fairness))
    grants = ways[way]
    bound, value, fair = value_of(problem, plain), value_of(problem, grants), value_of(problem, flow)
    figures = describe(problem, grants) | {
        "fairness": fairness,
        "bound": round(bound, 6),
        "share_of_bound": _share(value, bound),
        "share_of_possible": _share(objective(problem, grants, fairness), exact.most) if exact.most else None,
        "greedy": round(value_of(problem, by_hand), 6),
        "price_of_fairness": _price(fair, bound),
        "price_of_rules": _price(value, fair),
        "search_limit": exact.limit,
        "search_gap": exact.gap,
    }
    return Allocation(problem, grants, way, figures)


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 6) if whole else None


def _price(after: float, before: float) -> float | None:
    share = _share(after, before)
    return None if share is None else round(max(1 - share, 0.0), 6)
