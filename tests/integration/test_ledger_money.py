"""Money in several currencies, lines and types: one comparable form, the rate stored, never more than a line asks."""

from datetime import date
from typing import Any

import pytest

from registry.accounts.actor import system
from registry.catalogue.money import Money
from registry.db import Database
from registry.errors import Conflict, InvalidInput
from registry.matching import needs
from registry.matching.ledger import applying, capacity, views
from registry.matching.rounds import freezing
from registry.matching.rounds import service as rounds
from tests.support.ledger import LINE, Ids, agreed, done, open_pair, proposed, shown
from tests.support.matching import COORDINATOR, KENYA, NOW, open_need, open_offer, organisation


def line(type_: str, amount: int | None, currency: str = "USD") -> dict[str, Any]:
    money = {"amount": amount, "currency": currency, "value_date": "2026-11-01"} if amount else None
    return {"type": type_, "money": money, **({} if amount else {"quantity": 40, "unit": "officers"})}


def giving(currency: str, **changed: Any) -> dict[str, Any]:
    return {"currency": currency, "min_grant": None, "max_grant": None, "budget": 500_000_00, **changed}


def test_a_need_in_francs_takes_dollars_by_the_rate_that_is_stored(database: Database) -> None:
    """XOF 10,000,000 are worth USD 16,495 by the average of 2024: USD 100,000 are too much, by the rate."""
    pair = open_pair(database, {"lines": [line("equipment", 10_000_000, "XOF")]}, giving("USD"))
    with pytest.raises(InvalidInput) as caught:
        proposed(database, pair, 100_000_00)
    assert "XOF 10,000,000" in str(caught.value.fields["amount"])
    with database.reading() as session:
        most = views.largest(session, COORDINATOR, pair["need"], pair["offer"], now=NOW)
    assert (most["amount"], most["currency"], most["rate_date"]) == (16_495_00, "USD", date(2024, 12, 31))
    with pytest.raises(InvalidInput):
        proposed(database, pair, most["amount"] + 1)
    number = agreed(database, pair, most["amount"])
    found = shown(database, number)
    assert (found["need_currency"], found["rate_date"]) == ("XOF", date(2024, 12, 31))
    assert abs(found["need_amount"] - 10_000_000) <= 3 and found["rate"].startswith("606.2443") and found["rate_source"]
    with database.reading() as session:
        left = capacity.left_of_need(session, capacity.ALL, pair["need"])
    assert left == Money(10_000_000 - found["need_amount"], "XOF")


def test_a_need_in_euros_is_met_from_francs(database: Database) -> None:
    pair = open_pair(database, {"lines": [line("equipment", 90_000_00, "EUR")]}, giving("CHF"))
    number = agreed(database, pair, 85_000_00)
    assert shown(database, number)["need_amount"] == 89_242_14, "1.136 / 1.082"
    with database.reading() as session:
        assert capacity.left_of_need(session, capacity.ALL, pair["need"]) == Money(757_86, "EUR")
        assert views.ledger(session, KENYA, "need_id", pair["need"])["left"] == {"amount": 757_86, "currency": "EUR"}


def test_without_a_rate_nothing_is_compared(database: Database) -> None:
    pair = open_pair(database, {"lines": [line("equipment", 90_000_00, "EUR")]}, giving("KWD"))
    with pytest.raises(InvalidInput) as caught:
        proposed(database, pair, 1_00)
    assert list(caught.value.fields) == ["currency"]
    assert "Ask the coordinators for a newer table of rates" in str(caught.value.fields)


@pytest.mark.parametrize(
    ("currency", "year", "missing"), [("XOF", 2026, False), ("XOF", 2027, True), ("EUR", 2027, False)]
)
def test_a_table_of_rates_that_has_ended_is_said_beforehand(
    database: Database, currency: str, year: int, missing: bool
) -> None:
    pair = open_pair(database, {"lines": [line("equipment", 90_000_00, "EUR")]}, giving(currency))
    with database.reading() as session:
        found = views.largest(session, COORDINATOR, pair["need"], pair["offer"], now=NOW.replace(year=year))
    assert (found["without_rate"], found["amount"] is None) == (missing, missing)


