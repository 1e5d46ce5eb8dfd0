"""The library of standards: read and judged cold, then by the hash of its content, against reading and hashing the bytes."""

import hashlib
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from registry.accounts.actor import system
from registry.compliance import editions, library
from registry.db import Database
from registry.settings import data_path

ROUNDS = 7
Show = Callable[[str, str, str, float, str], None]


def bench_standards(databases: Mapping[str, Database], show: Show) -> None:
    """Rows: cold (aim 1 s), the same content again, and the stored editions of each engine (aim 50 ms each)."""
    folder = data_path("standards")
    files = library.standard_files([folder])
    bare = _median(lambda: _hash_all(files))

    def cold() -> None:
        library._READ.clear()
        library.read_all([folder])

    _row(show, f"{len(files)} standards, cold", _median(cold), bare, "≤ 1 s")
    _row(show, "the same again, by its hash", _median(lambda: library.read_all([folder])), bare, "≤ 50 ms")
    for engine, database in databases.items():
        with database.transaction() as session:
            library.load(session, system("bench"), [folder])
        _row(show, f"stored editions, {engine}", _median(lambda: _stored(database)), bare, "≤ 50 ms")  # noqa: B023


def _stored(database: Database) -> None:
    """As the first request of a process does it: nothing parsed yet."""
    editions._PARSED.clear()
    with database.reading() as session:
        library.current_editions(session)


def _hash_all(files: list[Path]) -> None:
    for path in files:
        hashlib.sha256(path.read_bytes()).digest()


def _median(work: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return statistics.median(times) * 1000


def _row(show: Show, name: str, ours: float, bare: float, aim: str) -> None:
    show(name, f"{ours:,.1f} ms", f"{bare:,.2f} ms", ours / bare, aim)
