"""What would raise a score: each change scored by the rule itself."""

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from registry.matching import weights
from registry.matching.counterfactuals import changes
from registry.matching.facts import Line, NeedFacts, OfferFacts
from registry.matching.score import score

TODAY = date(2026, 11, 23)
W = weights.current()
NEED = NeedFacts(
    1, "KEN", frozenset({"014"}), frozenset({"marking", "tracing"}), (Line("equipment", 100_000_00),),
    date(2027, 1, 1), date(2028, 1, 1), "open", date(2026, 11, 1),
)  # fmt: skip
OFFER = OfferFacts(
    1, 1, frozenset({"equipment"}), frozenset({"marking"}), frozenset({"014"}), date(2026, 1, 1), date(2027, 9, 1),
    10_000_00, 50_000_00, 500_000_00,
)  # fmt: skip


def by_code(need=NEED, offer=OFFER):
    return {change.code: change for change in changes(need, offer, W, TODAY)}


def test_a_longer_window_is_worth_what_the_score_says():
    found = by_code()["offer_ends_later"]
    now = score(NEED, OFFER, W, TODAY)[0]
    then = score(NEED, replace(OFFER, window_end=date(2027, 12, 1)), W, TODAY)[0]
    assert (found.side, found.gain) == ("offer", round(then - now, 6))
    assert 0.04 < found.gain < 0.06


def test_each_kind_of_change_is_told_with_whom_it_concerns():
    assert set(by_code()) == {"offer_ends_later", "offer_takes_theme", "offer_names_state", "grant_rises"}
    assert by_code()["grant_rises"].params == {"amount": "100,000"}
    late = replace(OFFER, window_start=date(2027, 6, 1), window_end=date(2029, 1, 1))
    assert {"offer_begins_earlier", "need_moves_later"} <= set(by_code(offer=late))
    assert by_code(offer=late)["need_moves_later"].side == "need"


def test_a_pair_that_fits_in_all_has_nothing_to_change():
    perfect = replace(
        OFFER, themes=NEED.themes, places=frozenset({"KEN"}), max_grant=200_000_00, window_end=date(2029, 1, 1)
    )
    assert by_code(offer=perfect) == {}


@given(
    st.sets(st.sampled_from(["marking", "tracing", "ddr"])),
    st.dates(date(2026, 1, 1), date(2028, 6, 1)),
    st.integers(1, 3000),
    st.one_of(st.none(), st.integers(1, 200_000_00)),
)
def test_every_change_raises_the_score_by_its_gain_and_the_most_comes_first(themes, start, days, grant):
    offer = replace(
        OFFER, themes=frozenset(themes), window_start=start, max_grant=grant,
        window_end=date.fromordinal(start.toordinal() + days),
    )  # fmt: skip
    found = changes(NEED, offer, W, TODAY)
    now = score(NEED, offer, W, TODAY)[0]
    assert all(change.gain > 0 and abs(now + change.gain - change.score) < 1e-9 for change in found)
    assert [change.gain for change in found] == sorted((change.gain for change in found), reverse=True)
    assert all(change.score <= 1 for change in found)
