"""Figures of the change feed: reading it, what an event costs the write that it belongs to, and a snapshot's memory."""

import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import orjson
import psycopg
from sqlalchemy import insert, text
from sqlalchemy.engine import make_url

from registry import migrate
from registry.accounts.actor import ANONYMOUS, system
from registry.api.following import reader_for
from registry.api.snapshot import gzipped, kinds_for
from registry.catalogue import writing
from registry.catalogue.models import Programme, ProgrammeDocument
from registry.catalogue.programmes import Incoming, store_batch
from registry.db import Database, utcnow
from registry.events import cloudevents, feed
from registry.events.outbox import Change, emit_all
from registry.events.sequencer import sequence
from registry.events.snapshot import snapshot_lines
from registry.json_text import dumps

EVENTS, PAGE = 50_000, 500
BATCH, BATCHES = 200, 25
SNAPSHOT = 100_000
SOURCE = "https://registry.example"
SUMMARY = {
    "title": "Stockpile management and marking of small arms in the eastern provinces, phase two",
    "iati_identifier": "XM-DAC-41114-PROJECT-00012345", "status": "2", "countries": ["COD", "UGA"],
    "themes": ["stockpile_mgmt", "marking"], "source": "feed:12", "changed": ["transactions"],
}  # fmt: skip
Line = Callable[[str, str, str, float, str], None]
COLUMNS = "position, uid, type, kind, record_id, record_version, data, at"


def _fastest(work: Callable[[], object], rounds: int = 3) -> float:
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def bench_reading(engine: str, database: Database, line: Line) -> None:
    """All events read page by page as JSON, against the driver and orjson alone over the same rows."""
    for first in range(0, EVENTS, 1000):
        with database.transaction() as session:
            changes = [Change("programme.updated", "programme", n + 1, 3, SUMMARY) for n in range(first, first + 1000)]
            emit_all(session, changes)
    sequence(database)
    with database.transaction() as session:
        session.execute(text("ANALYZE event"))  # as the server does by itself after a while
    reader = reader_for(ANONYMOUS)

    def ours() -> None:
        cursor, count, more = None, 0, True
        while more:
            with database.reading() as session:
                page = feed.read_changes(session, reader, cursor, PAGE, epoch="bench")
            cloudevents.to_json(page.rows, SOURCE)
            count, cursor, more = count + len(page.rows), page.next, page.has_more
        assert count == EVENTS

    took, limit = _fastest(ours), _fastest(lambda: _raw(database))
    line(f"change feed read, {engine}", f"{EVENTS / took:,.0f}/s", f"{EVENTS / limit:,.0f}/s", took / limit,
         "≥ 20,000/s; limit: driver + orjson")  # fmt: skip


def _raw(database: Database) -> None:
    with _connection(database) as (execute, mark):
        position = count = 0
        while rows := execute(
            f"SELECT {COLUMNS} FROM event WHERE position > {mark} AND visibility = 'public' ORDER BY position LIMIT {PAGE}",
            (position,),
        ):
            events = [
                {
                    "specversion": "1.0", "id": uid, "source": SOURCE, "type": type_, "time": at,
                    "subject": f"{kind}s/{record}", "datacontenttype": "application/json",
                    "sequence": f"{number:020d}", "version": version, "data": orjson.Fragment(data),
                }
                for number, uid, type_, kind, record, version, data, at in rows
            ]  # fmt: skip
            orjson.dumps(events)
            count, position = count + len(rows), rows[-1][0]
        assert count == EVENTS


@contextmanager
def _connection(database: Database) -> Iterator[tuple[Callable[[str, tuple[int]], list[Any]], str]]:
    url = make_url(database.url)
    if database.is_sqlite:
        connection = sqlite3.connect(str(url.database))
        yield lambda statement, values: connection.execute(statement, values).fetchall(), "?"
        connection.close()
    else:
        with psycopg.connect(host=str(url.query["host"]), user="casa", dbname=str(url.database)) as server:
            yield lambda statement, values: server.execute(statement.encode(), values).fetchall(), "%s"


