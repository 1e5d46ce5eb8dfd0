"""Several schedulers at one database, beside serving processes, and clocks that jump: each due feed is fetched once."""

import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import requests
from sqlalchemy import func, select, update

from benchmarks.slow_source import slow_source
from benchmarks.workers import environment, make_feeds, start, stop, until
from registry import migrate
from registry.db import Database, utcnow
from registry.settings import EMBEDDED, PROCRASTINATE, Settings
from registry.sync import timetable
from registry.sync.models import Feed, Run
from registry.worker import ticket_tables, tickets

FEEDS = 500
JUMPING_FEEDS = 20
MINUTES = 60
PATIENCE = 400
JUMPING = """
import sys
from datetime import timedelta
from pathlib import Path
import registry.db
usual, file = registry.db.utcnow, Path(sys.argv[1])
registry.db.utcnow = lambda: usual() + timedelta(hours=float(file.read_text()))
sys.argv = ["casa", "scheduler"]
from registry.cli import main
main()
"""
"""A scheduler whose clock says so many hours more than ours: every module asks registry.db for the time."""


def _plan(database: Database, feeds: list[int], every_minutes: int) -> None:
    """Have each fetched now, and then at this interval."""
    with database.transaction() as session:
        session.execute(update(Feed).values(every_minutes=every_minutes))
        for found in session.scalars(select(Feed).where(Feed.id.in_(feeds))):  # type: ignore[union-attr]
            timetable.plan(session, found, utcnow(), due_now=True)


def _runs(database: Database) -> dict[int, int]:
    """Feed → how many runs it had."""
    with database.reading() as session:
        found = session.execute(select(Run.feed_id, func.count()).group_by(Run.feed_id))
        return {row[0]: row[1] for row in found}


def _ended(database: Database) -> int:
    with database.reading() as session:
        return session.execute(select(func.count()).select_from(Run).where(Run.status != "running")).scalar_one()


def many_schedulers(database: Database, folder: Path) -> tuple[str, bool]:
    """Two schedulers (workers on PostgreSQL) and four serving processes; 500 feeds fall due at once."""
    migrate.upgrade(database)
    if not database.is_sqlite:
        ticket_tables.upgrade(database)
        database.tell = tickets.issue
    with slow_source() as source, ExitStack() as stack:
        settings = Settings(
            data_dir=folder, secret_key="experiment-secret-0001", outbound_allow=f"127.0.0.1:{source.port}",
            host_gap_ms=0, background=EMBEDDED if database.is_sqlite else PROCRASTINATE,
        )  # fmt: skip
        feeds = make_feeds(database, source.port, FEEDS)
        address = _serve(database, settings, stack)
        for _ in range(2):
            stack.callback(stop, start(database, settings))
        begun = time.monotonic()
        _plan(database, feeds, MINUTES)
        answered = 0
        while _ended(database) < FEEDS and time.monotonic() - begun < PATIENCE:
            answered += sum(requests.get(f"{address}/{path}", timeout=30).ok for path in ("readyz", "en/feeds"))
            time.sleep(0.05)
        took = time.monotonic() - begun
        time.sleep(3)  # what would be done a second time would be done now
        runs, (_, overlaps) = _runs(database), source.told()
    once = sum(count == 1 for count in runs.values())
    result = f"{once} of {FEEDS} once in {took:.0f} s, {sum(runs.values()) - once} again, {overlaps} at once, {answered} pages"
    return result, runs == dict.fromkeys(feeds, 1) and not overlaps


def _serve(database: Database, settings: Settings, stack: ExitStack) -> str:
    """Four processes that serve pages."""
    log = settings.data_dir / "serve.log"
    command = [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0", "--workers", "4", "registry.app:create_app()"]
    with log.open("wb") as file:
        process = subprocess.Popen(command, env=environment(database, settings), stdout=file, stderr=file)
    stack.callback(stop, process)
    until(lambda: b"Listening at: " in log.read_bytes(), 60)
    return log.read_text().partition("Listening at: ")[2].split()[0]


def jumping_clock(database: Database, folder: Path) -> tuple[str, bool]:
    """An hour forth and back while feeds are due each hour: fetched again after the jump forth, never twice at once."""
    migrate.upgrade(database)
    shift = folder / "shift"
    shift.write_text("0")
    with slow_source() as source, ExitStack() as stack:
        settings = Settings(
            data_dir=folder, secret_key="experiment-secret-0001", outbound_allow=f"127.0.0.1:{source.port}", host_gap_ms=0
        )  # fmt: skip
        feeds = make_feeds(database, source.port, JUMPING_FEEDS)
        _plan(database, feeds, MINUTES)
        command = [sys.executable, "-c", JUMPING, str(shift)]
        stack.callback(stop, subprocess.Popen(command, env=environment(database, settings), stderr=subprocess.DEVNULL))
        seen = []
        for hours, expected in (("0", 1), ("1.1", 2), ("0.1", 2), ("-0.9", 2), ("2.3", 3)):
            shift.write_text(hours)
            try:
                until(lambda: _ended(database) >= expected * JUMPING_FEEDS, 90)  # noqa: B023
            except TimeoutError:
                return f"at {hours} h: {_ended(database)} runs", False
            time.sleep(4)
            seen.append(set(_runs(database).values()) == {expected})
        _, overlaps = source.told()
    running = [1 for count in _runs(database).values() if count != 3]
    shown = "clock at 0, +1.1, +0.1, −0.9, +2.3 h: 1, 2, 2, 2, 3 runs of each feed"
    return f"{shown}, {overlaps} at once", all(seen) and not overlaps and not running
