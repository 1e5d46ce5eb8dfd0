"""What the steps of a proposal come to, what is possible when, what is left."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.catalogue.money import Money
from registry.errors import Conflict
from registry.matching.ledger import rules
from registry.matching.ledger.rules import NEED, OFFER, REGISTRY, Share

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


@dataclass
class Step:
    act: str
    side: str = REGISTRY
    amount: int | None = None
    reason: str | None = None
    at: datetime = NOON
    id: int | None = None
    flags: str = ""
    reverses_id: int | None = None


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
        ((*BOTH, Step("deliver", NEED, 1000)), "reduce", OFFER),
        (BOTH, "reverse", OFFER),
        (BOTH, "allow", REGISTRY),
        ((*BOTH, Step("flag", flags="embargo")), "allow", REGISTRY),
        ((*BOTH, Step("flag", flags="geography"), Step("flag")), "end", REGISTRY),
        ((), "withdraw", NEED),
    ],
)
def test_what_is_not_possible_now_says_why(steps, act, side):
    with pytest.raises(Conflict) as caught:
        rules.require(act, side, standing(*steps))
    assert str(caught.value)


def test_the_rest_is_called_off_and_what_was_received_stays():
    paid = standing(*BOTH, Step("disburse", OFFER, 600), Step("reduce", OFFER, 600))
    assert (paid.status, paid.amount, paid.disbursed) == ("agreed", 600, 600)
    assert standing(*BOTH, Step("deliver", NEED, 600), Step("reduce", NEED, 600)).status == "delivered"


def test_a_wrong_entry_is_taken_back_by_another():
    steps = (*BOTH, Step("disburse", OFFER, 900, id=1), Step("deliver", NEED, 1000, id=2))
    assert standing(*steps).status == "delivered"
    found = standing(*steps, Step("reverse", NEED, reverses_id=2), Step("reverse", OFFER, reverses_id=1))
    assert (found.status, found.disbursed, found.delivered, found.reversed) == ("agreed", 0, 0, {1, 2})
    kind = standing(*BOTH, Step("deliver", NEED, id=1), Step("reverse", NEED, reverses_id=1), amount=None)
    assert (kind.status, kind.received) == ("agreed", 0)


def test_what_a_coordinator_lets_pass_is_no_longer_flagged_and_the_end_keeps_what_was_paid():
    flagged = (*BOTH, Step("disburse", OFFER, 300), Step("flag", flags="geography,embargo"))
    assert standing(*flagged).flags == {"geography", "embargo"}
    passed = standing(*flagged, Step("allow", flags="geography"))
    assert (passed.flags, passed.allowed) == ({"embargo"}, {"geography"})
    ended = standing(*flagged, Step("end"))
    assert (ended.status, ended.amount, ended.disbursed) == ("agreed", 300, 300)
    assert standing(*BOTH, Step("flag", flags="embargo"), Step("end")).status == "cancelled"


def test_the_same_answer_again_is_no_error():
    assert rules.is_repeated("accept", NEED, standing(Step("accept", NEED)))
    assert rules.is_repeated("accept", NEED, standing(*BOTH))
    assert not rules.is_repeated("accept", OFFER, standing(Step("accept", NEED)))
    assert rules.is_repeated("decline", OFFER, standing(Step("decline", NEED)))
    assert not rules.is_repeated("accept", NEED, standing(Step("decline", NEED)))


def test_an_objection_comes_before_it_is_public():
    assert rules.is_possible("object", NEED, standing(*BOTH))
    assert not rules.is_possible("object", NEED, standing(*BOTH), posted=True)


def eur(amount: int) -> Money:
    return Money(amount, "EUR")


def share(amount: int, *types: str) -> Share:
    return Share(frozenset(types), eur(amount))


ASKED = {"equipment": eur(100), "training": eur(50)}


@pytest.mark.parametrize(
    ("taken", "types", "left"),
    [
        ((), None, 150),
        ((share(120, "equipment", "training"),), None, 30),
        ((share(120, "equipment", "training"),), ("equipment",), 30),
        ((share(120, "equipment", "training"),), ("training",), 30),
        ((share(30, "equipment", "training"),), ("training",), 50),
        ((share(90, "equipment"),), ("training",), 50),
        ((share(90, "equipment"), share(20, "equipment", "training")), ("training",), 40),
        ((share(110, "equipment"),), ("equipment",), -10),
    ],
)
def test_what_is_agreed_for_several_types_goes_where_it_fits(taken, types, left):
    assert rules.left_of_need(ASKED, taken, types and frozenset(types)) == eur(left)


def test_what_is_not_known_is_not_said():
    asked = {"equipment": eur(100), "training": None}
    assert rules.left_of_need(asked, []) is None
    assert rules.left_of_need(asked, [], frozenset({"training"})) is None
    assert rules.left_of_need(asked, [share(40, "equipment")], frozenset({"equipment"})) == eur(60)
    assert rules.left_of_need({}, []) is None


shares = st.lists(
    st.tuples(st.sets(st.sampled_from(["equipment", "training", "expertise"]), min_size=1), st.integers(1, 40)),
    max_size=6,
)


@given(st.tuples(*[st.integers(0, 60)] * 3), shares)
def test_what_fits_one_by_one_can_be_spread_over_the_lines(asks, wanted):
    """Each share is taken only where `left_of_need` lets it: a flow shows that the lines hold them all together."""
    asked = {type_: eur(ask) for type_, ask in zip(("equipment", "training", "expertise"), asks, strict=True)}
    taken = []
    for types, amount in wanted:
        left = rules.left_of_need(asked, taken, frozenset(types))
        if amount <= left.amount:
            taken.append(share(amount, *types))
            assert _fits(asked, taken)
        else:
            assert not _fits(asked, [*taken, share(amount, *types)])
    assert rules.is_covered_by(asked, taken)
    found = rules.spread(asked, taken)
    assert sum(found.values()) == sum(one.value.amount for one in taken), "none is counted twice or lost"
    assert all(0 <= found[type_] <= asked[type_].amount for type_ in asked)


def _fits(asked, taken):
    """Whether a flow from shares to lines carries everything, unit by unit: augmenting paths, no code of the rules."""
    room = {type_: money.amount for type_, money in asked.items()}
    held = {type_: [] for type_ in asked}

    def place(number, seen):
        for type_ in taken[number].types - seen:
            seen.add(type_)
            if len(held[type_]) < room[type_]:
                held[type_].append(number)
                return True
            for at, other in enumerate(held[type_]):
                if place(other, seen):
                    held[type_][at] = number
                    return True
        return False

    return all(place(number, set()) for number, one in enumerate(taken) for _ in range(one.value.amount))


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
