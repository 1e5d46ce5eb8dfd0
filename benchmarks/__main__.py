"""`make bench` prints our figure, the limit's figure in the same run, and the ratio. `make bench BENCH="import list"` picks rows."""

import argparse
import platform
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from benchmarks import (
    allocation,
    backup,
    change_feed,
    iati_file,
    importing,
    limits,
    matching,
    memory,
    rematching,
    reports,
    same_as,
    scores,
    standards,
    webhooks,
    workers,
)
from benchmarks.receivers import Receivers
from registry import migrate
from registry.app import create_app
from registry.catalogue.models import Programme
from registry.db import Database
from registry.settings import Settings
from tests.support.postgresql import PostgreSQL

COUNT = 10_000
LIST_ROWS = 100_000
MEMORY_COUNT = 100_000


def line(name: str, ours: str, limit: str, ratio: float, aim: str) -> None:
    print(f"{name:<46} {ours:>16} {limit:>16} {ratio:>8.2f}  {aim}", flush=True)


@contextmanager
def databases(folder: Path) -> Iterator[dict[str, Database]]:
    """A fresh, migrated database on each engine."""
    server = PostgreSQL.start(folder / "pg")
    try:
        both = {"SQLite": Database(f"sqlite:///{folder / 'casa.db'}"), "PostgreSQL": Database(server.create("bench"))}
        for database in both.values():
            migrate.upgrade(database)
        yield both
        for database in both.values():
            database.dispose()
    finally:
        server.stop()


def bench_import(folder: Path) -> None:
    """Import of generated activities, the same file again, and one change in it, against the bare parser."""
    bare, hashed = importing.prepare(folder, COUNT)
    with databases(folder) as both:
        for engine, database in both.items():
            importing.bench_import(engine, database, folder, COUNT, bare, hashed, line)


def bench_pages(folder: Path) -> None:
    """Small page writes while 100,000 activities are imported on SQLite."""
    database = Database(f"sqlite:///{folder / 'casa.db'}")
    migrate.upgrade(database)
    importing.bench_page_writes(database, folder, MEMORY_COUNT, line)


def bench_list(folder: Path) -> None:
    """A page of 50 from 100,000 programmes through the whole application, against raw sqlite3 + orjson."""
    database = Database(f"sqlite:///{folder / 'list.db'}")
    migrate.upgrade(database)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with database.transaction() as session:
        for start in range(0, LIST_ROWS, 1000):
            session.execute(
                insert(Programme),
                [
                    {
                        "iati_identifier": f"ZZ-{n}", "title": f"Stockpile management of small arms {n}", "sort_title": f"stockpile {n:06d}",
                        "status": str(n % 5 + 1), "start_date": f"20{n % 25:02d}-01-01", "end_date": f"20{n % 25 + 1:02d}-01-01",
                        "countries": "KEN UGA", "themes": "stockpile_mgmt", "budget_usd": n * 1000, "relevance": "text “small arms”",
                        "created_at": now, "updated_at": now + timedelta(seconds=n),
                    }
                    for n in range(start, start + 1000)
                ],
            )  # fmt: skip
    app = create_app(Settings(data_dir=folder, secret_key="bench-secret-key-0001"), database)
    client = app.test_client()
    names = list(client.get("/api/v1/programmes?limit=1").get_json()["items"][0])
    connection = sqlite3.connect(folder / "list.db")
    stored = {row[1] for row in connection.execute("PRAGMA table_info(programme)")}
    columns = ", ".join(name for name in names if name in stored)

    def cpu(work: Callable[[], object], rounds: int = 60) -> float:
        figures = []
        for _ in range(7):
            start = time.process_time()
            for _ in range(rounds):
                work()
            figures.append((time.process_time() - start) / rounds * 1000)
        return statistics.median(figures)

    def ours() -> None:
        assert client.get("/api/v1/programmes?limit=50").status_code == 200

    hello = app.test_client()
    floor = cpu(lambda: hello.get("/healthz"))
    whole = cpu(ours)
    raw = cpu(lambda: limits.list_page(connection, columns, 50))
    line(
        "list of 50 from 100,000, whole request, CPU ms",
        f"{whole:.2f}",
        f"{raw + floor:.2f}",
        whole / (raw + floor),
        "≤ 3 × (raw sqlite3 + orjson behind an empty Flask request)",
    )
    line(
        "list of 50 from 100,000, against raw alone",
        f"{whole:.2f}",
        f"{raw:.2f}",
        whole / raw,
        "for information: raw without HTTP",
    )
    database.dispose()