def test_a_rounds_grant_goes_out_whatever_the_currencies(database: Database) -> None:
    """Its own grant was skipped as promised already: rounds count in dollars of value dates, the ledger by the day."""
    old = {"type": "equipment", "money": {"amount": 10_000_000, "currency": "XOF", "value_date": "2023-06-01"}}
    pair = open_pair(database, {"lines": [old]}, giving("CHF", value_date="2022-06-01"))
    with database.transaction() as session:
        number = rounds.open_round(session, COORDINATOR, "Spring meeting", ["none"], NOW).id or 0
    rounds.work_off(database, system("scheduler"), number)
    with database.transaction() as session:
        outcome = applying.apply_scenario(session, COORDINATOR, number, "none", NOW)
    assert outcome["skipped"] == [] and len(outcome["proposed"]) == 1
    found = shown(database, outcome["proposed"][0])
    assert found["currency"] == "CHF" and 9_990_000 < found["need_amount"] <= 10_000_000
    assert [row["proposed"] for row in outcome["adjusted"]] == [found["amount"]], "and it is said"
    assert pair


def test_help_goes_to_lines_of_the_type_that_is_offered(database: Database) -> None:
    lines = [line("equipment", 100_000_00), line("training", 30_000_00)]
    pair = open_pair(database, {"lines": lines}, giving("USD", types=["training"]))
    for wrong, field in (({"type": "equipment"}, "type"), ({"amount": 100_000_00}, "amount")):
        with pytest.raises(InvalidInput) as caught:
            proposed(database, pair, **{"amount": 10_000_00, **wrong})
        assert list(caught.value.fields) == [field]
    assert "USD 30,000" in str(caught.value.fields)
    number = agreed(database, pair, 30_000_00)
    assert (shown(database, number)["type"], shown(database, number)["types"]) == ("training", ["training"])
    with database.reading() as session:
        assert capacity.left_of_need(session, capacity.ALL, pair["need"], {"training"}) == Money(0, "USD")
        assert capacity.left_of_need(session, capacity.ALL, pair["need"], {"equipment"}) == Money(100_000_00, "USD")


def test_what_is_for_several_types_leaves_each_of_them_what_it_needs(database: Database) -> None:
    """120,000 for equipment or training: of the lines of 100,000 and 30,000 only 10,000 are left, for either."""
    lines = [line("equipment", 100_000_00), line("training", 30_000_00)]
    pair = open_pair(database, {"lines": lines}, giving("USD", types=["training", "equipment"]))
    agreed(database, pair, 120_000_00)
    with pytest.raises(InvalidInput, match="attention") as caught:
        proposed(database, pair, 10_000_01, type="training")
    assert "USD 10,000" in str(caught.value.fields)
    assert proposed(database, pair, 10_000_00, type="training")


def test_the_largest_grant_counts_all_commitments_to_one_need(database: Database) -> None:
    pair = open_pair(database, offer={"max_grant": 60_000_00})
    agreed(database, pair, 40_000_00)
    with pytest.raises(InvalidInput) as caught:
        proposed(database, pair, 30_000_00)
    assert "USD 20,000 more" in str(caught.value.fields["amount"])


def test_a_type_that_went_away_since_is_not_accepted(database: Database) -> None:
    lines = [line("equipment", 100_000_00), line("training", 30_000_00)]
    pair = open_pair(database, {"lines": lines}, giving("USD", types=["training", "equipment"]))
    number = proposed(database, pair, 20_000_00, type="training")
    with database.transaction() as session:
        needs.update_need(session, KENYA, pair["need"], {"lines": lines[:1]}, None)
    with pytest.raises(Conflict) as caught:
        done(database, KENYA, number, "accept")
    assert caught.value.details["blocks"] == ["type_mismatch"]


def test_what_is_agreed_in_another_currency_covers_the_need_for_matching_too(database: Database) -> None:
    pair = open_pair(database, {"lines": [line("equipment", 10_000_000, "XOF")]}, giving("USD"))
    with database.transaction() as session:
        other = open_offer(session, organisation(session, "Other"), **giving("CHF")).id or 0
        third = open_need(session, lines=[LINE], title="Another").id or 0
    with database.reading() as session:
        most = capacity.most(session, capacity.ALL, pair["need"], pair["offer"], {"equipment"}, NOW.date())
    assert most is not None
    agreed(database, pair, most.amount.amount)
    with database.reading() as session:
        frozen = freezing.freeze(session, NOW)
    asked = {row[0]: row[2] for row in frozen["problem"]["needs"]}
    assert f"{pair['need']}:equipment" not in asked and f"{third}:equipment" in asked
    ids: Ids = pair | {"offer": other}
    with pytest.raises((Conflict, InvalidInput)):
        proposed(database, ids, 1_00)
