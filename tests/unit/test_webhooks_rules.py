"""The retry table, Retry-After, when a receiver is held and given up, what a subscription is for."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.outbound.patience import retry_after_seconds
from registry.webhooks import rules

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def waits(chance: float) -> list[float]:
    """Seconds between tries until there is none any more."""
    found: list[float] = []
    while (at := rules.retry_at(len(found) + 1, NOW, None, chance)) is not None:
        found.append((at - NOW).total_seconds())
    return found


def test_a_message_is_tried_for_a_good_three_days() -> None:
    assert waits(0.5) == list(rules.RETRY_SECONDS)
    assert timedelta(days=3) < timedelta(seconds=sum(waits(0.5))) < timedelta(days=3, hours=4)


@given(st.floats(0, 1))
def test_the_jitter_is_a_tenth_and_waits_only_grow(chance: float) -> None:
    found = waits(chance)
    assert all(0.899 * plain <= wait <= 1.101 * plain for plain, wait in zip(rules.RETRY_SECONDS, found, strict=True))
    assert found == sorted(found)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("0", 0),
        ("999999999999999999999999", 86_400),
        ("Fri, 01 May 2026 12:02:00 GMT", 120),
        ("Fri, 01 May 2026 11:00:00 GMT", 0),
        ("Fri, 01 May 2099 11:00:00 GMT", 86_400),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("٣", None),
    ],
)
def test_retry_after_is_honoured_within_reason(text: str | None, seconds: int | None) -> None:
    assert retry_after_seconds(text, NOW) == seconds


def test_retry_after_lengthens_the_wait_and_never_shortens_it() -> None:
    assert rules.retry_at(1, NOW, 600, 0.5) == NOW + timedelta(seconds=600)
    assert rules.retry_at(10, NOW, 600, 0.5) == NOW + timedelta(days=1)
    assert rules.retry_at(11, NOW, 600, 0.5) is None


FAILURES = (100, 199, 300, 301, 304, 308, 400, 404, 429, 500, 503, 999)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(200, "done"), (204, "done"), (299, "done"), (410, "gone"), *((status, None) for status in FAILURES)],
)
def test_only_2xx_is_success_and_410_is_an_end(status: int, verdict: str | None) -> None:
    assert rules.verdict_on(status) == verdict


def test_a_receiver_that_is_down_is_asked_ever_more_seldom_but_twice_an_hour() -> None:
    assert [rules.hold_seconds(failures) for failures in (0, 4, 5, 6, 9, 10, 500)] == [0, 0, 60, 120, 960, 1800, 1800]


def test_a_receiver_is_given_up_when_one_message_can_have_had_all_its_tries() -> None:
    shortest = timedelta(seconds=sum(waits(0)))
    assert timedelta(days=2, hours=18) < shortest < timedelta(days=3)
    assert rules.is_given_up(NOW, NOW + shortest)
    assert not rules.is_given_up(NOW, NOW + shortest - timedelta(minutes=1))
    assert not rules.is_given_up(None, NOW)


@pytest.mark.parametrize(
    ("types", "event_type", "wanted"),
    [
        ([], "need.opened", True),
        (["need.opened"], "need.opened", True),
        (["need.opened"], "need.updated", False),
        (["need.*"], "need.hidden", True),
        (["need.*", "offer.opened"], "offer.opened", True),
        (["need.*"], "needs.opened", False),
        (["offer.*"], "need.opened", False),
    ],
)
def test_a_subscription_is_for_the_types_it_names(types: list[str], event_type: str, wanted: bool) -> None:
    assert rules.is_wanted(types, event_type) is wanted


def test_a_subscription_is_for_the_states_it_names() -> None:
    assert rules.is_about([], [None]) and rules.is_about(["KEN"], [None, "UGA", "KEN"])
    assert not rules.is_about(["KEN"], [None, "UGA"]) and not rules.is_about(["KEN"], [])
