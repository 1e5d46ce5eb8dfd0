"""The exact answer without smallest grants: one minimum-cost flow. Fairness is arcs of falling worth beside each other.

A unit flows from offer to need to the end, or past all needs where it stays unspent. A State (or need) of whose ask
little is met is worth more: the first 30 % of it most, the last 40 % least. That is concave, so it is the same flow.
"""

import numpy as np
from ortools.graph.python import min_cost_flow

from registry.matching.allocation.problem import Ints, Problem

SCALE = 1_000_000
"""Costs are whole numbers: values to six decimals"""
STEPS = ((0.3, 1.0), (0.3, 0.6), (0.4, 0.25))
"""(share of the ask, worth of a unit within it)"""
BONUS = 0.10
"""Added to the worth of a pair that stands proposed: keeps 98 % of standing proposals for 0.05 % of value."""


def solve_large(problem: Problem, fairness: str = "none") -> Ints:
    """(k) the same among the pairs that are large enough for their offer: no answer by all rules is worth more."""
    at = np.flatnonzero(problem.large_enough)
    grants = np.zeros(problem.pairs, np.int64)
    grants[at] = solve(problem.only(at), fairness)
    return grants


def solve(problem: Problem, fairness: str = "none") -> Ints:
    """(k) the grants of most worth within asks, money and caps. Whole numbers, the same for the same problem."""
    flow = min_cost_flow.SimpleMinCostFlow()
    needs, offers = problem.needs, problem.offers
    states, state = np.unique(np.asarray(problem.states, dtype=object).astype(str), return_inverse=True)
    first_state = needs + offers
    end = first_state + (len(states) if fairness == "country" else 0)
    all_needs, all_offers = np.arange(needs), np.arange(offers)
    worth = problem.value + BONUS * problem.standing
    flow.add_arcs_with_capacity_and_unit_cost(
        needs + problem.offer, problem.need, problem.cap, -np.round(worth * SCALE).astype(np.int64)
    )
    if fairness == "need":
        _falling(flow, all_needs, problem.asked, end)
    elif fairness == "country":
        flow.add_arcs_with_capacity_and_unit_cost(
            all_needs, first_state + state, problem.asked, np.zeros(needs, np.int64)
        )
        asked = np.bincount(state, problem.asked, len(states)).astype(np.int64)
        _falling(flow, first_state + np.arange(len(states)), asked, end)
    else:
        flow.add_arcs_with_capacity_and_unit_cost(
            all_needs, np.full(needs, end), problem.asked, np.zeros(needs, np.int64)
        )
    flow.add_arcs_with_capacity_and_unit_cost(
        needs + all_offers, np.full(offers, end), problem.money, np.zeros(offers, np.int64)
    )
    flow.set_nodes_supplies(needs + all_offers, problem.money)
    flow.set_node_supply(end, -int(problem.money.sum()))
    status = flow.solve()
    if status != flow.OPTIMAL:
        raise RuntimeError(f"the flow ended with {status}")  # unspent money has a way of its own: it always can end
    return np.asarray(flow.flows(np.arange(problem.pairs)), np.int64)


def _falling(flow: min_cost_flow.SimpleMinCostFlow, nodes: Ints, asked: Ints, end: int) -> None:
    left = asked.copy()
    for number, (share, worth) in enumerate(STEPS, start=1):
        width = left if number == len(STEPS) else np.minimum(left, np.ceil(share * asked).astype(np.int64))
        costs = np.full(len(nodes), -int(worth * SCALE), np.int64)
        flow.add_arcs_with_capacity_and_unit_cost(nodes, np.full(len(nodes), end), width, costs)
        left = left - width
