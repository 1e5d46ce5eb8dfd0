"""States, regions, codelists and money."""

from datetime import date
from decimal import Decimal

import pytest

from registry.catalogue import document_parts, document_results, document_schema, reference
from registry.catalogue.fields import Code
from registry.catalogue.money import (
    Money,
    currencies,
    format_money,
    minor_units,
    parse_money,
    to_decimal,
    to_minor,
    usd_cents,
)


@pytest.mark.parametrize(
    ("text", "alpha3"),
    [
        ("MLI", "MLI"),
        ("ml", "MLI"),
        ("466", "MLI"),
        ("Mali", "MLI"),
        ("马里", "MLI"),
        ("مالي", "MLI"),
        ("Мали", "MLI"),
        ("cote d'ivoire", "CIV"),
        ("Côte d’Ivoire", "CIV"),
        ("Bolivia", "BOL"),
        ("BOLIVIA (plurinational state of)", "BOL"),
        ("the Gambia", "GMB"),
        ("État de Palestine", "PSE"),
        ("Niger", "NER"),
        ("Nigeria", "NGA"),
        ("Atlantis", None),
        ("", None),
        ("XX", None),
    ],
)
def test_a_state_is_known_by_codes_and_names(text: str, alpha3: str | None) -> None:
    state = reference.resolve_state(text)
    assert (state and state.alpha3) == alpha3


def test_every_state_has_six_names_and_a_region_of_the_table() -> None:
    for state in reference.states().values():
        assert set(state.names) == set(reference.LANGUAGES), state
        assert state.region in reference.regions(), state
    assert sum(state.kind == "member" for state in reference.states().values()) == 193


@pytest.mark.parametrize(
    ("code", "alpha3"), [("ML", "MLI"), (" mli ", "MLI"), ("XX", None), ("", None), ("998", None), ("GF", "GUF")]
)
def test_country_codes_of_partners(code: str, alpha3: str | None) -> None:
    assert reference.country_of_iati(code) == alpha3


def test_a_region_holds_those_below_it() -> None:
    assert {"MLI", "ZAF", "EGY"} <= set(reference.regions()["002"].members)
    assert "FRA" not in reference.regions()["002"].members
    assert {"002", "011", "202"} <= set(reference.region_and_below("002"))
    assert reference.region_of_iati("289") == "202"
    assert reference.region_of_iati("011", "2") == "011"
    assert reference.region_of_iati("11", "2") == "011"
    assert reference.region_of_iati("289", "99") is None


def test_names_fall_back_to_english() -> None:
    assert reference.states()["MLI"].name("ru") == "Мали"
    assert reference.states()["MLI"].name("de") == "Mali"
    assert reference.codelist("ActivityStatus", "fr")["2"] != reference.codelist("ActivityStatus")["2"]
    assert all(theme.names["en"] for theme in reference.themes().values())


def test_every_codelist_that_forms_name_is_there() -> None:
    for module in (document_parts, document_results, document_schema):
        for cls in vars(module).values():
            for field in getattr(cls, "_declared_fields", {}).values():
                inner = getattr(field, "inner", field)
                if isinstance(inner, Code):
                    assert reference.codelist(inner.list_name), inner.list_name


@pytest.mark.parametrize(
    ("text", "currency", "money"),
    [
        ("USD $91,501.05", None, Money(9150105, "USD")),
        ("USD 99,958", None, Money(9995800, "USD")),
        ("EUR 5.56 m", None, Money(556000000, "EUR")),
        ("1 234,50 €", None, Money(123450, "EUR")),
        ("1.234.567,89", "EUR", Money(123456789, "EUR")),
        ("£12", None, Money(1200, "GBP")),
        ("1200", "JPY", Money(1200, "JPY")),
        ("١٢٣٫٥", "USD", Money(12350, "USD")),
        ("1'000.50", "CHF", Money(100050, "CHF")),
        ("-5", "USD", Money(-500, "USD")),
        ("$ 20", "USD", Money(2000, "USD")),
        ("1.234", "KWD", Money(1234, "KWD")),
        ("30 million", "USD", Money(3000000000, "USD")),
        ("12,5", "EUR", Money(1250, "EUR")),
        ("7", None, Money(700, None)),
        ("US$ 5", None, Money(500, "USD")),
    ],
)
def test_money_is_read_as_people_write_it(text: str, currency: str | None, money: Money) -> None:
    assert parse_money(text, currency) == money


@pytest.mark.parametrize(
    "text", ["", "abc", "12.500", "1,23,4", "USD 5 EUR", "QQQ 5", "1.2.3", "--5", "5 5 m m", "1,2,3"]
)
def test_what_is_no_money_or_could_be_two_things_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="."):
        parse_money(text, "USD")


def test_minor_units_follow_the_currency() -> None:
    assert (minor_units("USD"), minor_units("JPY"), minor_units("KWD"), minor_units(None)) == (2, 0, 3, 2)
    assert to_minor(Decimal("12.345"), "USD") == 1234, "half to even"
    assert to_decimal(1234, "KWD") == Decimal("1.234")
    assert format_money(9150105, "USD") == "USD 91,501.05"
    assert format_money(9995800, "USD") == "USD 99,958"
    assert all(0 <= digits <= 4 for digits, _ in currencies().values())


def test_dollars_are_converted_at_the_rate_of_the_year_and_say_which() -> None:
    converted = usd_cents(100_00, "EUR", "2020-05-01")
    assert converted is not None
    assert converted.cents == round(100_00 * float(converted.rate))
    assert converted.rate_date == "2020-12-31"
    assert usd_cents(100_00, "EUR", date(2020, 5, 1)) == converted
    yen = usd_cents(10_000, "JPY", "2020-05-01")
    assert yen is not None and 5_000 < yen.cents < 15_000
    dollars = usd_cents(7, "USD", None)
    assert dollars is not None and dollars.cents == 7


def test_what_cannot_be_converted_is_none() -> None:
    assert usd_cents(100, "EUR", None) is None
    assert usd_cents(100, None, "2020-01-01") is None
    assert usd_cents(100, "XTS", "2020-01-01") is None
    assert usd_cents(100, "EUR", "1950-01-01") is None


def test_a_year_to_come_takes_the_latest_rate_within_reach() -> None:
    last = max(year for year in range(2000, 2100) if usd_cents(1, "EUR", f"{year}-01-01") is not None)
    converted = usd_cents(100, "EUR", f"{last}-01-01")
    assert converted is not None and int(converted.rate_date[:4]) == last - 2
