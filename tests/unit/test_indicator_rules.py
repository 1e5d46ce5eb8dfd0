"""What observations come to: values, wholes, completeness, progress."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.compliance.indicators import rules
from registry.compliance.indicators.rules import Observed

YEAR = (date(2025, 1, 1), date(2025, 12, 31))


def seen(value=None, share=None, year=2025, **groups):
    numerator, denominator = share or (None, None)
    return Observed(
        date(year, 1, 1), date(year, 12, 31), groups,
        None if value is None else Fraction(value),
        None if numerator is None else Fraction(numerator),
        None if denominator is None else Fraction(denominator),
    )  # fmt: skip


def only(observations, unit="count", expected=()):
    (period,) = rules.periods(observations, unit, expected)
    return period


def test_a_share_is_in_the_unit_of_its_indicator():
    assert only([seen(share=(30, 120))], "percent").value == 25
    assert only([seen(share=(151, 2_000_000))], "rate_per_100k").value == Fraction(151, 20)


def test_a_share_over_nothing_is_not_applicable_and_not_zero():
    period = only([seen(share=(0, 0))], "percent")
    assert period.value is None and period.not_applicable
    assert rules.progress([period], None, None).status == "not_applicable"


def test_groups_of_one_dimension_make_the_whole_where_nobody_stated_it():
    period = only([seen(115, sex="male"), seen(35, sex="female"), seen(1, sex="unknown")], expected=["sex"])
    assert (period.value, period.summed_over) == (151, "sex")
    assert period.known["sex"] == Fraction(150, 151)


def test_a_stated_whole_stands_whatever_its_groups_say():
    period = only([seen(200), seen(115, sex="male"), seen(35, sex="female")], expected=["sex", "age"])
    assert (period.value, period.summed_over) == (200, None)
    assert period.known == {"sex": Fraction(3, 4), "age": 0}


def test_groups_of_two_dimensions_are_never_added_together():
    rows = [seen(60, sex="male"), seen(40, sex="female"), seen(70, age="18-29"), seen(30, age="30+")]
    assert only(rows, expected=["sex", "age"]).value == 100


def test_groups_that_stand_crosswise_count_once():
    rows = [
        seen(10, sex="male", age="18-29"), seen(20, sex="male", age="30+"),
        seen(30, sex="female", age="18-29"), seen(40, sex="female", age="30+"),
    ]  # fmt: skip
    period = only(rows, expected=["sex", "age"])
    assert period.value == 100
    assert period.known == {"sex": 1, "age": 1}


def test_shares_of_groups_are_added_by_their_numbers_and_not_averaged():
    rows = [seen(share=(9, 10), weapon_type="pistol"), seen(share=(0, 90), weapon_type="rifle")]
    assert only(rows, "percent", ["weapon_type"]).value == 9


def test_days_of_groups_make_no_whole():
    period = only([seen(3, authority="police"), seen(9, authority="army")], "days")
    assert period.value is None and not period.not_applicable


def test_groups_that_exceed_their_whole_are_named():
    period = only([seen(100), seen(80, sex="male"), seen(30, sex="female")], expected=["sex"])
    assert period.exceeding == ("sex",)
    assert period.known["sex"] == 1


def test_periods_come_in_the_order_of_their_ends():
    listed = rules.periods([seen(2, year=2026), seen(1, year=2024), seen(3, year=2025)], "count", ())
    assert [period.value for period in listed] == [1, 3, 2]


BEGIN = (Fraction(100), date(2020, 12, 31))
GOAL = (Fraction(0), date(2030, 12, 31))


@pytest.mark.parametrize(
    ("value", "year", "status"),
    [
        (50, 2025, "on_track"),
        (55, 2025, "on_track"),  # nine tenths of the way that is due
        (56, 2025, "off_track"),
        (110, 2025, "off_track"),
        (0, 2025, "achieved"),
        (-5, 2029, "achieved"),
        (1, 2030, "missed"),
        (0, 2031, "achieved"),
        (100, 2020, "on_track"),  # on the day of the baseline nothing is due
    ],
)
def test_progress_is_judged_on_the_straight_line_to_the_target(value, year, status):
    found = rules.progress(rules.periods([seen(value, year=year)], "count", ()), BEGIN, GOAL)
    assert found.status == status


def test_the_line_says_what_is_expected_by_the_end_of_the_period():
    found = rules.progress(rules.periods([seen(50)], "count", ()), BEGIN, (Fraction(0), date(2030, 12, 30)))
    assert found.gone == Fraction(1, 2)
    assert found.expected == 100 - 100 * Fraction(1826, 3651)


def test_without_target_or_observation_nothing_is_judged():
    assert rules.progress([], BEGIN, GOAL).status == "no_data"
    assert rules.progress(rules.periods([seen(5)], "count", ()), BEGIN, None).status == "no_target"
    assert rules.progress(rules.periods([seen(5, sex="male")], "days", ()), BEGIN, GOAL).status == "no_data"


def test_a_target_that_improves_nothing_is_known():
    assert rules.is_worse(Fraction(5), Fraction(5), "up") and rules.is_worse(Fraction(5), Fraction(6), "down")
    assert not rules.is_worse(Fraction(5), Fraction(6), "up")


def test_storing_costs_as_much_as_destroying_after_some_years():
    found = rules.store_or_destroy(Fraction(40_000), Fraction(100_000))
    assert (found.years_to_break_even, found.storing_ten_years) == (Fraction(5, 2), 400_000)
    assert rules.store_or_destroy(Fraction(0), Fraction(1)).years_to_break_even is None


@given(st.dictionaries(st.sampled_from(["male", "female", "unknown", "other"]), st.integers(0, 10**9), min_size=1))
def test_the_sum_and_its_completeness_do_not_depend_on_order(parts):
    rows = [seen(value, sex=group) for group, value in parts.items()]
    period, turned = only(rows, expected=["sex"]), only(rows[::-1], expected=["sex"])
    assert period == turned
    assert period.value == sum(parts.values())
    assert all(0 <= share <= 1 for share in period.known.values())


@given(st.integers(1, 10**6), st.integers(-(10**6), 10**6), st.integers(2021, 2031))
def test_a_better_value_never_has_a_worse_status(width, value, year):
    order = ["missed", "off_track", "on_track", "achieved"]
    baseline, target = (Fraction(0), BEGIN[1]), (Fraction(width), GOAL[1])

    def status(number):
        return rules.progress(rules.periods([seen(number, year=year)], "count", ()), baseline, target).status

    assert order.index(status(value + 1)) >= order.index(status(value))
