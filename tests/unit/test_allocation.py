"""Sharing money among needs: the rules hold, the bound bounds, and the answer depends on nothing but the problem."""

import random
import time
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.errors import InvalidInput
from registry.matching.allocation import exact, figures, filling, instance
from registry.matching.allocation.allocating import Allocation, allocate
from registry.matching.allocation.posing import pose
from registry.matching.allocation.posing import read as read_problem
from registry.matching.allocation.process import solve_request
from registry.matching.allocation.reasons import FAIRNESS, NODES, REASONS

STATES = ("KEN", "COD", "PNG")


@st.composite
def posed(draw: Any, most: int = 6) -> dict[str, Any]:
    """A small problem as it is handed over."""
    needs = [
        [f"N{n}", draw(st.sampled_from(STATES)), draw(st.integers(1, 200)), draw(st.sampled_from((0.0, 0.3, 0.5)))]
        for n in range(draw(st.integers(1, most)))
    ]
    offers = [[f"O{n}", draw(st.integers(0, 300)), draw(st.integers(1, 60))] for n in range(draw(st.integers(1, most)))]
    pairs = [
        [need, offer, draw(st.integers(1, 200)) / 100, draw(st.integers(1, 200)), draw(st.booleans())]
        for need in range(len(needs)) for offer in range(len(offers)) if draw(st.booleans())
    ]  # fmt: skip
    return {"needs": needs, "offers": offers, "pairs": pairs}


def check(found: Allocation) -> None:
    """The rules that every answer keeps."""
    problem, grants = found.problem, found.grants
    given_ = problem.given(grants)
    assert (grants >= 0).all() and (grants <= problem.cap).all()
    assert (given_ <= problem.asked).all(), "nobody gets more than was asked"
    assert (problem.spent(grants) <= problem.money).all(), "nobody gives more than there is"
    assert not len(problem.too_small(grants)) and not len(problem.not_viable(given_))


@settings(max_examples=60, deadline=None)
@given(posed(), st.sampled_from(sorted(FAIRNESS)))
def test_rules_hold_and_the_value_lies_between_giving_by_hand_and_the_bound(
    data: dict[str, Any], fairness: str
) -> None:
    found = allocate(pose(data), fairness)
    check(found)
    shown = found.figures
    assert shown["value"] <= shown["bound"] + 1e-6
    by_hand = filling.greedy(found.problem)
    assert (
        figures.objective(found.problem, found.grants, fairness)
        >= figures.objective(found.problem, by_hand, fairness) - 1e-6
    )
    assert shown["share_of_possible"] is None or shown["share_of_possible"] <= 1 + 1e-4


@settings(max_examples=40, deadline=None)
@given(posed(), st.randoms(use_true_random=False), st.sampled_from(sorted(FAIRNESS)))
def test_the_order_of_the_input_says_nothing(data: dict[str, Any], chance: random.Random, fairness: str) -> None:
    needs, offers = list(range(len(data["needs"]))), list(range(len(data["offers"])))
    chance.shuffle(needs)
    chance.shuffle(offers)
    pairs = [[needs.index(need), offers.index(offer), *rest] for need, offer, *rest in data["pairs"]]
    chance.shuffle(pairs)
    shuffled = {
        "needs": [data["needs"][at] for at in needs],
        "offers": [data["offers"][at] for at in offers],
        "pairs": pairs,
    }
    assert allocate(pose(shuffled), fairness).as_dict() == allocate(pose(data), fairness).as_dict()


@settings(max_examples=40, deadline=None)
@given(posed(), st.integers(0, 5), st.integers(1, 100))
def test_more_money_never_lowers_the_value(data: dict[str, Any], which: int, more: int) -> None:
    given_ = pose(data)
    poor = replace(given_, standing=np.zeros(given_.pairs, bool))
    money = poor.money.copy()
    money[which % len(money)] += more
    before, after = allocate(poor).figures, allocate(replace(poor, money=money)).figures
    assert after["bound"] >= before["bound"] - 1e-6
    assert after["value"] >= before["value"] * (1 - 2e-4), "as exact as the solver was asked to be"


@settings(max_examples=40, deadline=None)
@given(posed())
def test_every_need_and_offer_that_is_left_has_a_reason_that_is_true(data: dict[str, Any]) -> None:
    found = allocate(pose(data), nodes=0)
    problem, said = found.problem, found.as_dict()
    missing = problem.asked - problem.given(found.grants)
    left = problem.money - problem.spent(found.grants)
    assert {item["id"]: item["missing"] for item in said["unmet"]} == {
        problem.need_ids[at]: int(missing[at]) for at in np.flatnonzero(missing)
    }
    assert {item["id"]: item["left"] for item in said["unspent"]} == {
        problem.offer_ids[at]: int(left[at]) for at in np.flatnonzero(left)
    }
    assert {item["reason"] for item in [*said["unmet"], *said["unspent"]]} <= set(REASONS)
    for item in said["unmet"]:
        pairs = problem.need == problem.need_ids.index(item["id"])
        assert (item["reason"] == "no_eligible_offer") == (not pairs.any())
        assert (item["reason"] == "money_gone") == bool(pairs.any() and not left[problem.offer[pairs]].any())


