"""Which country gets how much of a programme, and totals in dollars."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.catalogue.shares import country_shares, unknown_countries
from registry.catalogue.totals import describe, totals_of

CODES = {"ML": "MLI", "NE": "NER", "BF": "BFA"}


def usd(amount: int, **more: Any) -> dict[str, Any]:
    return {"amount": amount, "currency": "USD", "value_date": "2023-01-01", **more}


def spent(type_: str, amount: int, *codes: str) -> dict[str, Any]:
    return {"type": type_, "date": "2023-01-01", "value": usd(amount), "countries": [{"code": code} for code in codes]}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({}, {}),
        ({"countries": [{"code": "ML"}]}, {"MLI": 1.0}),
        (
            {"countries": [{"code": "ML", "percentage": 25}, {"code": "NE", "percentage": 75}]},
            {"MLI": 0.25, "NER": 0.75},
        ),
        ({"countries": [{"code": "ML", "percentage": 50}, {"code": "XX", "percentage": 50}]}, {"MLI": 0.5}),
        (
            {"countries": [{"code": "ML", "percentage": 100}, {"code": "NE", "percentage": 100}]},
            {"MLI": 0.5, "NER": 0.5},
        ),
        ({"countries": [{"code": "ML", "percentage": 30}, {"code": "NE", "percentage": 30}]}, {"MLI": 0.5, "NER": 0.5}),
        ({"countries": [{"code": "ML"}, {"code": "NE"}]}, {"MLI": None, "NER": None}),
        ({"countries": [{"code": "ML", "percentage": 40}, {"code": "NE"}]}, {"MLI": 0.4, "NER": None}),
        (
            {
                "countries": [{"code": "ML", "percentage": 50}],
                "regions": [{"code": "298", "vocabulary": "1", "percentage": 50}],
            },
            {"MLI": 0.5},
        ),
        ({"countries": [{"code": "ML"}], "regions": [{"code": "298"}]}, {"MLI": None}),
        ({"countries": [{"code": "ML", "percentage": 0}, {"code": "NE", "percentage": 0}]}, {"MLI": None, "NER": None}),
        (
            {
                "countries": [
                    {"code": "ML", "percentage": 20},
                    {"code": "ML", "percentage": 30},
                    {"code": "NE", "percentage": 50},
                ]
            },
            {"MLI": 0.5, "NER": 0.5},
        ),
    ],
)
def test_declared_percentages_become_shares(document: dict[str, Any], expected: dict[str, float | None]) -> None:
    assert country_shares(document, CODES.get) == expected


def test_countries_on_transactions_share_by_commitments_first() -> None:
    document = {"transactions": [spent("2", 300, "ML"), spent("2", 100, "NE"), spent("3", 999, "NE")]}
    assert country_shares(document, CODES.get) == {"MLI": 0.75, "NER": 0.25}


def test_disbursements_and_expenditures_share_where_there_is_no_commitment() -> None:
    document = {"transactions": [spent("3", 300, "ML"), spent("4", 100, "NE"), spent("1", 5000, "BF")]}
    assert country_shares(document, CODES.get) == {"MLI": 0.75, "NER": 0.25, "BFA": None}


def test_negative_amounts_are_netted_and_no_share_is_below_zero() -> None:
    document = {
        "transactions": [spent("2", 300, "ML"), spent("2", -100, "ML"), spent("2", 200, "NE"), spent("2", -50, "BF")]
    }
    assert country_shares(document, CODES.get) == {"MLI": 0.5, "NER": 0.5, "BFA": 0.0}


def test_what_falls_to_no_known_country_keeps_its_part() -> None:
    document = {"transactions": [spent("2", 300, "ML"), spent("2", 100, "XX"), spent("2", 100), spent("2", 100, "NE")]}
    assert country_shares(document, CODES.get) == {"MLI": 0.5, "NER": pytest.approx(1 / 6)}
    assert unknown_countries(document, CODES.get) == {"XX"}


def test_mixed_currencies_are_shared_in_dollars() -> None:
    euro = spent("2", 300, "ML")
    euro["value"] = {"amount": 100_00, "currency": "EUR", "value_date": "2023-05-01"}
    shares = country_shares({"transactions": [euro, spent("2", 100_00, "NE")]}, CODES.get)
    assert shares["MLI"] > 0.5 > shares["NER"] > 0.4  # type: ignore[operator]


amounts = st.integers(-10_000, 10_000)
transactions = st.lists(
    st.builds(spent, st.sampled_from("1234"), amounts, *[st.sampled_from(["ML", "NE", "BF", "XX"])] * 1), max_size=8
)


@given(transactions)
def test_shares_never_exceed_the_whole(listed: list[dict[str, Any]]) -> None:
    shares = [share for share in country_shares({"transactions": listed}, CODES.get).values() if share is not None]
    assert all(0 <= share <= 1 for share in shares)
    assert sum(shares) <= 1 + 1e-9


def test_totals_count_each_kind_of_transaction_once() -> None:
    document = {
        "budgets": [{"type": "1", "period_start": "2023-01-01", "value": usd(500)}],
        "transactions": [
            spent("1", 9),
            spent("2", 100),
            spent("3", 30),
            spent("4", 5),
            spent("3", -10),
            spent("11", 7),
        ],
    }
    totals = totals_of(document)
    assert {name: total.usd for name, total in totals.items()} == {"budget": 500, "commitment": 100, "disbursement": 25}


def test_a_revised_budget_stands_in_for_the_original_of_its_period() -> None:
    year = {"period_start": "2023-01-01", "period_end": "2023-12-31"}
    other = {"period_start": "2024-01-01", "period_end": "2024-12-31"}
    budgets = [
        {"type": "1", **year, "value": usd(500)},
        {"type": "2", **year, "value": usd(700)},
        {**other, "value": usd(1)},
    ]
    assert totals_of({"budgets": budgets})["budget"].usd == 701


def test_what_cannot_be_converted_is_unknown_and_not_zero() -> None:
    lost = {"type": "2", "value": {"amount": 5}}
    totals = totals_of({"transactions": [lost]})
    assert totals["commitment"].usd is None
    assert totals["commitment"].unconverted == 1
    partly = totals_of({"transactions": [lost, spent("2", 100)]})["commitment"]
    assert (partly.usd, partly.counted, partly.unconverted) == (100, 1, 1)


def test_the_rates_a_total_rests_on_are_shown() -> None:
    value = {"amount": 100_00, "currency": "EUR"}
    described = describe(totals_of({"transactions": [{"type": "2", "date": "2022-03-01", "value": value}]}))
    (rate,) = described["commitment"]["rates"]
    assert rate["currency"] == "EUR"
    assert rate["date"] == "2022-12-31"
    assert described["commitment"]["usd"] == round(100_00 * float(rate["usd_per_unit"]))


def test_an_amount_beyond_all_money_is_left_out() -> None:
    document = {"transactions": [spent("2", 10**30), spent("2", 1)]}
    assert totals_of(document)["commitment"].usd == 1
