"""The scheduler process: due feeds run, short work is not held up by long, it stops and leaves a sign of life."""

import threading
from dataclasses import replace

import pytest
from sqlalchemy import select

from registry.accounts.actor import system
from registry.catalogue.models import Programme
from registry.db import Database, utcnow
from registry.events.models import Event
from registry.settings import EMBEDDED, Settings
from registry.sync import feeds, heartbeat, timetable
from registry.sync.models import Run, Schedule
from registry.worker import ticker
from registry.worker.tasks import LASTING, TASKS, Task, recurring
from registry.worker.ticker import Ticker
from tests.support.fault_server import FaultServer, body, drip, head
from tests.support.iati import document, many
from tests.support.waiting import eventually

CLI = system("cli")


@pytest.fixture
def allowing(settings: Settings, server: FaultServer) -> Settings:
    return replace(settings, outbound_allow=server.allow, fetch_timeout_seconds=20)


def make_feed(database: Database, url: str, **options: object) -> int:
    with database.transaction() as session:
        form = {"name": url, "adapter": "iati", "url": url, "scope": "all", "every_minutes": 60, **options}
        return feeds.create_feed(session, CLI, form).id or 0


def statuses(database: Database) -> list[tuple[str, str]]:
    with database.reading() as session:
        return [(row[0], row[1]) for row in session.execute(select(Run.trigger, Run.status).order_by(Run.id))]


def test_a_due_feed_is_synchronised_once_and_its_row_comes_again(
    database: Database, allowing: Settings, server: FaultServer
) -> None:
    make_feed(database, server.serve("/feed", body(document(*many(3)))))
    two = [Ticker(allowing, database), Ticker(allowing, database)]
    for each in two:
        each.prepare()
    for _ in range(2):
        for each in two:
            each.tick()
    eventually(lambda: statuses(database) == [("schedule", "succeeded")])
    for each in two:
        each.close()
    with database.reading() as session:
        row = session.execute(select(Schedule).where(Schedule.task == timetable.SYNC)).scalar_one()
        assert row.lease_owner is None and row.every_seconds == 3600
        assert len(session.execute(select(Programme)).all()) == 3


def test_the_ticker_looks_for_every_task_of_its_engine() -> None:
    mine = {name for name, task in TASKS.items() if EMBEDDED in task.engines}
    assert mine == ticker.SHORT | LASTING


def test_a_run_asked_for_begins_at_the_next_tick_and_only_once(
    database: Database, allowing: Settings, server: FaultServer
) -> None:
    feed = make_feed(database, server.serve("/feed", body(document(*many(3)))), every_minutes=None)
    for _ in range(3):
        with database.transaction() as session:
            feeds.request_run(session, CLI, feed)
    one = Ticker(allowing, database)
    one.tick()
    eventually(lambda: statuses(database) == [("hand", "succeeded")])
    one.close()
    with database.reading() as session:
        assert session.execute(select(Schedule)).all() == []


def test_long_runs_leave_a_thread_for_short_work(database: Database, allowing: Settings, server: FaultServer) -> None:
    for number in range(6):
        make_feed(database, server.serve(f"/slow{number}", drip(head(Content_Length="999999"), seconds=15)))
    one = Ticker(allowing, database)
    one.prepare()

    def long_ones_are_as_many_as_may_be() -> bool:
        one.tick()
        return len([c for c in one.running if c.task == timetable.SYNC]) == ticker.THREADS - 1

    eventually(long_ones_are_as_many_as_may_be)

    def events_are_in_order() -> bool:
        one.tick()
        with database.reading() as session:
            return session.execute(select(Event).where(Event.position.is_(None))).first() is None

    eventually(events_are_in_order)
    assert [c.task for c in one.running].count(timetable.SYNC) == ticker.THREADS - 1
    one.close()
    assert {status for _, status in statuses(database)} == {"cancelled"}, "stopping asks runs to stop"


def test_work_that_fails_is_noted_and_comes_again(
    sqlite_database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(*_: object) -> None:
        raise ZeroDivisionError("no such luck")

    monkeypatch.setitem(TASKS, "events.sequence", Task(failing, 2, "fails"))
    monkeypatch.setattr(ticker, "recurring", lambda _engine: {"events.sequence": 2})
    one = Ticker(settings, sqlite_database)
    one.prepare()
    one.tick()
    eventually(lambda: not one.running)
    one.close()
    assert "no such luck" in caplog.text
    with sqlite_database.reading() as session:
        row = session.execute(select(Schedule).where(Schedule.task == "events.sequence")).scalar_one()
        assert row.failures == 1 and row.lease_owner is None


def test_the_process_ticks_by_itself_until_it_is_told_to_stop(
    database: Database, allowing: Settings, server: FaultServer
) -> None:
    make_feed(database, server.serve("/feed", body(document(*many(2)))))
    stop = threading.Event()
    process = threading.Thread(target=ticker.run, args=(allowing, database, stop))
    process.start()
    try:
        eventually(lambda: statuses(database) == [("schedule", "succeeded")])

        def alive() -> bool:
            with database.reading() as session:
                return heartbeat.is_alive(heartbeat.last_beat(session), utcnow())

        eventually(alive)
    finally:
        stop.set()
        process.join(20)
    assert not process.is_alive()
    with database.reading() as session:
        assert set(recurring(EMBEDDED)) <= set(session.execute(select(Schedule.task)).scalars())