def small(**changes: Any) -> dict[str, Any]:
    data: dict[str, Any] = {
        "needs": [["A", "KEN", 100, 0.0], ["B", "COD", 100, 0.0]],
        "offers": [["X", 100, 1]],
        "pairs": [[0, 0, 0.9, 100, False], [1, 0, 0.8, 100, False]],
    }
    return data | changes


def test_without_fairness_the_best_pair_gets_all_and_with_it_both_states_get_some() -> None:
    plain, fair = (allocate(pose(small()), fairness) for fairness in ("none", "country"))
    assert [grant["amount"] for grant in plain.as_dict()["grants"]] == [100]
    assert [grant["amount"] for grant in fair.as_dict()["grants"]] == [60, 40]
    assert (plain.figures["gini"], fair.figures["gini"]) == (0.5, 0.1)
    assert plain.figures["price_of_fairness"] == 0 and 0 < fair.figures["price_of_fairness"] < 0.1


def test_a_grant_below_the_smallest_and_a_need_that_cannot_begin_get_nothing() -> None:
    short = small(needs=[["A", "KEN", 80, 0.0], ["B", "COD", 100, 0.0]], offers=[["X", 100, 30]])
    found = allocate(pose(short)).as_dict()
    assert [(grant["need"], grant["amount"]) for grant in found["grants"]] == [("A", 70), ("B", 30)]
    half = small(needs=[["A", "KEN", 100, 0.0], ["B", "COD", 400, 0.5]], offers=[["X", 150, 1]])
    found = allocate(pose(half)).as_dict()
    assert [(grant["need"], grant["amount"]) for grant in found["grants"]] == [("A", 100)]
    assert found["unmet"] == [{"id": "B", "missing": 400, "reason": "not_viable"}]
    assert found["unspent"] == [{"id": "X", "left": 50, "reason": "waits_for_viable"}]


def test_what_stands_proposed_is_favoured_where_little_is_lost() -> None:
    near = small(pairs=[[0, 0, 0.9, 100, False], [1, 0, 0.85, 100, True]])
    assert [grant["need"] for grant in allocate(pose(near)).as_dict()["grants"]] == ["B"]
    far = small(pairs=[[0, 0, 0.9, 100, False], [1, 0, 0.5, 100, True]])
    assert [grant["need"] for grant in allocate(pose(far)).as_dict()["grants"]] == ["A"]


NEED = {
    "id": "N1",
    "country": "A01",
    "themes": ["marking", "tracing"],
    "type": "equipment",
    "budget_k": 100,
    "start_m": 0,
    "end_m": 24,
    "waiting_m": 18,
}
OFFER = {
    "id": "O1",
    "budget_k": 500,
    "min_grant_k": 10,
    "max_grant_k": 50,
    "themes": ["marking"],
    "types": ["equipment"],
    "start_m": 6,
    "end_m": 30,
    "scope": "list",
    "countries": ["A01"],
}


def read(need: dict[str, Any] | None = None, offer: dict[str, Any] | None = None, **more: Any) -> Any:
    return instance.read({"needs": [NEED | (need or {})], "offers": [OFFER | (offer or {})], **more})


def test_an_instance_is_scored_by_its_formula() -> None:
    problem = read({"priority": 3})
    expected = 0.40 * 1 / 2 + 0.20 * 18 / 24 + 0.15 * 1.0 + 0.15 * 50 / 100 + 0.10 * 18 / 36
    assert problem.value.tolist() == [pytest.approx(2.0 * expected, abs=1e-6)]
    assert problem.cap.tolist() == [50] and problem.least.tolist() == [10]


@pytest.mark.parametrize(
    ("need", "offer", "more"),
    [
        ({"type": "training"}, {}, {}),
        ({"themes": ["ddr"]}, {}, {}),
        ({"country": "B02"}, {}, {}),
        ({"end_m": 11}, {}, {}),
        ({"budget_k": 9}, {}, {}),
        ({}, {"conditions": {"required_tag": 2}}, {"country_tags": {"A01": [1]}}),
        ({}, {}, {"embargoes": [{"country": "A01", "types": ["equipment"], "themes": ["tracing", "ammunition"]}]}),
    ],
    ids=["type", "theme", "country", "window", "smallest grant", "condition", "embargo"],
)
def test_what_stands_against_a_pair_keeps_it_out_and_nothing_else_does(
    need: dict[str, Any], offer: dict[str, Any], more: dict[str, Any]
) -> None:
    assert read().pairs == 1
    assert read(need, offer, **more).pairs == 0
    lifted: dict[str, Any] = {"country_tags": {"A01": [2]}} if "country_tags" in more else {}
    assert read({}, offer, **lifted).pairs == 1


