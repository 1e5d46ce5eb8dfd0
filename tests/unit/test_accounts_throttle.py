"""How long after failures a login may be tried again, and whom a failure is counted against."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.accounts.rules import ACCOUNT, Limit, wait_seconds
from registry.accounts.throttle import account_key, address_key

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
LIMIT = Limit(free=3, window=timedelta(hours=1), first_wait=timedelta(seconds=30), longest_wait=timedelta(minutes=15))


def ago(*seconds: float) -> list[datetime]:
    return [NOW - timedelta(seconds=s) for s in seconds]


@pytest.mark.parametrize(
    ("failures", "expected"),
    [
        ([], 0),
        (ago(1, 2), 0),  # below the free ones
        (ago(1, 2, 3), 29),  # 30 s after the latest
        (ago(3, 2, 1), 29),  # in any order
        (ago(31, 40, 50), 0),  # the wait is over
        (ago(1, 2, 3, 4), 59),  # each further one doubles it
        (ago(1, 2, 3, 4, 5), 119),
        (ago(1, *range(2, 40)), 899),  # up to the longest
        (ago(0.5, 2, 3), 30),  # a begun second counts
        (ago(3601, 3602, 3603, 1), 0),  # the old ones are forgotten
    ],
)
def test_the_wait_grows_with_recent_failures(failures: list[datetime], expected: int) -> None:
    assert wait_seconds(LIMIT, failures, NOW) == expected


@given(st.lists(st.integers(0, 7200), max_size=2000))
def test_nobody_waits_longer_than_the_longest(seconds: list[int]) -> None:
    assert 0 <= wait_seconds(ACCOUNT, ago(*seconds), NOW) <= 900


def test_a_guesser_has_few_tries_an_hour() -> None:
    failures: list[datetime] = []
    at = NOW
    while at < NOW + timedelta(hours=10):
        wait = wait_seconds(ACCOUNT, failures, at)
        if wait:
            at += timedelta(seconds=wait)
        else:
            failures.append(at)
    assert len(failures) / 10 < 15


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("198.51.100.7", "198.51.100.7", True),
        ("198.51.100.7", "198.51.100.8", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),  # one client has a whole /64
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:198.51.100.7", "198.51.100.7", True),
        ("::ffff:198.51.100.7", "::ffff:198.51.100.8", False),
    ],
)
def test_addresses_are_told_apart_as_clients_are(one: str, other: str, same: bool) -> None:
    assert (address_key(one) == address_key(other)) is same


@pytest.mark.parametrize("address", ["", "unix:", "x" * 500])
def test_an_address_of_no_known_form_still_counts(address: str) -> None:
    assert address_key(address).startswith("address:") and len(address_key(address)) <= 100


def test_what_was_typed_as_a_name_cannot_be_read_from_its_key() -> None:
    assert "grace" not in account_key("grace@example.org") and len(account_key("x" * 9999)) <= 100
