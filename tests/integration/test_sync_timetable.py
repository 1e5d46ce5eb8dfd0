"""When a feed is synchronised next: failing sources are left alone ever longer, no request for a run is lost."""

import threading
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from registry.accounts.actor import system
from registry.db import Database, utcnow
from registry.outbound import retrying
from registry.settings import Settings
from registry.sync import feeds, timetable
from registry.sync.models import Run, Schedule
from registry.sync.runner import run_feed
from registry.worker.ticker import Ticker
from tests.support.fault_server import Answer, FaultServer, body, head, raw
from tests.support.iati import document, many

CLI = system("cli")
GOOD = body(document(*many(2)))


@pytest.fixture
def allowing(settings: Settings, server: FaultServer) -> Settings:
    return replace(settings, outbound_allow=server.allow, fetch_timeout_seconds=20, sync_processes=1)


def make_feed(database: Database, url: str, every: int | None = 5) -> int:
    with database.transaction() as session:
        form = {"name": url, "adapter": "iati", "url": url, "scope": "all", "every_minutes": every}
        return feeds.create_feed(session, CLI, form).id or 0


def make_due(database: Database, **columns: object) -> None:
    with database.transaction() as session:
        session.execute(update(Schedule).values(next_at=utcnow() - timedelta(seconds=1), **columns))


def tick(database: Database, settings: Settings) -> None:
    """One tick of a scheduler, and what it began to its end."""
    ticker = Ticker(settings, database)
    ticker.tick()
    ticker.stop.wait(0)
    ticker._pool.shutdown(wait=True)


def row(database: Database) -> Schedule:
    with database.reading() as session:
        return session.execute(select(Schedule)).scalar_one()


def ask(database: Database, feed: int) -> None:
    with database.transaction() as session:
        feeds.request_run(session, CLI, feed)


def runs(database: Database) -> list[tuple[str, str]]:
    with database.reading() as session:
        return [(found[0], found[1]) for found in session.execute(select(Run.trigger, Run.status).order_by(Run.id))]


def asked_for_patience(status: str) -> Answer:
    return raw(head(status, Retry_After="3000", Content_Length="0"))


@pytest.mark.parametrize("status", ["404 Not Found", "500 Internal Server Error"])
def test_a_failing_feed_backs_off_and_one_success_makes_it_usual_again(
    database: Database, allowing: Settings, server: FaultServer, status: str
) -> None:
    feed = make_feed(database, server.serve("/feed", body(b"no", status)))
    tick(database, allowing)
    assert runs(database) == [("schedule", "failed")] and row(database).failures == 1
    make_due(database, failures=12)
    tick(database, allowing)
    failed = row(database)
    assert failed.failures == 13 and utcnow() < failed.next_at <= utcnow() + timedelta(hours=6)
    server.serve("/feed", GOOD)
    make_due(database)
    tick(database, allowing)
    well = row(database)
    assert runs(database)[-1] == ("schedule", "succeeded") and well.failures == 0
    assert well.next_at <= utcnow() + timedelta(minutes=5) * 1.05
    with database.reading() as session:
        assert timetable.outlooks(session) == {feed: timetable.Outlook(well.next_at, 0)}


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
def test_a_source_that_asks_to_be_left_alone_is_left_alone(
    database: Database, allowing: Settings, server: FaultServer, status: str
) -> None:
    make_feed(database, server.serve("/feed", asked_for_patience(status)))
    before = utcnow()
    tick(database, allowing)
    assert row(database).next_at >= before + timedelta(seconds=3000)


def test_a_run_by_hand_that_succeeds_ends_the_backing_off(
    database: Database, allowing: Settings, server: FaultServer
) -> None:
    feed = make_feed(database, server.serve("/feed", GOOD), every=60)
    with database.transaction() as session:
        session.execute(update(Schedule).values(failures=9, next_at=utcnow() + timedelta(hours=5)))
    run_feed(database, allowing, feed)
    assert row(database).failures == 0 and row(database).next_at <= utcnow() + timedelta(minutes=60) * 1.05


def test_a_run_asked_for_that_fails_is_over_and_the_schedule_stays_as_it_was(
    database: Database, allowing: Settings, server: FaultServer
) -> None:
    feed = make_feed(database, server.serve("/feed", body(b"no", "404 Not Found")), every=None)
    ask(database, feed)
    tick(database, allowing)
    with database.reading() as session:
        assert runs(database) == [("hand", "failed")] and session.execute(select(Schedule)).all() == []


def test_a_failure_that_passes_is_outlived_within_the_run(
    database: Database, allowing: Settings, server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrying, "LONGEST_WAIT", 0.01)
    answers = [body(b"", "503 Service Unavailable"), raw(head(Content_Length="99") + b"half"), GOOD]
    feed = make_feed(database, server.serve("/feed", lambda *asked: answers.pop(0)(*asked)), every=None)
    report = run_feed(database, replace(allowing, fetch_tries=3), feed)
    assert report.run.status == "succeeded" and report.run.created == 2 and answers == []


def test_runs_asked_for_while_one_goes_on_cause_exactly_one_more(
    database: Database, allowing: Settings, server: FaultServer
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(connection: object, request: object) -> None:
        begun.set()
        assert go_on.wait(30)
        GOOD(connection, request)  # type: ignore[arg-type]

    feed = make_feed(database, server.serve("/feed", slow), every=None)
    ask(database, feed)
    ticker = Ticker(allowing, database)
    ticker.tick()
    assert begun.wait(30)
    for _ in range(3):
        ask(database, feed)
    go_on.set()
    ticker._pool.shutdown(wait=True)
    for _ in range(3):
        tick(database, allowing)
    assert [trigger for trigger, _ in runs(database)] == ["hand", "hand"]
    with database.reading() as session:
        assert session.execute(select(Schedule)).all() == []


def test_many_who_ask_at_once_make_one_row(database: Database, server: FaultServer) -> None:
    feed = make_feed(database, server.url("/feed"), every=None)
    barrier, troubles = threading.Barrier(6), []

    def asking() -> None:
        barrier.wait()
        try:
            ask(database, feed)
        except Exception as trouble:
            troubles.append(trouble)

    threads = [threading.Thread(target=asking) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert troubles == [] and row(database).task == timetable.SYNC_NOW


def test_another_address_given_during_a_run_is_fetched_at_once(database: Database) -> None:
    feed = make_feed(database, "https://partner.example/old.xml")
    now: datetime = utcnow()
    with database.transaction() as session:
        session.execute(update(Schedule).values(lease_owner="somebody", lease_until=now + timedelta(minutes=1)))
    with database.transaction() as session:
        feeds.update_feed(session, CLI, feed, {"url": "https://partner.example/new.xml"}, None, now)
    assert row(database).next_at == now
