"""Procrastinate's engine on a real PostgreSQL: tickets come and go with their transactions, workers answer them."""

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from procrastinate import App, PsycopgConnector
from sqlalchemy import select, text, update

from registry import migrate
from registry.accounts.actor import system
from registry.cli import casa
from registry.db import Database, utcnow
from registry.errors import ConfigurationError, Conflict
from registry.events.outbox import Change, emit
from registry.settings import Settings
from registry.sync import feeds, timetable
from registry.sync.models import Run, Schedule
from registry.worker import engines, host, schedule, ticket_tables, tickets
from registry.worker.host import Host
from registry.worker.tasks import TASKS, Task
from tests.support.background import called_database, make_template, tickets_of
from tests.support.fault_server import FaultServer, body
from tests.support.iati import document, many
from tests.support.postgresql import PostgreSQL
from tests.support.waiting import eventually
from tests.support.webhooks import deliveries, subscribe

CLI = system("cli")


@pytest.fixture(scope="module")
def template(postgresql: PostgreSQL) -> str:
    return make_template(postgresql)


@pytest.fixture
def called(postgresql: PostgreSQL, template: str) -> Iterator[Database]:
    with called_database(postgresql, f"called_{os.getpid()}_{next(postgresql.numbers)}", template) as database:
        yield database


@pytest.fixture
def allowing(settings: Settings, server: FaultServer) -> Settings:
    return replace(settings, outbound_allow=server.allow, fetch_timeout_seconds=20)


def make_feed(database: Database, url: str, every: int | None = 60) -> int:
    with database.transaction() as session:
        form = {"name": url, "adapter": "iati", "url": url, "scope": "all", "every_minutes": every}
        return feeds.create_feed(session, CLI, form).id or 0


@contextmanager
def working(settings: Settings, database: Database, count: int = 1) -> Iterator[None]:
    """So many hosts at work."""
    stop = threading.Event()
    hosts = [threading.Thread(target=host.run, args=(settings, database, stop)) for _ in range(count)]
    for each in hosts:
        each.start()
    try:
        yield
    finally:
        stop.set()
        for each in hosts:
            each.join(30)
    assert not any(each.is_alive() for each in hosts)


def runs(database: Database) -> list[tuple[int, str, str]]:
    with database.reading() as session:
        return [tuple(row) for row in session.execute(select(Run.feed_id, Run.trigger, Run.status).order_by(Run.id))]


def test_a_change_calls_in_its_own_transaction_and_once(called: Database) -> None:
    feed = make_feed(called, "http://partner.test/feed", every=None)
    before = tickets_of(called)
    with pytest.raises(ZeroDivisionError), called.transaction() as session:
        feeds.request_run(session, CLI, feed)
        session.flush()
        raise ZeroDivisionError
    assert tickets_of(called) == before == [("events.sequence", "", "todo")], "a change that is undone calls nobody"
    for _ in range(2):
        with called.transaction() as session:
            feeds.request_run(session, CLI, feed)
            assert tickets_of(called)[1:] in ([], [(timetable.SYNC_NOW, str(feed), "todo")]), "not before the commit"
    assert tickets_of(called)[1:] == [(timetable.SYNC_NOW, str(feed), "todo")], "one that waits is enough"
    with called.reading() as session:
        lock = session.execute(text("SELECT lock FROM procrastinate_jobs WHERE task_name = 'feed.sync_now'")).scalar()
    assert lock == f"feed:{feed}"


def test_two_transactions_that_call_for_the_same_work_both_commit(called: Database) -> None:
    feed = make_feed(called, "http://partner.test/feed", every=None)
    with called.transaction() as first:
        feeds.request_run(first, CLI, feed)
        tickets.issue(first, [("matching.expire", "")])
        with called.transaction() as other:
            emit(other, Change("need.opened", "need", 1, 1, {"title": "x"}))
    assert ("matching.expire", "", "todo") in tickets_of(called)
    second = threading.Thread(target=_ask, args=(called, "matching.refresh"))
    with called.transaction() as session:
        tickets.issue(session, [("matching.refresh", "")])
        second.start()
        second.join(0.2)
        assert second.is_alive(), "who calls for the same waits for the other's commit"
    second.join(20)
    assert [each for each in tickets_of(called) if each[0] == "matching.refresh"] == [("matching.refresh", "", "todo")]