def bench_memory(folder: Path) -> None:
    """Peak memory of an import of 100,000 activities."""
    path = folder / "many.xml"
    iati_file.write(path, MEMORY_COUNT)
    memory.bench_memory(path, MEMORY_COUNT, line)


def bench_feed(folder: Path) -> None:
    """The change feed: read, appended to, and the snapshot to begin with."""
    with databases(folder) as both:
        for engine, database in both.items():
            change_feed.bench_reading(engine, database, line)
            change_feed.bench_append(engine, database, line)
    change_feed.bench_snapshot(line)


def bench_backup(folder: Path) -> None:
    """A backup written and taken back, on each engine."""
    with databases(folder) as both:
        for engine, database in both.items():
            backup.bench_backup(engine, database, folder, line)


def bench_same_as(_folder: Path) -> None:
    """How well duplicates are found in a labelled world of our own making."""
    same_as.evaluate()


def bench_webhooks(folder: Path) -> None:
    """Commit → webhook received, 50 healthy receivers beside 5 that never answer, against a bare loop of POSTs."""
    who = f"{webhooks.HEALTHY} receivers beside {webhooks.DEAD} dead"
    with databases(folder) as both, Receivers(webhooks.HEALTHY, webhooks.DEAD) as receivers:
        limit = webhooks.figures(webhooks.bare_loop(receivers))
        for engine, database in both.items():
            ours = webhooks.figures(webhooks.measure(database, receivers, folder))
            for name, our, bare in zip(("p50", "p95"), ours, limit, strict=True):
                aim = "p95 < 1,000 ms" if name == "p95" else f"commit → received, {who}"
                line(f"webhook {name}, {engine}", f"{our:,.0f} ms", f"{bare:,.0f} ms", our / bare, aim)


def bench_workers(folder: Path) -> None:
    """One worker and two, on PostgreSQL."""
    with databases(folder) as both:
        workers.bench_workers(both["PostgreSQL"].url, folder, line)


def bench_allocation(_folder: Path) -> None:
    """Allocation rounds of three sizes: value against the linear bound, time, memory."""
    allocation.bench_allocation(line)


def bench_matching(folder: Path) -> None:
    """One need and all needs against 5,000 offers, in columns; a need changed and matched anew on both engines."""
    matching.bench_columns(line)
    with databases(folder) as both:
        for engine, database in both.items():
            rematching.bench_change(engine, database, folder, line)


def bench_standards(folder: Path) -> None:
    """The library of standards read and judged: cold, from memory, and from the database in a fresh process's place."""
    with databases(folder) as both:
        standards.bench_standards(both, line)


def bench_scores(folder: Path) -> None:
    """The grid of States and standards, and one State's row of it."""
    with databases(folder) as both:
        scores.bench_scores(both, line)


def bench_reports(_folder: Path) -> None:
    """A national report of more than 100 pages as PDF, in English and in Arabic."""
    reports.bench_reports(line)


ROWS = {
    "import": bench_import,
    "pages": bench_pages,
    "list": bench_list,
    "memory": bench_memory,
    "feed": bench_feed,
    "backup": bench_backup,
    "same_as": bench_same_as,
    "webhooks": bench_webhooks,
    "workers": bench_workers,
    "allocation": bench_allocation,
    "matching": bench_matching,
    "standards": bench_standards,
    "scores": bench_scores,
    "reports": bench_reports,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("rows", nargs="*", choices=[*ROWS, []], default=[], help="which rows; all without")
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, {platform.machine()}; ratio = ours to limit in time, smaller is better")
    print(f"{'':<46} {'ours':>16} {'limit':>16} {'ratio':>8}  aim")
    for name in options.rows or ROWS:
        with tempfile.TemporaryDirectory(prefix="casa-bench-") as folder:
            Path(folder).chmod(0o755)
            ROWS[name](Path(folder))


if __name__ == "__main__":
    main()
