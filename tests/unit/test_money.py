"""Money refuses to compare or add across currencies; a dated rate makes the two one."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.catalogue.money import DifferentCurrencies, Money, rate_between

TODAY = date(2026, 11, 23)
CODES = ["USD", "EUR", "CHF", "XOF", "KWD"]


@pytest.mark.parametrize("other", [Money(1, "EUR"), Money(1, None)])
def test_two_currencies_are_neither_compared_nor_added(other: Money) -> None:
    for wrong in (lambda: Money(1, "USD") + other, lambda: Money(1, "USD") - other, lambda: Money(1, "USD") < other,
                  lambda: max(Money(1, "USD"), other), lambda: Money(1, "USD") >= other):  # fmt: skip
        with pytest.raises(DifferentCurrencies):
            wrong()
    assert Money(1, "USD") != other
    with pytest.raises(DifferentCurrencies):
        Money(1, None) + Money(1, None)


def test_amounts_of_one_currency_add_up() -> None:
    assert Money(5, "USD") + Money(7, "USD") - Money(20, "USD") == Money(-8, "USD")
    assert max(Money(5, "USD"), Money(7, "USD")) == Money(7, "USD") and str(Money(5_00, "USD")) == "USD 5"


def test_a_rate_says_its_year_and_where_it_comes_from() -> None:
    rate = rate_between("CHF", "EUR", TODAY)
    assert rate and (rate.factor, rate.on) == (Decimal("1.04990757856"), date(2024, 12, 31)) and rate.source
    assert Money(100_00, "CHF").at(rate) == Money(104_99, "EUR")
    with pytest.raises(DifferentCurrencies):
        Money(100_00, "USD").at(rate)
    assert rate_between("CHF", "XTS", TODAY) is None and rate_between("CHF", "EUR", date(2031, 1, 1)) is None


@given(st.integers(0, 10**12), st.sampled_from(CODES), st.sampled_from(CODES))
def test_the_most_that_an_amount_holds_is_the_most(amount: int, of: str, into: str) -> None:
    rate = rate_between(of, into, TODAY)
    if rate is None:
        return
    bound = Money(amount, into)
    most = bound.most_at(rate)
    assert most.at(rate) <= bound
    assert Money(most.amount + 1, of).at(rate) > bound
