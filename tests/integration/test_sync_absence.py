"""Records that a source no longer holds: aged, braked, archived, revived. Absence is not deletion."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from registry.db import Database
from registry.settings import Settings
from registry.sync import absence, course, feeds
from registry.sync.models import FeedRecord
from registry.sync.runner import import_file
from tests.support.absent import CLI, LISTED, Clock, Source, archived, missing, sources
from tests.support.fault_server import conditional, head, raw
from tests.support.iati import BAD_DAY, activity, document, write


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(course, "utcnow", clock)
    return clock


@pytest.fixture
def source(database: Database, settings: Settings, clock: Clock) -> Iterator[Source]:
    """A feed of forty records that has run once."""
    with sources(database, settings) as make:
        source = make()
        source.sync(*LISTED)
        yield source


def test_a_missing_record_is_archived_after_a_week_and_two_snapshots_and_comes_back_with_its_history(
    database: Database, source: Source, clock: Clock
) -> None:
    source.publish(*LISTED[1:])
    assert source.sync().run.archived == 0 and missing(database) == {"XX-TEST-1": 1} and not archived(database)
    clock.pass_days(3)
    source.publish(*LISTED[1:], "<!-- -->")
    assert source.sync().run.archived == 0 and missing(database) == {"XX-TEST-1": 2}
    clock.pass_days(4)
    source.publish(*LISTED[1:], "<!-- 2 -->")
    report = source.sync()
    assert (report.run.archived, report.run.unchanged) == (1, 39)
    assert archived(database) == {"XX-TEST-1": absence.REASON}
    source.publish(*LISTED[1:], "<!-- 3 -->")
    assert source.sync().run.archived == 0, "archived once"
    source.publish(*LISTED)
    report = source.sync()
    assert (report.run.updated, report.run.revived, report.run.unchanged) == (1, 1, 39)
    assert not archived(database) and not missing(database)


def test_a_document_that_stays_the_same_goes_on_missing_what_it_misses(
    database: Database, source: Source, clock: Clock
) -> None:
    """Else a record removed from a file that never changes again would stay for ever."""
    source.server.serve(source.path, conditional(document(*LISTED[1:]), '"2"'))
    source.sync()
    clock.pass_days(8)
    report = source.sync()
    assert (report.run.status, report.run.http_status, report.run.archived) == ("not_modified", 304, 1)
    assert set(archived(database)) == {"XX-TEST-1"}


def test_a_record_that_is_back_in_time_was_never_gone(database: Database, source: Source, clock: Clock) -> None:
    source.publish(*LISTED[1:])
    source.sync()
    clock.pass_days(8)
    source.publish(*LISTED)
    report = source.sync()
    assert (report.run.unchanged, report.run.archived, report.run.revived) == (40, 0, 0) and not missing(database)


def test_a_snapshot_not_proven_complete_ages_nothing(database: Database, source: Source) -> None:
    source.server.serve(source.path, raw(head() + document(*LISTED[1:])))
    assert source.sync().run.unchanged == 39
    assert not missing(database)


def test_a_file_imported_by_hand_ages_nothing(
    database: Database, settings: Settings, source: Source, tmp_path: Any
) -> None:
    report = import_file(database, settings, write(tmp_path, document(*LISTED[:3])), "iati", feed_name="Partner")
    assert report.run.unchanged == 3 and not missing(database)


def test_what_never_came_in_is_forgotten_when_it_is_gone_unless_a_person_spoke(
    database: Database, source: Source
) -> None:
    broken = [activity(f"BAD-{n}", "Bad", BAD_DAY) for n in range(3)]
    source.publish(*LISTED, *broken)
    assert source.sync().run.quarantined == 3
    with database.transaction() as session:
        record = session.execute(select(FeedRecord).where(FeedRecord.remote_id == "BAD-0")).scalar_one()
        feeds.set_verdict(session, CLI, record.id or 0, "ignore")
    source.publish(*LISTED)
    source.sync()
    with database.reading() as session:
        left = session.execute(select(FeedRecord.remote_id).where(FeedRecord.outcome == "quarantined")).scalars().all()
    assert left == ["BAD-0"]


def test_a_broken_record_is_present_not_absent(database: Database, source: Source, clock: Clock) -> None:
    broken = activity("XX-TEST-1", "Bad", BAD_DAY)
    for number in range(3):
        source.publish(broken, *LISTED[1:], f"<!-- {number} -->")
        assert source.sync().run.quarantined == 1
        clock.pass_days(8)
    assert not missing(database) and not archived(database)