def _ask(database: Database, task: str) -> None:
    with database.transaction() as session:
        tickets.issue(session, [(task, "")])


def test_two_hosts_synchronise_each_due_feed_once(called: Database, allowing: Settings, server: FaultServer) -> None:
    known = [make_feed(called, server.serve(f"/feed{n}", body(document(*many(2, f"XM-{n}"))))) for n in range(8)]
    with working(allowing, called, count=2):
        eventually(lambda: len(runs(called)) == len(known) and all(run[2] == "succeeded" for run in runs(called)))
        eventually(lambda: not [each for each in tickets_of(called) if each[0] in timetable.TASKS])
    assert sorted(run[0] for run in runs(called)) == known
    with called.reading() as session:
        rows = session.scalars(select(Schedule).where(Schedule.task == timetable.SYNC)).all()
        assert all(row.lease_owner is None and row.next_at > utcnow() and row.begun_at for row in rows)
        workers = "SELECT count(*) FROM procrastinate_workers"
        assert session.execute(text(workers)).scalar_one() == 0, "workers that end say good-bye"


def test_a_row_without_a_ticket_is_called_for_and_a_ticket_without_due_row_does_nothing(
    called: Database, settings: Settings
) -> None:
    feed = make_feed(called, "http://partner.test/feed")
    with called.transaction() as session:
        session.execute(text("DELETE FROM procrastinate_jobs"))
    assert tickets.call_for_due(called) == 1 and tickets.call_for_due(called) == 0
    assert tickets_of(called) == [(timetable.SYNC, str(feed), "todo")]
    with called.transaction() as session:
        session.execute(update(Schedule).values(next_at=utcnow() + timedelta(hours=1)))
    assert not Host(settings, called).answer(timetable.SYNC, str(feed))
    assert not Host(settings, called).answer(timetable.SYNC, "999")
    assert runs(called) == []


def test_nobody_is_called_for_work_that_would_find_nothing(called: Database, settings: Settings) -> None:
    Host(settings, called).prepare()
    tickets.call_for_due(called)
    tasks = {each[0] for each in tickets_of(called)}
    assert "matching.expire" in tasks and tasks.isdisjoint({"events.sequence", "webhooks.deliver", "events.consume"})


def test_what_happens_reaches_receivers_by_tickets(called: Database, allowing: Settings, server: FaultServer) -> None:
    subscribe(called, allowing, server.serve("/hook", body(b"ok")))
    with working(allowing, called):
        with called.transaction() as session:
            emit(session, Change("need.opened", "need", 1, 1, {"title": "x"}))
        eventually(lambda: [each.status for each in deliveries(called)] == ["delivered"])
    assert len(server.requests) == 1


def test_a_worker_outlives_the_loss_of_all_its_connections(
    called: Database, allowing: Settings, server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "TROUBLE_SECONDS", 0.1)
    feed = make_feed(called, server.serve("/feed", body(document(*many(2)))))
    with working(allowing, called):
        eventually(lambda: runs(called) == [(feed, "schedule", "succeeded")])
        with called.transaction() as session:
            others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            assert session.execute(text(f"SELECT count(pg_terminate_backend(pid)) {others}")).scalar_one() >= 2
        with called.transaction() as session:
            feeds.request_run(session, CLI, feed)
        eventually(lambda: len(runs(called)) == 2 and runs(called)[1][1] == "hand")


def test_tickets_of_a_dead_worker_are_answered_by_another(called: Database, allowing: Settings) -> None:
    with called.transaction() as session:
        tickets.issue(session, [("feed.sync", "1"), ("feed.sync", "2")])
        dead = "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 minute') RETURNING id"
        number = session.execute(text(dead)).scalar_one()
        session.execute(text("UPDATE procrastinate_jobs SET status = 'doing', worker_id = :n"), {"n": number})
        tickets.issue(session, [("feed.sync", "2")])
    assert looked_after(called, allowing, host.free_stalled) == 2
    assert sorted(tickets_of(called)) == [("feed.sync", "1", "todo"), ("feed.sync", "2", "todo")]
    assert looked_after(called, allowing, host.free_stalled) == 0


def looked_after(database: Database, settings: Settings, work: Callable[[App], Coroutine[Any, Any, Any]]) -> Any:
    """What one of the tasks that look after tickets gives."""

    async def look() -> Any:
        url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        app = Host(settings, database).app(PsycopgConnector(conninfo=url, min_size=1, max_size=2))
        async with app.open_async():
            return await work(app)

    # On a thread of its own: a browser that other tests drive has a loop on this one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(look())).result(60)


