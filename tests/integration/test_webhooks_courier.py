"""The courier as a process: the dead keep nobody waiting, a killed one's messages are sent again under the same id."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlmodel import col

from registry.db import Database
from registry.events.outbox import Change, emit
from registry.settings import Settings
from registry.webhooks.models import Subscription
from registry.worker import courier as module
from registry.worker import ticker
from registry.worker.courier import Courier, deliver_due
from tests.support.fault_server import FaultServer, body, silent
from tests.support.people import make_user
from tests.support.waiting import eventually
from tests.support.webhooks import allowing, deliveries, happen, let_time_pass, subscribe, subscription

ROOT = Path(__file__).parents[2]


@contextmanager
def dead_receivers(count: int) -> Iterator[list[socket.socket]]:
    """Ports that take a connection and never answer."""
    with ExitStack() as opened:
        yield [opened.enter_context(socket.create_server(("127.0.0.1", 0), backlog=64)) for _ in range(count)]


@contextmanager
def running(courier: Courier) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=courier.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
        courier.close()
    assert not thread.is_alive()


def test_dead_receivers_keep_the_healthy_ones_not_waiting(
    database: Database, settings: Settings, server: FaultServer
) -> None:
    """Five that die now, and thirty that have been failing: more than there are threads for such."""
    owner = make_user(database, "coordinator")
    with dead_receivers(35) as dead:
        names = [f"127.0.0.1:{each.getsockname()[1]}" for each in dead]
        allowed = allowing(settings, server.allow, *names)
        for name in names:
            subscribe(database, allowed, f"http://{name}/", owner)
        with database.transaction() as session:
            session.execute(update(Subscription).where(col(Subscription.id) > 5).values(failures=2))
        for number in range(8):
            subscribe(database, allowed, server.serve(f"/hook{number}", body(b"ok")), owner)
        took = []
        with running(Courier(database, allowed, "test", deadline=15)):
            for number in range(1, 5):
                with database.transaction() as session:
                    emit(session, Change("need.opened", "need", number, 1, {"title": "x"}))
                committed = time.time()
                eventually(lambda number=number: len(server.requests) >= 8 * number, 10)
                took.append(max(request.at for request in server.requests) - committed)
        assert sorted(took)[2] < 2, f"seconds to the last of eight receivers: {took}"
        assert {d.status for d in deliveries(database) if d.attempts} == {"delivered"}


def test_messages_on_their_way_in_a_killed_process_are_sent_again_under_the_same_id(
    database: Database, settings: Settings, server: FaultServer
) -> None:
    allowed = allowing(settings, server.allow)
    for number in range(3):
        subscribe(database, allowed, server.serve(f"/hook{number}", silent()))
    uids = happen(database, 2)
    environ = {
        **os.environ,
        "CASA_DATABASE_URL": database.engine.url.render_as_string(hide_password=False),
        "CASA_DATA_DIR": str(settings.data_dir),
        "CASA_SECRET_KEY": settings.secret_key,
        "CASA_OUTBOUND_ALLOW": allowed.outbound_allow,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "registry.cli", "scheduler"], env=environ, cwd=ROOT, stderr=subprocess.DEVNULL
    )
    try:
        eventually(lambda: len(server.requests) == 6)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    for number in range(3):
        server.serve(f"/hook{number}", body(b"ok"))
    assert deliver_due(database, allowed, owner="next") == {}, "their leases last"
    let_time_pass(database, 61)
    assert deliver_due(database, allowed, owner="next") == {"delivered": 6}
    sent = sorted((request.path, request.headers["webhook-id"]) for request in server.requests)
    assert sent == sorted([(f"/hook{number}", uid) for number in range(3) for uid in uids] * 2)
    assert len({request.body for request in server.requests}) == 2


def test_the_scheduler_brings_events_by_itself_and_stops(
    database: Database, settings: Settings, server: FaultServer
) -> None:
    allowed = allowing(settings, server.allow)
    number, _ = subscribe(database, allowed, server.serve("/hook", body(b"ok")))
    stop = threading.Event()
    process = threading.Thread(target=ticker.run, args=(allowed, database, stop))
    process.start()
    try:
        with database.transaction() as session:
            emit(session, Change("need.opened", "need", 1, 1, {"title": "x"}))
        eventually(lambda: subscription(database, number).delivered_at)
    finally:
        stop.set()
        process.join(20)
    assert not process.is_alive() and len(server.requests) == 1


def test_trouble_with_the_database_ends_nothing_and_loses_nothing(
    sqlite_database: Database, settings: Settings, server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TROUBLE_SECONDS", 0.1)
    allowed = allowing(settings, server.allow)
    subscribe(sqlite_database, allowed, server.serve("/hook", body(b"ok")))
    happen(sqlite_database, 3)
    settle, failures = module.settle, []

    def failing(*arguments):
        if arguments[1] and len(failures) < 3:
            failures.append(1)
            raise OSError("the disk is gone for a moment")
        return settle(*arguments)

    monkeypatch.setattr(module, "settle", failing)
    with running(Courier(sqlite_database, allowed, "test")):
        eventually(lambda: [d.status for d in deliveries(sqlite_database)] == ["delivered"] * 3)
    assert len(failures) == 3 and len(server.requests) == 3
