"""Which reason stops the offers that come nearest, and how long something waits."""

from datetime import date, timedelta

import pytest

from registry.matching.board.rules import BANDS, NOBODY, REASONS, Stop, band, nearest, stopped_at
from registry.matching.eligibility import check
from registry.matching.facts import Context, Line, NeedFacts, OfferFacts

TODAY = date(2026, 11, 23)
CONTEXT = Context(TODAY)
NEED = NeedFacts(1, "KEN", frozenset({"002"}), frozenset({"pssm"}), (Line("training", 100),))


def offer(id_: int, **changed: object) -> OfferFacts:
    return OfferFacts(id_, 1, **{"types": frozenset({"training"}), **changed})  # type: ignore[arg-type]


def test_a_pair_stops_at_the_first_rule_that_stands_against_it() -> None:
    both = offer(1, themes=frozenset({"other"}), places=frozenset({"FRA"}))
    stop = stopped_at(NEED, both, CONTEXT, 6)
    assert stop is not None and stop[1] == check(NEED, both, CONTEXT, 6)[0].code == "theme_mismatch"
    assert stopped_at(NEED, offer(1), CONTEXT, 6) is None


def test_the_reason_is_that_of_the_offers_that_get_furthest() -> None:
    offers = [offer(1, types=frozenset({"funding"})), offer(2, types=frozenset({"funding"})),
              offer(4, places=frozenset({"FRA"})), offer(3, places=frozenset({"UGA"}))]  # fmt: skip
    found = nearest((one.id, stopped_at(NEED, one, CONTEXT, 6)) for one in offers)
    assert found == Stop("geography", 2, 3)


def test_with_nobody_on_the_other_side_that_is_the_reason() -> None:
    assert nearest([]) == Stop(NOBODY, 0, None)
    assert NOBODY in REASONS


def test_of_two_codes_of_one_rule_the_more_frequent_counts() -> None:
    assert nearest([(1, (3, "b")), (2, (3, "a")), (3, (3, "b")), (4, (1, "c"))]) == Stop("b", 2, 1)


@pytest.mark.parametrize(("days", "code"), [(0, "0-29"), (29, "0-29"), (30, "30-89"), (364, "180-364"), (365, "365-")])
def test_days_fall_into_bands(days: int, code: str) -> None:
    assert band(TODAY - timedelta(days=days), TODAY) == code
    assert code in dict(BANDS)


def test_what_was_never_opened_or_opens_tomorrow_is_new() -> None:
    assert band(None, TODAY) == band(TODAY + timedelta(days=1), TODAY) == "0-29"
