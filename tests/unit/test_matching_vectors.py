"""Matching in columns gives what the rules and the score give: the same pairs, scores and order, to the last digit."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.catalogue.reference import themes
from registry.matching import eligibility, weights
from registry.matching.eligibility import Block, is_eligible
from registry.matching.embargoes import reading
from registry.matching.facts import Act, Context, Line, NeedFacts, OfferFacts, Screening
from registry.matching.score import FEATURES, score
from registry.matching.vectors import choosing, sieve
from registry.matching.vectors.columns import EXACT
from registry.matching.vectors.rounding import MILLION, all_millionths, points_by_value
from registry.matching.vectors.sieve import Sieve

TODAY = date(2026, 11, 23)
TYPES = ("funding", "expertise", "equipment", "training")
THEMES = sorted(themes())[::3]
STATES = {
    "KEN": frozenset({"002", "014"}), "FRA": frozenset({"150"}), "SDN": frozenset({"002", "015"}),
    "HTI": frozenset({"019"}), "PRK": frozenset({"142"}),
}  # fmt: skip
CONTEXT = Context(
    TODAY,
    {("KEN", "att"): (Act("ratification"),), ("FRA", "att"): (Act("signature"),)},
    Screening(reading.current(), partners={7: "listed", 8: "undecided"}),
)
World = tuple[list[NeedFacts], list[OfferFacts]]


def some(choice: random.Random, codes: list[str] | tuple[str, ...], least: int = 0, most: int = 3) -> frozenset[str]:
    return frozenset(choice.sample(list(codes), choice.randint(least, most)))


def window(choice: random.Random) -> tuple[date | None, date | None]:
    start = TODAY + timedelta(days=choice.randint(-400, 400))
    ends = (start, start + timedelta(days=choice.randint(1, 900)))
    return (None if choice.random() < 0.1 else ends[0], None if choice.random() < 0.1 else ends[1])


def amount(choice: random.Random) -> int | None:
    return choice.choice([None, 0, 1, 7_000_00, choice.randint(1, 10**8), choice.choice([EXACT + 1, 10**18, 3])])


def world(seed: int, size: int) -> World:
    """Everything that facts can be, unknown and absurd values included."""
    choice = random.Random(seed)
    needs, offers = [], []
    for number in range(size):
        state = choice.choice([*STATES, "KEN", "FRA"])
        lines = tuple(Line(choice.choice(TYPES), amount(choice)) for _ in range(choice.randint(0, 3)))
        opened = choice.choice([None, TODAY - timedelta(days=choice.randint(-3, 1500))])
        needs.append(NeedFacts(
            number + 1, state, STATES[state], some(choice, THEMES), lines, *window(choice),
            choice.choice(["open"] * 9 + ["draft"]), opened, frozenset({"rifles"} if choice.random() < 0.2 else ()),
        ))  # fmt: skip
        conditions = choice.choice([(), (), ({"kind": "participates", "instrument": "att"},)])
        offers.append(OfferFacts(
            900 - number, choice.choice([1, 2, 3, 7, 8]), some(choice, TYPES, 1), some(choice, THEMES), choice.choice(
                [frozenset(), frozenset({"KEN"}), frozenset({"002"}), frozenset({"150", "SDN", "HTI", "PRK"})]
            ), *window(choice), amount(choice), amount(choice), amount(choice), conditions,
            choice.choice(["open"] * 9 + ["closed"]), frozenset({"pistols"} if choice.random() < 0.1 else ()),
        ))  # fmt: skip
    return needs, offers


def truth(needs: list[NeedFacts], offers: list[OfferFacts]) -> dict[int, list[tuple[int, float]]]:
    current = weights.current()
    return {
        need.id: sorted(
            (
                (offer.id, score(need, offer, current, TODAY)[0])
                for offer in offers
                if is_eligible(need, offer, CONTEXT, current.min_overlap_months)
            ),
            key=lambda pair: (-pair[1], pair[0]),
        )
        for need in needs
    }


@pytest.mark.parametrize("seed", range(12))
def test_the_pairs_their_scores_and_their_order_are_those_of_the_rules(seed: int) -> None:
    needs, offers = world(seed, 80)
    expected = truth(needs, offers)
    assert sum(len(found) for found in expected.values()) > 30
    assert Sieve(offers, CONTEXT, weights.current()).best(needs, 10_000) == expected


def test_only_the_first_are_given_and_nothing_is_found_in_an_empty_world() -> None:
    needs, offers = world(3, 40)
    expected = {need: found[:2] for need, found in truth(needs, offers).items()}
    assert Sieve(offers, CONTEXT, weights.current()).best(needs, 2) == expected
    assert Sieve([], CONTEXT, weights.current()).best(needs, 2) == {need.id: [] for need in needs}
    assert Sieve(offers, CONTEXT, weights.current()).best([], 2) == {}


def test_equal_scores_stand_by_the_offers_id_however_they_are_given() -> None:
    needs, offers = world(5, 30)
    twins = [replace(offer, id=offer.id + 5000) for offer in offers]
    everything = [*twins, *offers]
    random.Random(1).shuffle(everything)
    assert Sieve(everything, CONTEXT, weights.current()).best(needs, 50) == {
        need: found[:50] for need, found in truth(needs, everything).items()
    }


def test_an_embargo_stands_against_pairs_of_this_world() -> None:
    needs, offers = world(1, 70)
    sudan = [need for need in needs if need.state == "SDN"]
    free = replace(CONTEXT, screening=Screening())
    current = weights.current()
    assert Sieve(offers, free, current).best(sudan, 99) != Sieve(offers, CONTEXT, current).best(sudan, 99)


def no_seven(need: NeedFacts, offer: OfferFacts, _context: Context, _months: float) -> Iterator[Block]:
    if (need.id + offer.id) % 7 == 0:
        yield Block("seven", "no", None, None, "never")


@pytest.mark.parametrize("top", [3, 1000])
def test_a_rule_that_has_no_column_is_asked_all_the_same(monkeypatch: pytest.MonkeyPatch, top: int) -> None:
    needs, offers = world(8, 60)
    before = truth(needs, offers)
    monkeypatch.setattr(eligibility, "RULES", (*eligibility.RULES, no_seven))
    expected = truth(needs, offers)
    assert expected != before
    found = Sieve(offers, CONTEXT, weights.current()).best(needs, top)
    assert found == {need: pairs[:top] for need, pairs in expected.items()}
    keys = {(need, offer) for need, pairs in expected.items() for offer, _ in pairs}
    assert choosing.choose(needs, offers, CONTEXT, weights.current(), 1000) == keys


@pytest.mark.parametrize(("seed", "top"), [(1, 1), (2, 3), (4, 1000)])
def test_the_table_gets_the_best_of_both_sides_even_in_small_steps(
    monkeypatch: pytest.MonkeyPatch, seed: int, top: int
) -> None:
    monkeypatch.setattr(choosing, "HELD", 5)
    monkeypatch.setattr(sieve, "CELLS", 16)
    needs, offers = world(seed, 60)
    scores = {(need, offer): value for need, found in truth(needs, offers).items() for offer, value in found}
    kept = set()
    for side in (0, 1):
        for record_id in {key[side] for key in scores}:
            own = sorted((-value, key[1 - side], key) for key, value in scores.items() if key[side] == record_id)
            kept |= {key for _, _, key in own[:top]}
    assert choosing.choose(needs, offers, CONTEXT, weights.current(), top) == kept


def test_the_columns_know_every_part_of_the_score() -> None:
    assert FEATURES == ("theme_share", "window_overlap", "geography", "grant_fit", "waiting")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(1, 4000), min_size=1, max_size=40), st.sampled_from([0.15, 0.1, 0.4, 0.2, 0.3333]))
def test_rounding_is_that_of_python(lengths: list[int], weight: float) -> None:
    values = np.array([part / whole for whole in lengths for part in range(0, whole, max(1, whole // 60))])
    expected = [round(round(float(value), 6) * MILLION) for value in values]
    found = all_millionths(values)
    assert found.tolist() == expected
    points = points_by_value(weight)[found]
    assert points.tolist() == [round(round(weight * (value / MILLION), 6) * MILLION) for value in expected]
