"""Figures of backups: written and taken back on each engine, against the bytes alone through the same compression."""

import gzip
import time
from pathlib import Path

from benchmarks.change_feed import Line, document
from registry.accounts.actor import system
from registry.backup.dumping import write_backup
from registry.backup.restoring import restored
from registry.catalogue import reindexing
from registry.catalogue.programmes import Incoming, store_batch
from registry.db import Database, utcnow

PROGRAMMES = 10_000


def bench_backup(engine: str, database: Database, folder: Path, line: Line) -> None:
    """10,000 programmes with all that belongs to them, written to a file and taken back from it."""
    for first in range(0, PROGRAMMES, 500):
        incoming = [Incoming(document(str(n)), None, ["marking"], "scope all") for n in range(first, first + 500)]
        with database.transaction() as session:
            store_batch(session, incoming, source="feed:1", run_id=1, actor=system("bench"), now=utcnow())
    path = folder / "backup"
    start = time.perf_counter()
    written = write_backup(database, path, utcnow(), _quiet)
    took = time.perf_counter() - start
    start = time.perf_counter()
    with gzip.open(path) as packed, gzip.open(folder / "again", "wb", compresslevel=3) as again:
        while piece := packed.read(1 << 20):
            again.write(piece)
    limit = time.perf_counter() - start
    line(f"backup of {written.rows:,} rows, {engine}", f"{written.rows / took:,.0f} rows/s",
         f"{written.rows / limit:,.0f} rows/s", took / limit, "limit: unpacking and packing the file")  # fmt: skip
    start = time.perf_counter()
    with restored(database, path, force=True, progress=_quiet) as (session, _):
        filled = time.perf_counter() - start
        reindexing.reindex(session)
    whole = time.perf_counter() - start
    line(f"restored, {engine}", f"{written.rows / whole:,.0f} rows/s", f"{written.rows / filled:,.0f} rows/s",
         whole / filled, "limit: without making the search index anew")  # fmt: skip


def _quiet(_done: int, _all: int) -> None:
    """Say nothing of how far it is."""
