"""How much faster two `casa worker` processes are than one: 200 feeds of a partner whose server takes 50 ms."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import requests
from sqlalchemy import func, select, text

from benchmarks import webhooks
from benchmarks.receivers import Receivers
from benchmarks.slow_source import SECONDS, slow_source
from registry.accounts.actor import system
from registry.db import Database
from registry.settings import PROCRASTINATE, Settings
from registry.sync import feeds
from registry.sync.models import Run
from registry.worker import ticket_tables, tickets

FEEDS = 200
BENCH = system("bench")
Line = Callable[[str, str, str, float, str], None]


def environment(database: Database, settings: Settings) -> dict[str, str]:
    """What a process that works in the background needs to know."""
    return os.environ | {
        "CASA_DATABASE_URL": database.url, "CASA_BACKGROUND": settings.background,
        "CASA_DATA_DIR": str(settings.data_dir), "CASA_SECRET_KEY": settings.secret_key,
        "CASA_OUTBOUND_ALLOW": settings.outbound_allow, "CASA_WORKER_SYNCS": str(settings.worker_syncs),
        "CASA_HOST_GAP_MS": str(settings.host_gap_ms),
    }  # fmt: skip


def start(database: Database, settings: Settings) -> subprocess.Popen[bytes]:
    """A process of the engine that is chosen."""
    command = "worker" if settings.background == PROCRASTINATE else "scheduler"
    return subprocess.Popen(
        [sys.executable, "-m", "registry.cli", command], env=environment(database, settings), stderr=subprocess.DEVNULL
    )


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end, and wait for that."""
    process.terminate()
    process.wait(60)


def workers(database: Database) -> int:
    """How many there are, at all queues."""
    with database.reading() as session:
        return int(session.execute(text("SELECT count(*) FROM procrastinate_workers")).scalar_one())


def until(true: Callable[[], object], seconds: float) -> None:
    """Wait for it; raises TimeoutError."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError("it did not happen in time")
        time.sleep(0.1)


def make_feeds(database: Database, port: int, count: int) -> list[int]:
    """So many feeds without interval."""
    made = []
    with database.transaction() as session:
        for number in range(count):
            url = f"http://127.0.0.1:{port}/{number}"
            form = {"name": f"Slow {number}", "adapter": "iati", "url": url, "scope": "all"}
            made.append(feeds.create_feed(session, BENCH, form).id or 0)
    return made


def ask(database: Database, known: list[int]) -> None:
    """Ask for a run of each feed, in one transaction."""
    with database.transaction() as session:
        for feed_id in known:
            feeds.request_run(session, BENCH, feed_id)


def _ended(database: Database) -> int:
    whole = Run.status.in_(("succeeded", "not_modified"))  # type: ignore[attr-defined]
    with database.reading() as session:
        return session.execute(select(func.count()).select_from(Run).where(whole)).scalar_one()


def _pass(database: Database, known: list[int]) -> float:
    """Seconds until a run of each has ended well."""
    before, begun = _ended(database), time.perf_counter()
    ask(database, known)
    until(lambda: _ended(database) == before + len(known), 240)
    return time.perf_counter() - begun


def bench_workers(url: str, folder: Path, line: Line) -> None:
    """One worker, then two, each synchronising one feed at a time; beside it the bare requests one after the other."""
    database = Database(url, tickets.issue)
    ticket_tables.upgrade(database)
    took = {}
    with slow_source() as source:
        settings = Settings(
            data_dir=folder, secret_key="bench-secret-key-0001", outbound_allow=f"127.0.0.1:{source.port}",
            worker_syncs=1, host_gap_ms=0, background=PROCRASTINATE,
        )  # fmt: skip
        known = make_feeds(database, source.port, FEEDS)
        bare = _bare(source.port)
        for count in (1, 2):
            with ExitStack() as stack:
                for _ in range(count):
                    stack.callback(stop, start(database, settings))
                until(lambda: workers(database) == 2 * count, 60)  # noqa: B023  (each waits at two queues)
                _pass(database, known)  # what is done once is done
                took[count] = min(_pass(database, known) for _ in range(3))
    what = f"{FEEDS} feeds of {SECONDS * 1000:.0f} ms"
    for count, seconds in took.items():
        name = f"{what}, {count} worker{'s' * (count > 1)}"
        limit = bare / count
        aim = "for information: bare requests, one at a time each"
        line(name, f"{FEEDS / seconds:,.1f}/s", f"{FEEDS / limit:,.1f}/s", seconds / limit, aim)
    gain = took[1] / took[2]
    line(f"{what}, 1 → 2 workers", f"× {gain:.2f}", "× 2.00", 2 / gain, "≥ × 1.8, with two cores free")
    _bench_webhooks(database, folder, line)
    database.dispose()


def _bench_webhooks(database: Database, folder: Path, line: Line) -> None:
    """Commit → webhook received, when each event calls a worker; see the row `webhooks`."""
    with Receivers(webhooks.HEALTHY, webhooks.DEAD) as receivers:
        limit = webhooks.figures(webhooks.bare_loop(receivers))
        ours = webhooks.figures(webhooks.measure(database, receivers, folder, PROCRASTINATE))
    for name, our, bare in zip(("p50", "p95"), ours, limit, strict=True):
        line(f"webhook {name}, a worker", f"{our:,.0f} ms", f"{bare:,.0f} ms", our / bare, "p95 < 1,000 ms")


def _bare(port: int) -> float:
    begun = time.perf_counter()
    for number in range(FEEDS):
        requests.get(f"http://127.0.0.1:{port}/{number}", timeout=10).raise_for_status()
    return time.perf_counter() - begun