def test_tickets_that_ended_badly_are_forgotten_after_days(called: Database, settings: Settings) -> None:
    with called.transaction() as session:
        tickets.issue(session, [("feed.sync", "1"), ("feed.sync", "2"), ("feed.sync", "3")])
        ended = "UPDATE procrastinate_jobs SET status = 'failed' WHERE args->>'key' IN ('1', '2')"
        session.execute(text(ended))
        session.execute(
            text(
                "UPDATE procrastinate_events SET at = now() - interval '80 hours' WHERE job_id IN "
                "(SELECT id FROM procrastinate_jobs WHERE args->>'key' IN ('1', '3'))"
            )
        )
    looked_after(called, settings, host.prune_old)
    assert sorted(tickets_of(called)) == [("feed.sync", "2", "failed"), ("feed.sync", "3", "todo")]


def test_work_that_fails_is_noted_and_set_aside_after_a_few_tries(
    called: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> None:
        raise ZeroDivisionError("no such luck")

    monkeypatch.setitem(TASKS, timetable.SYNC_NOW, Task(failing, None, "fails"))
    feed = make_feed(called, "http://partner.test/feed", every=None)
    with called.transaction() as session:
        feeds.request_run(session, CLI, feed)
    worker = Host(settings, called)
    for _ in range(schedule.TRIES):
        assert worker.answer(timetable.SYNC_NOW, str(feed))
        with called.transaction() as session:
            session.execute(update(Schedule).values(next_at=utcnow()))
    assert not worker.answer(timetable.SYNC_NOW, str(feed)), "it waits for a person"
    with called.reading() as session:
        row = session.scalars(select(Schedule)).one()
    assert row.failures == schedule.TRIES and row.set_aside_at and row.last_error == "ZeroDivisionError: no such luck"
    with called.transaction() as session:
        feeds.request_run(session, CLI, feed)
    assert worker.answer(timetable.SYNC_NOW, str(feed)), "asked for anew it is tried anew"


def test_tables_are_made_once_kept_up_to_date_and_no_drift(called: Database) -> None:
    ticket_tables.upgrade(called)
    migrate.check_drift(called)
    with called.transaction() as session:
        assert ticket_tables.is_current(session)
        session.execute(text("COMMENT ON TABLE procrastinate_jobs IS NULL"))
        assert not ticket_tables.is_current(session)
    with pytest.raises(Conflict, match="did not make"):
        ticket_tables.upgrade(called)


def test_init_makes_the_tables_and_commands_say_where_they_lack(
    postgresql: PostgreSQL, settings: Settings, tmp_path: Path
) -> None:
    url = postgresql.create(f"bare_{os.getpid()}_{next(postgresql.numbers)}", template="casa_template")
    environment = {
        "CASA_DATABASE_URL": url,
        "CASA_DATA_DIR": str(tmp_path),
        "CASA_SECRET_KEY": settings.secret_key,
        "CASA_BACKGROUND": "procrastinate",
    }

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(casa, list(arguments), env=environment)

    for command in ("worker", "serve"):
        assert "run `casa init` first" in str(run(command).exception)
    assert "PROBLEM tickets: tables missing" in run("doctor").output
    assert run("init").exit_code == 0
    assert "ok      tickets" in run("doctor").output
    assert run("feed", "add", "Partner", "http://partner.test/feed", "--every", "60m").exit_code == 0
    database = Database(url)
    assert (timetable.SYNC, "1", "todo") in tickets_of(database), "commands call workers too"
    database.dispose()
    postgresql.drop(url)


def test_what_is_missing_is_said_in_one_line(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = replace(settings, background="procrastinate")
    with pytest.raises(ConfigurationError, match="needs PostgreSQL"):
        engines.open_database(chosen)
    with pytest.raises(ConfigurationError, match="CASA_BACKGROUND is 'celery'; it must be embedded or procrastinate"):
        Settings.from_environ({"CASA_BACKGROUND": "celery"})
    monkeypatch.delitem(sys.modules, "registry.worker.tickets")
    monkeypatch.setitem(sys.modules, "procrastinate", None)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match=r"extra `pg`.*casa-registry\[pg\]"):
        engines.open_database(replace(chosen, database_url="postgresql://casa@/casa"))
