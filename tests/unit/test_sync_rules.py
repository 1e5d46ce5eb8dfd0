"""When absence counts, when everything is asked for anew, what is the same."""

from datetime import UTC, datetime, timedelta

import pytest

from registry.sync import rules

NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("missing", "active", "held", "brake"),
    [
        (0, 100, 100, False),
        (0, 0, 0, False),
        (20, 25, 5, False),
        (21, 25, 4, True),
        (20, 100, 80, False),
        (21, 100, 79, True),
        (200, 1000, 800, False),
        (201, 1000, 799, True),
        (1, 1, 0, True),
        (15, 15, 0, True),
        (1, 1, 5, False),
    ],
)
def test_the_brake_holds_where_more_is_missing_than_is_plausible(
    missing: int, active: int, held: int, brake: bool
) -> None:
    assert rules.is_brake(missing, active, held) is brake


@pytest.mark.parametrize(
    ("days", "snapshots", "over"),
    [(0, 1, False), (30, 1, False), (6.9, 9, False), (7, 2, True), (0, 9, False), (8, 3, True)],
)
def test_a_record_is_archived_after_days_and_snapshots(days: float, snapshots: int, over: bool) -> None:
    assert rules.Absence(NOW - timedelta(days=days), snapshots).is_over(NOW) is over


def test_absence_begins_now_and_counts_snapshots() -> None:
    first = rules.absent_once_more(None, 0, NOW)
    assert (first.since, first.snapshots) == (NOW, 1)
    second = rules.absent_once_more(first.since, first.snapshots, NOW + timedelta(days=1))
    assert (second.since, second.snapshots) == (NOW, 2)


def test_an_unconditional_fetch_is_due_after_so_many_days() -> None:
    assert rules.is_refetch_due(None, NOW, 7)
    assert not rules.is_refetch_due(NOW - timedelta(days=6), NOW, 7)
    assert rules.is_refetch_due(NOW - timedelta(days=7), NOW, 7)


def test_a_run_is_dead_after_a_silent_lease() -> None:
    assert not rules.is_dead(NOW - rules.LEASE, NOW)
    assert rules.is_dead(NOW - rules.LEASE - timedelta(seconds=1), NOW)


def test_another_reader_classifier_or_scope_makes_everything_new() -> None:
    key = rules.reading_key("iati", "1", "c", "all")
    others = {
        rules.reading_key("iati", "2", "c", "all"),
        rules.reading_key("iati", "1", "d", "all"),
        rules.reading_key("iati", "1", "c", "relevant"),
    }
    assert len(others | {key}) == 4
    applied = rules.document_key(key, "f" * 64)
    assert len(applied) == 64 and rules.was_read_alike(key, applied)
    assert not rules.was_read_alike(key, None)
    assert not any(rules.was_read_alike(other, applied) for other in others)
    assert rules.record_key(key, "a") != rules.record_key(key, "b") != rules.record_key(next(iter(others)), "b")
