"""Records that a source no longer holds: aged, braked, archived, revived. Absence is not deletion."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from registry.accounts.actor import system
from registry.catalogue.models import Programme
from registry.db import Database, utcnow
from registry.settings import Settings
from registry.sync import absence, course, feeds
from registry.sync.models import FeedRecord
from registry.sync.report import Report
from registry.sync.runner import import_file, run_feed
from tests.support.fault_server import FaultServer, body, conditional, fault_server, head, raw
from tests.support.iati import activity, document, many, write

CLI = system("cli")
LISTED = many(40)


class Clock:
    """The runner's clock, moved by hand."""

    def __init__(self) -> None:
        self.now = utcnow()

    def __call__(self) -> datetime:
        return self.now

    def pass_days(self, days: float) -> None:
        self.now += timedelta(days=days)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(course, "utcnow", clock)
    return clock


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with fault_server() as server:
        server.serve("/feed", body(document(*LISTED)))
        yield server


@pytest.fixture
def sync(database: Database, settings: Settings, server: FaultServer, clock: Clock) -> Callable[..., Report]:
    """Synchronise a feed of the server's /feed, which has run once."""
    allowing = replace(settings, outbound_allow=server.allow, sync_pause_ms=0, refetch_days=1000)
    with database.transaction() as session:
        form = {"name": "Partner", "adapter": "iati", "url": server.url("/feed"), "scope": "all"}
        feed = feeds.create_feed(session, CLI, form)
    run_feed(database, allowing, feed.id or 0)
    return lambda **options: run_feed(database, allowing, feed.id or 0, **options)


def archived(database: Database) -> dict[str, str]:
    """identifier → why, of archived programmes"""
    with database.reading() as session:
        statement = select(Programme.iati_identifier, Programme.archived_reason)
        return {row[0]: row[1] for row in session.execute(statement.where(Programme.archived_at.is_not(None)))}  # type: ignore[union-attr]


def missing(database: Database) -> dict[str, int]:
    """remote id → complete snapshots that it was missing from"""
    with database.reading() as session:
        statement = select(FeedRecord.remote_id, FeedRecord.missing_snapshots)
        return {row[0]: row[1] for row in session.execute(statement.where(FeedRecord.missing_since.is_not(None)))}  # type: ignore[union-attr]


def test_a_missing_record_is_archived_after_a_week_and_two_snapshots_and_comes_back_with_its_history(
    database: Database, server: FaultServer, sync: Callable[..., Report], clock: Clock
) -> None:
    server.serve("/feed", body(document(*LISTED[1:])))
    assert sync().run.archived == 0 and missing(database) == {"XX-TEST-1": 1} and not archived(database)
    clock.pass_days(3)
    server.serve("/feed", body(document(*LISTED[1:], "<!-- -->")))
    assert sync().run.archived == 0 and missing(database) == {"XX-TEST-1": 2}
    clock.pass_days(4)
    server.serve("/feed", body(document(*LISTED[1:], "<!-- 2 -->")))
    report = sync()
    assert (report.run.archived, report.run.unchanged) == (1, 39)
    assert archived(database) == {"XX-TEST-1": absence.REASON}
    server.serve("/feed", body(document(*LISTED[1:], "<!-- 3 -->")))
    assert sync().run.archived == 0, "archived once"
    server.serve("/feed", body(document(*LISTED)))
    report = sync()
    assert (report.run.updated, report.run.revived, report.run.unchanged) == (1, 1, 39)
    assert not archived(database) and not missing(database)


def test_a_document_that_stays_the_same_goes_on_missing_what_it_misses(
    database: Database, server: FaultServer, sync: Callable[..., Report], clock: Clock
) -> None:
    """Else a record removed from a file that never changes again would stay for ever."""
    server.serve("/feed", conditional(document(*LISTED[1:]), '"2"'))
    sync()
    clock.pass_days(8)
    report = sync()
    assert (report.run.status, report.run.http_status, report.run.archived) == ("not_modified", 304, 1)
    assert set(archived(database)) == {"XX-TEST-1"}


def test_a_record_that_is_back_in_time_was_never_gone(
    database: Database, server: FaultServer, sync: Callable[..., Report], clock: Clock
) -> None:
    server.serve("/feed", body(document(*LISTED[1:])))
    sync()
    clock.pass_days(8)
    server.serve("/feed", body(document(*LISTED)))
    report = sync()
    assert (report.run.unchanged, report.run.archived, report.run.revived) == (40, 0, 0) and not missing(database)


@pytest.mark.parametrize("held", [0, 5, 19])
def test_the_brake_holds_where_too_much_is_missing_and_a_person_can_let_go(
    database: Database, server: FaultServer, sync: Callable[..., Report], clock: Clock, held: int
) -> None:
    server.serve("/feed", conditional(document(*LISTED[:held]), '"less"'))
    for _ in range(2):
        report = sync()
        assert (report.run.status, report.run.reason_code) == ("succeeded", "brake")
        assert f"{40 - held} of the feed's 40" in (report.run.reason or "")
        clock.pass_days(10)
    assert not missing(database) and not archived(database)
    assert sync(accept_losses=True).run.reason_code is None
    assert len(missing(database)) == 40 - held
    clock.pass_days(10)
    assert sync().run.archived == 40 - held


def test_a_snapshot_not_proven_complete_ages_nothing(
    database: Database, server: FaultServer, sync: Callable[..., Report]
) -> None:
    server.serve("/feed", raw(head() + document(*LISTED[1:])))
    assert sync().run.unchanged == 39
    assert not missing(database)


def test_a_file_imported_by_hand_ages_nothing(
    database: Database, settings: Settings, sync: Callable[..., Report], tmp_path: Any
) -> None:
    report = import_file(database, settings, write(tmp_path, document(*LISTED[:3])), "iati", feed_name="Partner")
    assert report.run.unchanged == 3 and not missing(database)


def test_what_never_came_in_is_forgotten_when_it_is_gone_unless_a_person_spoke(
    database: Database, server: FaultServer, sync: Callable[..., Report]
) -> None:
    broken = [activity(f"BAD-{n}", "Bad", "<budget><value>x</value></budget>") for n in range(3)]
    server.serve("/feed", body(document(*LISTED, *broken)))
    assert sync().run.quarantined == 3
    with database.transaction() as session:
        record = session.execute(select(FeedRecord).where(FeedRecord.remote_id == "BAD-0")).scalar_one()
        feeds.set_verdict(session, CLI, record.id or 0, "ignore")
    server.serve("/feed", body(document(*LISTED)))
    sync()
    with database.reading() as session:
        left = session.execute(select(FeedRecord.remote_id).where(FeedRecord.outcome == "quarantined")).scalars().all()
    assert left == ["BAD-0"]


def test_a_broken_record_is_present_not_absent(
    database: Database, server: FaultServer, sync: Callable[..., Report], clock: Clock
) -> None:
    broken = activity("XX-TEST-1", "Bad", "<budget><value>x</value></budget>")
    for number in range(3):
        server.serve("/feed", body(document(broken, *LISTED[1:], f"<!-- {number} -->")))
        assert sync().run.quarantined == 1
        clock.pass_days(8)
    assert not missing(database) and not archived(database)
