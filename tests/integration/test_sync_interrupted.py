"""Runs that are refused, killed, taken over or cancelled, and what others write meanwhile."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update

from registry.catalogue.models import Programme
from registry.db import Database, utcnow
from registry.errors import Conflict
from registry.events.models import Event
from registry.settings import Settings
from registry.sync import crew, runs
from registry.sync.models import Feed, FeedRecord, Run
from registry.sync.report import Report
from registry.sync.runner import import_file
from tests.support.fault_server import FaultServer, body
from tests.support.iati import document, many, write
from tests.support.syncing import CLI, count, counts, rows

WHOLE = document(*many(30))


def test_a_second_run_of_a_feed_is_refused_while_the_first_is_alive(
    database: Database, server: FaultServer, sync: Callable[..., Report], feed: int
) -> None:
    server.serve("/feed", body(WHOLE))
    with database.transaction() as session:
        runs.begin(session, feed, "hand", CLI, utcnow())
    with pytest.raises(Conflict):
        sync()
    assert count(database, Run) == 1 and count(database, Programme) == 0


def test_a_killed_run_is_found_by_its_silence_and_taken_over(
    database: Database, server: FaultServer, sync: Callable[..., Report], feed: int
) -> None:
    server.serve("/feed", body(WHOLE))
    with database.transaction() as session:
        runs.begin(session, feed, "schedule", CLI, utcnow() - timedelta(minutes=5))
    assert counts(sync()) == {"created": 30}
    assert rows(database, Run.status, Run.fence, Run.created) == [("succeeded", 2, 30)]


def test_a_run_that_was_taken_over_writes_no_more(
    database: Database, server: FaultServer, sync: Callable[..., Report], feed: int
) -> None:
    server.serve("/feed", body(WHOLE))

    def taken_over(stage: str, _done: int, _all: int | None) -> None:
        if stage == "apply":
            with database.transaction() as session:
                session.execute(update(Run).where(Run.status == "running").values(status="failed"))

    with pytest.raises(runs.RunLost):
        sync(progress=taken_over)
    assert count(database, Programme) <= 30 and count(database, FeedRecord) == count(database, Programme)


def test_a_run_is_cancelled_between_batches_and_the_next_one_finishes(
    database: Database, server: FaultServer, sync: Callable[..., Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    server.serve("/feed", body(WHOLE))
    advance = runs.advance

    def cancelling(session: Any, run_id: int, *rest: Any) -> None:
        advance(session, run_id, *rest)
        runs.cancel(session, CLI, run_id)

    monkeypatch.setattr(runs, "advance", cancelling)
    report = sync()
    assert (report.run.status, report.run.reason_code) == ("cancelled", "cancelled")
    assert count(database, Programme) == 10 and rows(database, Run.records, Run.created) == [(10, 10)]
    monkeypatch.undo()
    assert counts(sync()) == {"created": 20, "unchanged": 10}


def test_numbers_and_rows_of_a_batch_commit_together(
    database: Database, server: FaultServer, sync: Callable[..., Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    server.serve("/feed", body(WHOLE))
    advance = runs.advance
    calls = []

    def failing(*arguments: Any) -> None:
        advance(*arguments)
        calls.append(1)
        if len(calls) == 2:
            raise MemoryError("out of memory")

    monkeypatch.setattr(runs, "advance", failing)
    with pytest.raises(MemoryError):
        sync()
    assert count(database, Programme) == count(database, FeedRecord) == 10
    assert rows(database, Run.status, Run.reason_code, Run.created) == [("failed", "internal", 10)]
    monkeypatch.undo()
    assert counts(sync()) == {"created": 20, "unchanged": 10}


def test_a_heartbeat_keeps_a_slow_run_alive_and_sees_the_wish_to_stop(database: Database, feed: int) -> None:
    with database.transaction() as session:
        _feed, run = runs.begin(session, feed, "hand", CLI, utcnow() - timedelta(seconds=50))
        run_id = run.id or 0
    beat = runs.Heartbeat(database, run_id, 1)
    beat.stage = "verify"
    beat._once()
    ((at, stage),) = rows(database, Run.heartbeat_at, Run.stage)
    assert utcnow() - at < timedelta(seconds=5) and stage == "verify"
    beat.check()
    with database.transaction() as session:
        runs.cancel(session, CLI, run_id)
    beat._once()
    with pytest.raises(runs.RunCancelled):
        beat.check()
    with database.transaction() as session:
        runs.settle(session, run_id, 1, "failed", "internal", "x", utcnow())
    beat._once()
    with pytest.raises(runs.RunLost):
        beat.check()
    with pytest.raises(Conflict), database.transaction() as session:
        runs.cancel(session, CLI, run_id)


def test_small_writes_go_on_while_a_run_reads(
    database: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No lock is held while records are read and judged: that is where the time goes."""
    judge = crew.judge_all

    def while_reading(*arguments: Any) -> Any:
        with database.transaction() as session:
            session.execute(update(Feed).values(config={"touched": True}))
        return judge(*arguments)

    monkeypatch.setattr(crew, "judge_all", while_reading)
    assert counts(import_file(database, settings, write(tmp_path, document(*many(3))), "iati")) == {"created": 3}


def test_a_run_killed_in_the_middle_is_finished_where_it_stood(
    sqlite_database: Database, settings: Settings, tmp_path: Path
) -> None:
    path = write(tmp_path, document(*many(3000)))
    environment = {
        **os.environ,
        "CASA_DATABASE_URL": sqlite_database.url,
        "CASA_DATA_DIR": str(tmp_path),
        "CASA_SYNC_BATCH_ROWS": "50",
        "CASA_SECRET_KEY": settings.secret_key,
    }
    command = [sys.executable, "-m", "registry.cli", "import", "programmes", str(path), "--format", "iati"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        end = time.monotonic() + 60
        while count(sqlite_database, Programme) < 200 and time.monotonic() < end:
            time.sleep(0.02)
        process.kill()
    done = count(sqlite_database, Programme)
    assert 200 <= done < 3000 and done == count(sqlite_database, FeedRecord) and done % 50 == 0
    assert rows(sqlite_database, Run.status, Run.created) == [("running", done)]
    with pytest.raises(Conflict):
        import_file(sqlite_database, settings, path, "iati")
    with sqlite_database.transaction() as session:
        session.execute(update(Run).values(heartbeat_at=utcnow() - timedelta(minutes=2)))
    assert counts(import_file(sqlite_database, settings, path, "iati")) == {"created": 3000}
    assert rows(sqlite_database, Run.status, Run.created, Run.fence) == [("succeeded", 3000, 2)]
    with sqlite_database.reading() as session:
        assert session.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
        created = session.execute(select(Event.record_id).where(Event.type == "programme.created")).scalars().all()
        assert len(created) == len(set(created)) == 3000
