"""A run whose process died is taken over where it stood; one that lost its run writes no more; readers in processes."""

import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from registry.accounts.actor import system
from registry.catalogue.models import Programme
from registry.db import Database, utcnow
from registry.events.models import Event
from registry.settings import Settings
from registry.sync import course, crew, feeds, runs, spooling
from registry.sync.models import FeedRecord, Run
from registry.sync.report import Report
from registry.sync.runner import import_file, run_feed
from tests.support.fault_server import FaultServer, body
from tests.support.iati import activity, document, many, write

CLI = system("cli")
WHOLE = document(*many(35))


class Killed(BaseException):
    """Stands for a process that ends on the spot."""


@pytest.fixture
def small(settings: Settings, server: FaultServer) -> Settings:
    return replace(settings, outbound_allow=server.allow, sync_batch_rows=10, sync_pause_ms=0)


@pytest.fixture
def feed(database: Database, server: FaultServer) -> int:
    with database.transaction() as session:
        given = {"name": "Partner", "adapter": "iati", "url": server.url("/feed"), "scope": "all"}
        return feeds.create_feed(session, CLI, given).id or 0


@pytest.fixture
def die(database: Database, small: Settings, feed: int, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Begin a run and end its process on the spot within so many batches; what it had spooled stays."""

    def work(batches: int) -> None:
        advance, calls = runs.advance, [0]

        def dying(*arguments: Any) -> None:
            advance(*arguments)
            calls[0] += 1
            if calls[0] > batches:
                raise Killed

        with monkeypatch.context() as patched:
            patched.setattr(runs, "advance", dying)
            patched.setattr(course.Course, "_settle", lambda *_: None)
            patched.setattr(spooling, "drop", lambda *_: None)
            with pytest.raises(Killed):
                run_feed(database, small, feed)
        with database.transaction() as session:
            session.execute(update(Run).values(heartbeat_at=utcnow() - timedelta(minutes=2)))

    return work


def count(database: Database, model: Any) -> int:
    with database.reading() as session:
        return session.execute(select(func.count()).select_from(model)).scalar_one()


def the_run(database: Database) -> Run:
    with database.reading() as session:
        return session.execute(select(Run)).scalar_one()


def is_complete(database: Database, report: Report, records: int = 35) -> None:
    run = the_run(database)
    assert (run.status, run.fence, run.records) == ("succeeded", 2, records)
    assert report.run.id == run.id and run.done_bytes == run.bytes
    assert count(database, Programme) == count(database, FeedRecord)
    with database.reading() as session:
        created = session.execute(select(Event.record_id).where(Event.type == "programme.created")).scalars().all()
    assert sorted(created) == sorted(set(created)) and len(created) == count(database, Programme)


def spooled(settings: Settings) -> list[Path]:
    folder = settings.data_dir / "spool"
    return list(folder.iterdir()) if folder.is_dir() else []


def test_a_run_is_taken_over_behind_its_last_batch_from_the_document_that_was_spooled(
    database: Database, server: FaultServer, small: Settings, feed: int, die: Callable[[int], None]
) -> None:
    server.serve("/feed", body(WHOLE))
    die(2)
    assert count(database, Programme) == 20 and the_run(database).records == 20 and spooled(small)
    server.serve("/feed", body(b"gone"))
    report = run_feed(database, small, feed)
    is_complete(database, report)
    assert report.run.created == 35 and report.run.unchanged == 0 and not spooled(small)


def test_another_host_fetches_anew_and_goes_on_where_it_is_the_same_document(
    database: Database, server: FaultServer, small: Settings, feed: int, die: Callable[[int], None], tmp_path: Path
) -> None:
    server.serve("/feed", body(WHOLE))
    die(1)
    report = run_feed(database, replace(small, data_dir=tmp_path / "elsewhere"), feed)
    is_complete(database, report)
    assert report.run.created == 35


def test_a_document_that_has_changed_meanwhile_is_read_from_its_beginning(
    database: Database, server: FaultServer, small: Settings, feed: int, die: Callable[[int], None], tmp_path: Path
) -> None:
    server.serve("/feed", body(WHOLE))
    die(1)
    server.serve("/feed", body(document(activity("NEW"), *many(35))))
    report = run_feed(database, replace(small, data_dir=tmp_path / "elsewhere"), feed)
    is_complete(database, report, 36)
    assert (report.run.created, report.run.unchanged) == (26, 10)


def test_what_was_passed_before_is_not_taken_for_missing(
    database: Database, server: FaultServer, small: Settings, feed: int, die: Callable[[int], None]
) -> None:
    server.serve("/feed", body(WHOLE))
    run_feed(database, small, feed)
    with database.transaction() as session:
        session.execute(Run.__table__.delete())  # type: ignore[attr-defined]
    server.serve("/feed", body(document(*many(35, "Changed"))))
    die(3)
    run_feed(database, small, feed)
    with database.reading() as session:
        missing = select(func.count()).select_from(FeedRecord).where(FeedRecord.missing_since.is_not(None))  # type: ignore[union-attr]
        assert session.execute(missing).scalar_one() == 0


def test_who_lost_the_run_writes_no_more(database: Database, server: FaultServer, small: Settings, feed: int) -> None:
    server.serve("/feed", body(WHOLE))
    taken: list[Report] = []

    def stalled(stage: str, _done: int, _all: int | None) -> None:
        if stage == "apply" and not taken:
            with database.transaction() as session:
                session.execute(update(Run).values(heartbeat_at=utcnow() - timedelta(minutes=2)))
            taken.append(run_feed(database, small, feed))

    with pytest.raises(runs.RunLost):
        run_feed(database, small, feed, progress=stalled)
    is_complete(database, taken[0])


def test_a_preview_takes_nothing_over(
    database: Database, server: FaultServer, small: Settings, feed: int, die: Callable[[int], None]
) -> None:
    server.serve("/feed", body(WHOLE))
    die(1)
    preview = run_feed(database, small, feed, dry_run=True)
    assert (preview.run.created, preview.run.unchanged) == (25, 10) and the_run(database).status == "running"
    assert [change.outcome for change in preview.changes] == ["created"] * 25
    assert {change.title for change in preview.changes} <= {f"Control of small arms {n}" for n in range(36)}


def test_a_preview_names_the_fields_that_would_change(database: Database, small: Settings, tmp_path: Path) -> None:
    import_file(database, small, write(tmp_path, document(activity("A"), activity("B"))), "iati")
    changed = document(activity("A", "Control of small arms and light weapons"), activity("B"))
    preview = import_file(database, small, write(tmp_path, changed), "iati", dry_run=True)
    (change,) = preview.changes
    assert (change.remote_id, change.outcome, change.fields) == ("A", "updated", ["relevance", "title"])


# --- readers in other processes


@pytest.fixture
def readers(monkeypatch: pytest.MonkeyPatch) -> list[crew._Reader]:
    """The processes of runs from here on, also for small documents."""
    made: list[crew._Reader] = []
    begin = crew._Reader.__init__

    def noting(self: crew._Reader, *arguments: Any) -> None:
        begin(self, *arguments)
        made.append(self)

    monkeypatch.setattr(crew, "SMALL", 0)
    monkeypatch.setattr(crew._Reader, "__init__", noting)
    return made


def test_readers_give_what_the_run_itself_would_have_read(
    sqlite_database: Database, small: Settings, tmp_path: Path, readers: list[crew._Reader]
) -> None:
    content = document(
        *many(25), activity("BAD", extra='<activity-date type="1" iso-date="2020-13-45"/>'), activity("XX-TEST-3"),
        activity("WATER", "Rural water supply"),
    )  # fmt: skip
    path = write(tmp_path, content)
    report = import_file(sqlite_database, replace(small, sync_processes=3), path, "iati", scope="relevant")
    shown = {name: report.as_dict()[name] for name in ("created", "ignored", "quarantined", "records")}
    assert shown == {"created": 25, "ignored": 1, "quarantined": 2, "records": 28}
    assert len(readers) == 3 and all(reader._process.returncode is not None for reader in readers)
    alone = import_file(sqlite_database, replace(small, sync_processes=1), path, "iati", dry_run=True)
    assert alone.run.unchanged == 25 and len(readers) == 3


def test_a_reader_that_dies_ends_the_run_with_its_reason_and_the_next_one_heals(
    sqlite_database: Database, small: Settings, tmp_path: Path, readers: list[crew._Reader]
) -> None:
    path = write(tmp_path, WHOLE)

    def kill(stage: str, _done: int, _all: int | None) -> None:
        if stage == "verify":
            for reader in readers:
                reader._process.kill()
                reader._process.wait()

    with pytest.raises(RuntimeError, match="a reader of this run ended"):
        import_file(sqlite_database, replace(small, sync_batch_rows=1), path, "iati", progress=kill)
    assert the_run(sqlite_database).status == "failed" and count(sqlite_database, Programme) < 35
    healed = import_file(sqlite_database, small, path, "iati").run
    assert healed.created + healed.unchanged == 35 == count(sqlite_database, Programme)


def test_readers_make_do_with_the_pipes_that_the_system_gives(
    sqlite_database: Database,
    small: Settings,
    tmp_path: Path,
    readers: list[crew._Reader],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begin = subprocess.Popen

    def refusing(*arguments: Any, **options: Any) -> Any:
        if "pipesize" in options:
            raise PermissionError("beyond the system's limit for pipes")
        return begin(*arguments, **options)

    monkeypatch.setattr(crew.subprocess, "Popen", refusing)
    report = import_file(sqlite_database, small, write(tmp_path, WHOLE), "iati", scope="all")
    assert report.run.created == 35 and readers