@pytest.mark.parametrize(
    ("need", "offer", "field"),
    [
        ({"budget_k": 0}, {}, "needs.0.budget_k"),
        ({"budget_k": "1e9"}, {}, "needs.0.budget_k"),
        ({"end_m": 0}, {}, "needs.0.end_m"),
        ({"min_viable_share": 1.5}, {}, "needs.0.min_viable_share"),
        ({"priority": 9}, {}, "needs.0.priority"),
        ({}, {"min_grant_k": 60}, "offers.0.min_grant_k"),
        ({}, {"scope": "moon"}, "offers.0.scope"),
    ],
)
def test_an_instance_that_does_not_fit_names_the_field(need: dict[str, Any], offer: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(need, offer)
    assert list(caught.value.fields) == [field]


def hard() -> dict[str, Any]:
    """A problem whose exact search looks at more than one node."""
    chance = random.Random(5)  # noqa: S311  (made-up figures)
    needs = [[f"N{n}", STATES[n % 3], chance.randint(50, 200), chance.choice([0.5, 0.8, 0.9])] for n in range(20)]
    offers = [[f"O{n}", chance.randint(100, 400), chance.randint(30, 60)] for n in range(8)]
    pairs = [
        [need, offer, chance.randint(50, 200) / 100, chance.randint(60, 200), False]
        for need in range(20) for offer in range(8) if chance.random() < 0.3
    ]  # fmt: skip
    return {"needs": needs, "offers": offers, "pairs": pairs}


def test_no_clock_ends_a_search_and_hours_between_two_looks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []
    solve = exact.milp

    def watched(*args: Any, **named: Any) -> Any:
        asked.append(dict(named["options"]))
        return solve(*args, **named)

    monkeypatch.setattr(exact, "milp", watched)
    answer = allocate(pose(hard())).as_dict()
    assert asked == [{"node_limit": NODES, "mip_rel_gap": exact.GAP}], "nodes and a gap; no time limit"
    for name in ("perf_counter", "monotonic", "time"):
        clock = count(0, 10_000)  # hours pass between any two looks
        monkeypatch.setattr(time, name, lambda clock=clock: float(next(clock)))
    assert allocate(pose(hard())).as_dict() == answer


def test_what_ended_the_search_is_said_with_how_far_the_answer_may_be_from_the_best() -> None:
    whole, short = allocate(pose(hard())).figures, allocate(pose(hard()), nodes=1).figures
    assert (whole["search_limit"], whole["search_gap"] <= exact.GAP) == (None, True)
    assert short["search_limit"] == "nodes" and short["search_gap"] > exact.GAP
    # Within the gap that is said, there is nothing better.
    assert whole["value"] <= short["value"] * (1 + short["search_gap"] + exact.GAP)
    assert short["share_of_possible"] >= 1 - short["search_gap"] - exact.GAP


def test_what_is_too_large_for_the_exact_search_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "MOST", 10)
    shown = allocate(pose(hard())).figures
    assert (shown["search_limit"], shown["search_gap"]) == ("pairs", None) and shown["share_of_bound"] < 1


@pytest.mark.parametrize(
    ("name", "at", "place", "value"),
    [
        ("needs", 0, 2, 0), ("needs", 0, 2, 1.5), ("needs", 1, 3, 2), ("needs", 0, 0, ""), ("offers", 0, 1, -1),
        ("pairs", 0, 0, 2), ("pairs", 0, 1, -1), ("pairs", 1, 2, "1"), ("pairs", 0, 3, 0), ("pairs", 0, 4, 1),
    ],
)  # fmt: skip
def test_inputs_of_a_round_that_do_not_fit_name_their_place(name: str, at: int, place: int, value: Any) -> None:
    read_problem(small())
    wrong = small()
    wrong[name][at][place] = value
    with pytest.raises(InvalidInput) as caught:
        read_problem(wrong)
    assert list(caught.value.fields) == [f"problem.{name}.{at}.{place}"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({}, "problem"), (small(more=[]), "problem"), (small(pairs={}), "problem.pairs"),
        (small(offers=[["X", 100]]), "problem.offers.0"), (small(needs=[["A", "KEN", 100, 0.0]] * 2), "problem.needs"),
    ],
)  # fmt: skip
def test_inputs_of_a_round_of_another_shape_are_refused(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_problem(wrong)
    assert list(caught.value.fields) == [field]


def test_the_process_answers_as_the_function_does_and_names_what_does_not_fit() -> None:
    assert solve_request({"problem": small(), "fairness": "country"}) == allocate(pose(small()), "country").as_dict()
    with pytest.raises(InvalidInput) as caught:
        solve_request({"instance": {"needs": [NEED, NEED], "offers": []}})
    assert list(caught.value.fields) == ["needs.1.id"]