def bench_append(engine: str, database: Database, line: Line) -> None:
    """Programmes stored in batches, with their events and without."""
    number = 0

    def store() -> float:
        nonlocal number
        incoming = [Incoming(document(str(n)), None, ["marking"], "scope all") for n in range(number, number + BATCH)]
        number += BATCH
        start = time.perf_counter()
        with database.transaction() as session:
            store_batch(session, incoming, source="feed:1", run_id=1, actor=system("bench"), now=utcnow())
        return time.perf_counter() - start

    def silent() -> float:
        with mock.patch.object(writing, "emit_all"):
            return store()

    store()  # what is found or compiled for the first time counts for nobody
    # By turns, so that a growing table and other people's work weigh on both.
    took, without = map(statistics.median, zip(*((store(), silent()) for _ in range(BATCHES)), strict=True))
    line(f"programmes written with their events, {engine}", f"{BATCH / took:,.0f}/s", f"{BATCH / without:,.0f}/s",
         took / without, "≤ 1.10; limit: without events")  # fmt: skip


def document(number: str) -> dict[str, Any]:
    """A small programme."""
    return {
        "iati_identifier": f"XX-BENCH-{number}", "language": "en", "status": "2",
        "title": [{"text": f"Stockpile management {number}", "lang": "en"}],
        "descriptions": [{"type": "1", "narratives": [{"text": "Depots are repaired, guarded and counted. " * 20}]}],
        "reporting_org": {"ref": "XX-BENCH", "narratives": [{"text": "Bench"}]},
        "countries": [{"code": "KE", "percentage": 60}, {"code": "UG", "percentage": 40}],
        "dates": [{"type": "2", "date": "2024-01-01"}, {"type": "3", "date": "2026-12-31"}],
        "budgets": [
            {"type": "1", "status": "1", "period_start": "2024-01-01", "period_end": "2024-12-31",
             "value": {"amount": 50_000_000, "currency": "EUR", "value_date": "2024-01-01"}}
        ],
    }  # fmt: skip


def bench_snapshot(line: Line) -> None:
    """A snapshot of 100,000 programmes, in a process of its own so that its peak of memory can be read."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.change_feed"], check=True, cwd=Path(__file__).parents[1], capture_output=True
    )
    for name, size, seconds, grown in orjson.loads(done.stdout):
        line(f"snapshot of {SNAPSHOT:,} programmes, {name}", f"{SNAPSHOT / seconds:,.0f}/s", f"{size / 1e6:,.0f} MB",
             grown / 50_000, f"memory grows by {grown / 1000:.0f} MB, ≤ 50 MB")  # fmt: skip


def _snapshot_once() -> None:
    with tempfile.TemporaryDirectory(prefix="casa-bench-") as name:
        database = Database(f"sqlite:///{name}/casa.db")
        migrate.upgrade(database)
        content = dumps(document("0") | {"transactions": _TRANSACTIONS})
        now = utcnow()
        for first in range(1, SNAPSHOT + 1, 1000):
            rows = [
                {"id": n, "iati_identifier": f"ZZ-{n}", "title": f"Marking {n}", "relevance": "bench", "created_at": now, "updated_at": now}
                for n in range(first, first + 1000)
            ]  # fmt: skip
            with database.transaction() as session:
                session.execute(insert(Programme), rows)
                documents = [{"programme_id": row["id"], "document": content, "read_at": now} for row in rows]
                session.execute(insert(ProgrammeDocument), documents)
        found = []
        for label, wrap in (("plain", iter), ("gzip", gzipped)):
            lines = snapshot_lines(database, kinds_for(ANONYMOUS), epoch="e", cursor="c", source=SOURCE, now=now)
            before, start = _peak(), time.perf_counter()
            size = sum(len(piece) for piece in wrap(lines))  # type: ignore[operator]
            found.append((label, size, time.perf_counter() - start, _peak() - before))
        database.dispose()
    sys.stdout.write(orjson.dumps(found).decode())


def _peak() -> int:
    """kB this process has held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


_TRANSACTIONS = [
    {"type": "3", "date": f"2025-{n % 12 + 1:02d}-01", "description": [{"text": f"Instalment {n} to the partner in the field"}],
     "value": {"amount": 100_000 * n, "currency": "EUR", "value_date": f"2025-{n % 12 + 1:02d}-01"}}
    for n in range(1, 50)
]  # fmt: skip

if __name__ == "__main__":
    _snapshot_once()
