"""What is agreed stays covered, the rest is called off, entries are corrected by entries, flagged pairs are decided."""

from datetime import timedelta
from typing import Any

import pytest

from registry.accounts.actor import system
from registry.catalogue.money import Money
from registry.db import Database
from registry.errors import Conflict, InvalidInput, NotAllowed
from registry.matching import needs, offers
from registry.matching.ledger import capacity, service, views
from registry.matching.ledger.upkeep import tend
from registry.settings import Settings
from tests.support.ledger import LINE, Ids, agreed, done, open_pair, shown
from tests.support.matching import COORDINATOR, KENYA, NOW, donor


def cut(database: Database, pair: Ids, side: str, **what: Any) -> None:
    with database.transaction() as session:
        if side == "need":
            needs.update_need(session, KENYA, pair["need"], what, None)
        else:
            offers.update_offer(session, donor(pair["giver"]), pair["offer"], what, None)


def asks(amount: int, type_: str = "equipment", currency: str = "USD") -> dict[str, Any]:
    return {"type": type_, "money": {"amount": amount, "currency": currency, "value_date": "2026-11-01"}}


@pytest.mark.parametrize(
    ("side", "what"),
    [
        ("offer", {"budget": 49_999_99, "max_grant": None}),
        ("offer", {"max_grant": 49_999_99}),
        ("offer", {"currency": "EUR"}),
        ("need", {"lines": [asks(49_999_99)]}),
        ("need", {"lines": [asks(100_000_00, "training")]}),
        ("need", {"lines": [asks(49_999_99), asks(500_000_00, "training")]}),
        ("offer", {"min_grant": 50_000_01}),
        ("need", {"lines": [{"type": "equipment", "quantity": 4, "unit": "machines"}]}),
        ("need", {"lines": [{"type": "equipment", "quantity": 4, "unit": "machines"}, asks(500_000_00, "training")]}),
        ("need", {"lines": [{"type": "equipment", "quantity": 4, "unit": "machines"}, asks(49_999_99)]}),
    ],
)
def test_nothing_is_cut_below_what_is_agreed(database: Database, side: str, what: dict[str, Any]) -> None:
    pair = open_pair(database)
    number = agreed(database, pair, 50_000_00)
    with pytest.raises(Conflict) as caught:
        cut(database, pair, side, **what)
    assert caught.value.details == {"agreed": 50_000_00, "currency": "USD", "commitments": [number]}
    cut(database, pair, "need", lines=[asks(50_000_00)])
    cut(database, pair, "offer", budget=50_000_00, min_grant=50_000_00, max_grant=50_000_00)
    cut(database, pair, "need", lines=[asks(50_000_00), {"type": "equipment", "quantity": 4, "unit": "machines"}])


def test_the_rest_of_a_partly_paid_commitment_is_called_off(database: Database) -> None:
    pair = open_pair(database)
    number, giver = agreed(database, pair), donor(pair["giver"])
    done(database, giver, number, "disburse", amount=20_000_00, on="2026-11-23")
    for wrong in (19_999_99, 50_000_00):
        with pytest.raises(InvalidInput) as caught:
            done(database, giver, number, "reduce", amount=wrong, reason="policy")
        assert list(caught.value.fields) == ["amount"]
    done(database, giver, number, "reduce", amount=30_000_00, reason="amount", text="Cheaper than thought")
    done(database, giver, number, "reduce", reason="policy")
    found = shown(database, number)
    assert (found["status"], found["amount"], found["first_amount"], found["need_amount"]) == (
        "agreed", 20_000_00, 50_000_00, 20_000_00,
    )  # fmt: skip
    with database.reading() as session:
        assert capacity.left_of_offer(session, capacity.ALL, pair["offer"]) == Money(480_000_00, "USD")
        assert capacity.left_of_need(session, capacity.ALL, pair["need"]) == Money(80_000_00, "USD")
    assert done(database, KENYA, number, "deliver", amount=20_000_00, on="2026-11-23") == "delivered"


def test_a_wrong_entry_is_taken_back_by_an_entry_and_nothing_is_edited(database: Database) -> None:
    pair = open_pair(database)
    number, giver = agreed(database, pair), donor(pair["giver"])
    done(database, giver, number, "disburse", amount=50_000_00, on="2026-09-01")
    done(database, KENYA, number, "deliver", amount=50_000_00, on="2026-11-23")

    def steps() -> list[dict[str, Any]]:
        with database.reading() as session:
            return views.step_rows(session, COORDINATOR, service.get_proposal(session, COORDINATOR, number))

    paid, got = (next(s["id"] for s in steps() if s["act"] == act) for act in ("disburse", "deliver"))
    with pytest.raises(NotAllowed):
        done(database, giver, number, "reverse", step_id=got, text="Not ours")
    assert done(database, KENYA, number, "reverse", step_id=got, text="It was another programme") == "agreed"
    done(database, giver, number, "reverse", step_id=paid, text="Typed twice")
    with pytest.raises((InvalidInput, Conflict)):
        done(database, giver, number, "reverse", step_id=paid, text="Again")
    found = shown(database, number)
    assert (found["disbursed"], found["delivered"]) == (0, 0)
    assert [(s["act"], s["early"]) for s in steps()][3:] == [
        ("disburse", True), ("deliver", False), ("reverse", False), ("reverse", True),
    ]  # fmt: skip


@pytest.mark.parametrize("on", ["2026-11-24", "2026-08-24"])
def test_a_payment_lies_neither_ahead_nor_long_before_the_agreement(database: Database, on: str) -> None:
    pair = open_pair(database)
    number = agreed(database, pair)
    for actor, act in ((donor(pair["giver"]), "disburse"), (KENYA, "deliver")):
        with pytest.raises(InvalidInput) as caught:
            done(database, actor, number, act, amount=1_00, on=on)
        assert list(caught.value.fields) == ["on"]
    done(database, KENYA, number, "deliver", amount=1_00, on="2026-08-25")


def later(database: Database, days: int) -> None:
    with database.transaction() as session:
        tend(session, system("test"), Settings(), NOW + timedelta(days=days))


def test_a_coordinator_decides_on_what_is_flagged(database: Database) -> None:
    pair = open_pair(database)
    number, giver = agreed(database, pair), donor(pair["giver"])
    cut(database, pair, "offer", places=["FRA"])
    later(database, 8)
    found = shown(database, number)
    assert (found["flags"], found["posted_at"], found["acts"][-2:]) == (["geography"], None, ["allow", "end"])
    for actor in (giver, KENYA):
        with pytest.raises(NotAllowed):
            done(database, actor, number, "allow", text="Go on")
    with pytest.raises(InvalidInput):
        done(database, COORDINATOR, number, "allow")
    done(database, COORDINATOR, number, "allow", text="Agreed before the offer changed")
    later(database, 9)
    found = shown(database, number)
    assert (found["flags"], found["allowed"], bool(found["posted_at"])) == ([], ["geography"], True)
    done(database, giver, number, "disburse", amount=1_00, on="2026-11-23")
    cut(database, pair, "need", themes=["gender"])
    later(database, 10)
    assert shown(database, number)["flags"] == ["theme_mismatch"], "another reason is decided by itself"
    assert done(database, COORDINATOR, number, "end", text="It is about something else now") == "agreed"
    assert shown(database, number)["amount"] == 1_00, "what was paid stays, the rest is given back"
    assert LINE
