"""When digests are due and e-mails tried again."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from registry.alerts import rules
from registry.alerts.reasons import MAIL_REASONS

ROOT = Path(__file__).parents[2]
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("delivery", "now", "due"),
    [
        ("daily", MONDAY.replace(hour=5), MONDAY.replace(hour=6)),
        ("daily", MONDAY.replace(hour=6), MONDAY.replace(day=24, hour=6)),
        ("weekly", MONDAY.replace(hour=5), MONDAY.replace(hour=6)),
        ("weekly", MONDAY.replace(hour=6), MONDAY.replace(day=30, hour=6)),
        ("weekly", MONDAY.replace(day=25, hour=12), MONDAY.replace(day=30, hour=6)),
        ("in_app", MONDAY, None),
        ("at_once", MONDAY, None),
    ],
)
def test_a_digest_is_due_at_six_each_day_or_each_monday(delivery: str, now: datetime, due: datetime | None) -> None:
    assert rules.next_digest(delivery, now) == due


def test_two_mails_at_once_are_five_minutes_apart() -> None:
    assert rules.at_once(None, MONDAY) == MONDAY
    assert rules.at_once(MONDAY - timedelta(hours=1), MONDAY) == MONDAY
    assert rules.at_once(MONDAY - timedelta(minutes=2), MONDAY) == MONDAY + timedelta(minutes=3)


def test_a_mail_is_tried_ever_later_and_then_given_up() -> None:
    waits = [rules.retry_at(tries, MONDAY, 0.5) for tries in range(1, 10)]
    given = [at - MONDAY for at in waits if at is not None]
    assert given == sorted(given) and len(given) == 7 and waits[7:] == [None, None]
    early, late = rules.retry_at(1, MONDAY, 0.0), rules.retry_at(1, MONDAY, 1.0)
    assert early and late and early < MONDAY + timedelta(seconds=60) < late


def test_every_reason_is_documented() -> None:
    page = (ROOT / "docs/alerts.md").read_text(encoding="utf-8")
    assert not [code for code, words in MAIL_REASONS.items() if f"| `{code}` | {words}" not in page]
