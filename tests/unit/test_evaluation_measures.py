"""Measures of a ranking, by examples worked by hand; intervals that are the same each time."""

import itertools

import pytest

from registry.matching.evaluation.bootstrap import Drawing
from registry.matching.evaluation.measures import CUTS, measure


def test_a_funder_in_second_place_is_no_hit_at_one_and_half_a_reciprocal_rank() -> None:
    found = measure([(0.9, False), (0.8, True), (0.7, False)])
    assert found.hits == (0.0, 1.0, 1.0)
    assert found.reciprocal == 0.5
    assert (found.wrong, found.pairs) == (1.0, 2)


def test_of_several_funders_the_first_counts_for_hits_and_each_pair_for_misranking() -> None:
    found = measure([(0.9, True), (0.8, False), (0.7, True), (0.6, False)])
    assert found.hits == (1.0, 1.0, 1.0) and found.reciprocal == 1.0
    assert (found.wrong, found.pairs) == (1.0, 4)  # only 0.8 before 0.7


def test_no_candidates_and_no_funder_are_misses_with_nothing_to_compare() -> None:
    for candidates in ([], [(0.5, False), (0.4, False)]):
        found = measure(candidates)
        assert found.hits == (0.0, 0.0, 0.0) and found.reciprocal == 0.0
        assert (found.wrong, found.pairs) == (0.0, 0)


def test_a_ranking_that_says_nothing_gets_what_chance_gives() -> None:
    found = measure([(0.0, number == 0) for number in range(20)])
    assert found.hits == pytest.approx((1 / 20, 5 / 20, 10 / 20))
    assert found.reciprocal == pytest.approx(sum(1 / place for place in range(1, 21)) / 20)
    assert found.wrong / found.pairs == 0.5


@pytest.mark.parametrize("funders", [1, 2, 3])
def test_ties_are_the_mean_over_all_orders(funders: int) -> None:
    above, level = 3, 4
    equals = [True] * funders + [False] * (level - funders)
    ranks = [above + 1 + order.index(True) for order in itertools.permutations(equals)]
    found = measure([(1.0, False)] * above + [(0.5, funded) for funded in equals] + [(0.1, False)] * 9)
    for hit, cut in zip(found.hits, CUTS, strict=True):
        assert hit == pytest.approx(sum(rank <= cut for rank in ranks) / len(ranks))
    assert found.reciprocal == pytest.approx(sum(1 / rank for rank in ranks) / len(ranks))


def test_intervals_are_the_same_for_the_same_seed_and_hold_the_value() -> None:
    states = ["KEN", "KEN", "FRA", "UGA", "PER", "PER"]
    parts, wholes = [1.0, 0.0, 1.0, 0.0, 1.0, 1.0], [1.0] * 6
    one = Drawing(states, 500, 7).estimate(parts, wholes)
    assert one == Drawing(states, 500, 7).estimate(parts, wholes)
    assert one.value == pytest.approx(4 / 6) and one.low is not None and one.high is not None
    assert one.low <= one.value <= one.high


def test_whole_states_are_drawn_not_single_needs() -> None:
    # Within a State all needs agree: drawn by itself, each need would bring the interval close around one half.
    states = [code for code in ("AAA", "BBB") for _ in range(100)]
    found = Drawing(states, 500, 1).estimate([1.0] * 100 + [0.0] * 100, [1.0] * 200)
    assert (found.low, found.high) == (0.0, 1.0)


def test_one_state_has_a_value_without_interval_and_nothing_has_none() -> None:
    alone = Drawing(["KEN", "KEN"], 100, 1)
    assert alone.estimate([1.0, 0.0], [1.0, 1.0]).as_dict() == {"value": 0.5, "low": None, "high": None}
    assert alone.estimate([0.0, 0.0], [0.0, 0.0]).value is None
    assert Drawing([], 100, 1).estimate([], []).value is None


def test_a_difference_is_drawn_with_the_same_states_on_both_sides() -> None:
    drawing = Drawing(["KEN", "FRA", "UGA"], 300, 1)
    found = drawing.difference([0.9, 0.5, 0.1], [0.8, 0.4, 0.0], [1.0] * 3)
    assert found.as_dict() == {"value": 0.1, "low": 0.1, "high": 0.1}
