"""What the steps of a proposal come to, what is possible when, what is left."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import Conflict
from registry.matching.ledger import rules
from registry.matching.ledger.rules import NEED, OFFER, REGISTRY, Left, Taken

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


@dataclass
class Step:
    act: str
    side: str = REGISTRY
    amount: int | None = None
    reason: str | None = None
    at: datetime = NOON


def standing(*steps, amount=1000):
    return rules.replay([Step("propose", REGISTRY), *steps], amount)


BOTH = (Step("accept", NEED), Step("accept", OFFER))


def test_both_sides_must_accept_what_the_coordinator_proposes():
    assert standing().waits_for == (NEED, OFFER)
    assert standing(Step("accept", OFFER)).waits_for == (NEED,)
    agreed = standing(*BOTH)
    assert (agreed.status, agreed.waits_for, agreed.agreed_at) == ("agreed", (), NOON)


def test_who_proposes_for_a_side_has_accepted_for_it():
    found = rules.replay([Step("propose", OFFER)], 1000)
    assert found.waits_for == (NEED,)
    assert rules.replay([Step("propose", OFFER), Step("accept", NEED)], 1000).status == "agreed"


def test_received_in_parts_it_is_delivered_when_all_is():
    part = standing(*BOTH, Step("deliver", NEED, 400))
    assert (part.status, part.delivered) == ("agreed", 400)
    assert standing(*BOTH, Step("deliver", NEED, 400), Step("deliver", NEED, 600)).status == "delivered"
    assert standing(*BOTH, Step("deliver", NEED), amount=None).status == "delivered"


@pytest.mark.parametrize(
    ("steps", "act", "side"),
    [
        ((), "disburse", OFFER),
        ((), "deliver", NEED),
        ((), "cancel", NEED),
        ((), "link", OFFER),
        ((), "met", NEED),
        ((), "answer", NEED),
        ((Step("ask", NEED),), "answer", NEED),
        ((Step("decline", NEED),), "accept", OFFER),
        ((Step("withdraw"),), "accept", NEED),
        ((Step("lapse"),), "ask", NEED),
        (BOTH, "decline", NEED),
        (BOTH, "withdraw", REGISTRY),
        ((*BOTH, Step("disburse", OFFER, 1)), "cancel", OFFER),
        ((*BOTH, Step("deliver", NEED, 1000)), "disburse", OFFER),
        ((), "withdraw", NEED),
    ],
)
def test_what_is_not_possible_now_says_why(steps, act, side):
    with pytest.raises(Conflict) as caught:
        rules.require(act, side, standing(*steps))
    assert str(caught.value)


def test_the_same_answer_again_is_no_error():
    assert rules.is_repeated("accept", NEED, standing(Step("accept", NEED)))
    assert rules.is_repeated("accept", NEED, standing(*BOTH))
    assert not rules.is_repeated("accept", OFFER, standing(Step("accept", NEED)))
    assert rules.is_repeated("decline", OFFER, standing(Step("decline", NEED)))
    assert not rules.is_repeated("accept", NEED, standing(Step("decline", NEED)))


def test_an_objection_comes_before_it_is_public():
    assert rules.is_possible("object", NEED, standing(*BOTH))
    assert not rules.is_possible("object", NEED, standing(*BOTH), posted=True)


def test_a_need_in_one_currency_is_counted_in_it_whatever_the_rates():
    lines = [Taken(100, "EUR", 108), Taken(50, "EUR", 54)]
    assert rules.left_of_need(lines, [Taken(120, "EUR", 140)]) == Left(30, "EUR")
    assert rules.left_of_need(lines, [Taken(120, "USD", 120)]) == Left(42, "USD")
    assert rules.left_of_need(lines, [Taken(None, None, None)]) == Left(150, "EUR")


def test_what_is_not_known_is_not_said():
    assert rules.left_of_need([Taken(100, "EUR", 108), Taken(None, None, None)], []) == Left(None, None)
    assert rules.left_of_need([], []) == Left(None, None)
    assert rules.left_of_need([Taken(100, "XTS", None)], [Taken(5, "USD", 5)]) == Left(None, None)
    assert rules.left_of_offer(None, [Taken(5, "USD", 5)]) is None


acts = st.sampled_from(
    ["accept", "decline", "ask", "answer", "withdraw", "cancel", "disburse", "deliver", "lapse", "met"]
)


@given(st.lists(st.tuples(acts, st.sampled_from([NEED, OFFER, REGISTRY]), st.integers(1, 600)), max_size=30))
def test_sums_stay_within_the_commitment_and_what_has_ended_stays_ended(tries):
    """Acts in any order, each taken only where the rules let it: what the service does."""
    steps = [Step("propose", REGISTRY)]
    for act, side, amount in tries:
        before = rules.replay(steps, 1000)
        if not rules.is_possible(act, side, before) or rules.is_repeated(act, side, before):
            continue
        so_far = before.disbursed if act == "disburse" else before.delivered
        if act in ("disburse", "deliver") and so_far + amount > 1000:
            continue
        steps.append(Step(act, side, amount if act in ("disburse", "deliver") else None, "yes"))
        after = rules.replay(steps, 1000)
        assert 0 <= after.disbursed <= 1000 and 0 <= after.delivered <= 1000
        assert (after.status == "delivered") == (after.delivered == 1000)
        if before.status in ("declined", "withdrawn", "lapsed", "cancelled"):
            assert after.status == before.status
        if after.status == "agreed":
            assert {NEED, OFFER} <= after.accepted
