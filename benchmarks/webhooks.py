"""From a change's commit to its receivers, through the real scheduler process, with dead receivers beside healthy ones."""

import http.client
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select

from benchmarks.receivers import Receivers
from registry.accounts.actor import system
from registry.accounts.models import User
from registry.cli.working import ENGINE_COMMANDS
from registry.db import Database
from registry.events.outbox import Change, emit
from registry.events.sequencer import EVENT
from registry.settings import EMBEDDED, Settings
from registry.webhooks.subscriptions import create_subscription

HEALTHY, DEAD, EVENTS = 50, 5, 30
EVERY_SECONDS = 0.5
KIND = "programme.archived"
"""What nothing else in the registry makes happen meanwhile"""
SECRET = "bench-secret-key-0001"
BENCH = system("bench")


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def subscribe_all(database: Database, receivers: Receivers, settings: Settings) -> None:
    """One subscription per receiver, the dead ones first, so that they are claimed first as well."""
    with database.transaction() as session:
        user = User(email="bench@example.org", name="Bench", role="coordinator", password_hash="-", session_key="-")
        session.add(user)
        session.flush()
        for number, url in enumerate([*receivers.dead, *receivers.healthy]):
            form = {"name": f"Receiver {number}", "url": url, "types": [KIND], "states": []}
            create_subscription(session, BENCH, user, form, settings)


@contextmanager
def background(database: Database, folder: Path, engine: str) -> Iterator[None]:
    """`casa scheduler`, or `casa worker`, as people start it."""
    environ = {
        **os.environ,
        "CASA_BACKGROUND": engine,
        "CASA_DATABASE_URL": database.url,
        "CASA_DATA_DIR": str(folder),
        "CASA_SECRET_KEY": SECRET,
        "CASA_OUTBOUND_ALLOW": "127.0.0.0/8",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "registry.cli", ENGINE_COMMANDS[engine]], env=environ, stderr=subprocess.PIPE
    )
    try:
        time.sleep(3)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def measure(database: Database, receivers: Receivers, folder: Path, engine: str = EMBEDDED) -> list[float]:
    """Seconds from each commit to each healthy receiver that got it. Raises AssertionError where one got less."""
    settings = Settings(data_dir=folder, secret_key=SECRET, outbound_allow="127.0.0.0/8")
    subscribe_all(database, receivers, settings)
    committed: dict[int, float] = {}
    with background(database, folder, engine):
        for number in range(1, EVENTS + 1):
            with database.transaction() as session:
                emit(session, Change(KIND, "programme", number, 1, {"title": f"Programme {number}"}))
            committed[number] = time.time()
            time.sleep(EVERY_SECONDS)
        got: dict[tuple[str, str], float] = {}
        until = time.monotonic() + 30
        while len(got) < HEALTHY * EVENTS and time.monotonic() < until:
            for url, uid, at in receivers.received():
                got.setdefault((url, uid), at)
            time.sleep(0.2)
    with database.reading() as session:
        numbers = {row.uid: row.record_id for row in session.execute(select(EVENT.c.uid, EVENT.c.record_id))}
    assert len(got) == HEALTHY * EVENTS, f"{len(got)} of {HEALTHY * EVENTS} messages came"
    return [at - committed[numbers[uid]] for (_, uid), at in got.items()]


def bare_loop(receivers: Receivers) -> list[float]:
    """The limit: one process posts the same body to the same receivers, one after the other, no database, no signature."""
    body = b'{"specversion":"1.0","data":{"title":"Programme 1","version":1}}' + b" " * 300
    begun: dict[str, float] = {}
    for number in range(EVENTS):
        begun[str(number)] = time.time()
        for url in receivers.healthy:
            connection = http.client.HTTPConnection(url.removeprefix("http://").rstrip("/"), timeout=10)
            connection.request("POST", "/", body, {"webhook-id": str(number)})
            connection.getresponse().read()
            connection.close()
    return [at - begun[uid] for _, uid, at in receivers.received()]


def figures(seconds: list[float]) -> tuple[float, float]:
    """Median and 95th percentile in milliseconds."""
    return statistics.median(seconds) * 1000, percentile(seconds, 0.95) * 1000
