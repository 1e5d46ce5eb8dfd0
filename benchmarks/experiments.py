"""`make experiments`: what must hold when things break, tried many times. Bounded, loopback only; prints a table.

`make experiments EXPERIMENTS="kill"` picks some. Each ends by itself and exits with 1 where something did not hold.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select, text, update

from benchmarks import iati_file
from benchmarks.clocks import jumping_clock, many_schedulers
from benchmarks.full_disk import full_disk
from benchmarks.worker_kills import kill_workers
from benchmarks.writers import many_writers
from registry import migrate
from registry.catalogue.models import Programme, ProgrammeDocument
from registry.db import Database, utcnow
from registry.events.models import Event
from registry.settings import Settings
from registry.sync.adapters import ADAPTERS
from registry.sync.models import FeedRecord, Run
from registry.sync.runner import import_file
from tests.support.commitment_machine import walk
from tests.support.fault_matrix import FAULTS, SHRINKING, broken, shrunk, source
from tests.support.fault_server import fault_server
from tests.support.postgresql import PostgreSQL

KILLS = 100
RECORDS = 400
WALKING = 600
"""Seconds after which no further twenty walks through commitments begin"""
LONGEST = 900
"""Seconds that one experiment may take at most on one engine"""


def row(name: str, result: str, holds: bool) -> bool:
    print(f"{name:<58} {result:<52} {'holds' if holds else 'BROKEN'}", flush=True)
    return holds


def content_of(database: Database) -> dict[str, tuple[str, int]]:
    """Identifier → (document, version) of every programme, with what the ledger says of it."""
    statement = (
        select(Programme.iati_identifier, ProgrammeDocument.document, Programme.version)
        .join(ProgrammeDocument, ProgrammeDocument.programme_id == Programme.id)  # type: ignore[arg-type]
        .join(FeedRecord, FeedRecord.programme_id == Programme.id)  # type: ignore[arg-type]
        .where(FeedRecord.outcome == "applied")  # type: ignore[arg-type]
    )
    with database.reading() as session:
        return {identifier: (document, version) for identifier, document, version in session.execute(statement)}


def events_fit(database: Database) -> bool:
    """Whether every version of every programme has exactly one event."""
    with database.reading() as session:
        versions = session.execute(select(Programme.id, Programme.version)).all()
        statement = select(Event.record_id, Event.record_version).where(Event.kind == "programme")  # type: ignore[arg-type]
        written = Counter(tuple(found) for found in session.execute(statement))
    return written == Counter((id_, version) for id_, last in versions for version in range(1, last + 1))


def documents(folder: Path) -> list[Path]:
    """The same activities as a partner publishes them over time: each file says something else of all of them."""
    first = folder / "0.xml"
    iati_file.write(first, RECORDS)
    found = [first]
    for number in range(1, 60):
        path = folder / f"{number}.xml"
        path.write_bytes(first.read_bytes().replace(b"<title><narrative>", b"<title><narrative>(%d) " % number))
        found.append(path)
    return found


def kill_sync(engine: str, database: Database, folder: Path) -> bool:
    """kill -9 at random instants of a sync, then finish: as if nothing had happened, each change with its event once."""
    reference = Database(f"sqlite:///{folder}/reference-{engine}.db")
    for one in (database, reference):
        migrate.upgrade(one)
    settings = Settings(data_dir=folder / engine, secret_key="experiment-secret-0001", sync_batch_rows=20)
    environment = os.environ | {
        "CASA_DATABASE_URL": database.url, "CASA_DATA_DIR": str(settings.data_dir), "CASA_SYNC_BATCH_ROWS": "20",
        "CASA_SECRET_KEY": settings.secret_key, "CASA_SYNC_PAUSE_MS": "5",
    }  # fmt: skip
    settings.data_dir.mkdir()
    chance, kills, taken_over, files, until = random.Random(7), 0, 0, 0, time.monotonic() + LONGEST
    holds = True
    for path in documents(folder):
        if kills >= KILLS or time.monotonic() > until:
            break
        files += 1
        while True:
            was_killed = kills < KILLS and _import_and_kill(path, environment, chance.uniform(0.0, 1.2), database)
            with database.transaction() as session:
                session.execute(
                    update(Run).where(Run.status == "running").values(heartbeat_at=utcnow() - timedelta(minutes=2))  # type: ignore[arg-type]
                )
            if not was_killed:
                break
            kills += 1
        import_file(database, settings, path, "iati", scope="all")
        import_file(reference, settings, path, "iati", scope="all")
        holds = holds and content_of(database) == content_of(reference) and events_fit(database)
    with database.reading() as session:
        taken_over = sum(session.execute(select(Run.fence - 1)).scalars())
        if database.is_sqlite:
            holds = holds and session.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
    reference.dispose()
    result = f"{kills} kills in {files} files, {taken_over} taken over"
    return row(f"kill -9 of a sync, {engine}", result, holds and kills >= KILLS)


def _import_and_kill(path: Path, environment: dict[str, str], delay: float, database: Database) -> bool:
    """Begin an import in a process, kill it `delay` seconds after its run began. False: it had ended before."""
    with database.reading() as session:
        before = session.execute(select(Run.id, Run.fence).order_by(Run.id.desc()).limit(1)).first()  # type: ignore[union-attr]
    command = [
        sys.executable,
        "-m",
        "registry.cli",
        "import",
        "programmes",
        str(path),
        "--format",
        "iati",
        "--scope",
        "all",
    ]
    quiet: Any = subprocess.DEVNULL
    with subprocess.Popen(command, env=environment, stdout=quiet, stderr=quiet) as process:
        while process.poll() is None:
            with database.reading() as session:
                now = session.execute(select(Run.id, Run.fence).order_by(Run.id.desc()).limit(1)).first()  # type: ignore[union-attr]
            if now != before:
                break
            time.sleep(0.01)
        time.sleep(delay)
        was_alive = process.poll() is None
        process.kill()
    return was_alive


def kill_background(engine: str, database: Database, folder: Path) -> bool:
    """kill -9 of schedulers (SQLite) and workers (PostgreSQL) while they synchronise and deliver: nothing is lost."""
    who = "schedulers" if database.is_sqlite else "workers"
    return row(f"kill -9 of {who}, {engine}", *kill_workers(database, folder))


def writers(engine: str, database: Database, _folder: Path) -> bool:
    """Many writers, aborts, and sequencers that are killed: the change feed misses nothing."""
    return row(f"8 writers, aborts, sequencers killed, {engine}", *many_writers(database))


def ticks(engine: str, database: Database, folder: Path) -> bool:
    """Several schedulers and serving processes: what is due is done once."""
    return row(f"two schedulers, four serving, 500 feeds due, {engine}", *many_schedulers(database, folder))


def clocks(engine: str, database: Database, folder: Path) -> bool:
    """A clock that jumps: no feed twice, none forgotten."""
    return row(f"clock jumps, {engine}", *jumping_clock(database, folder))


def disk(engine: str, database: Database, folder: Path) -> bool:
    """No room in the middle of a sync: it ends with a reason, and the next one makes it whole."""
    wrong, times = full_disk(database, folder)
    reference = Database(f"sqlite:///{folder}/whole.db")
    whole = {name: document for name, (document, _) in content_of(reference).items()}
    mine = {name: document for name, (document, _) in content_of(database).items()}
    if mine != whole:
        wrong.append("the content differs from an uninterrupted run's")
    if not events_fit(database):
        wrong.append("events and versions differ")
    reference.dispose()
    return row(
        f"disk full in a batch, {engine}",
        "; ".join(wrong) or f"{times} times full, then whole",
        not wrong and times > 0,
    )


def faults(engine: str, database: Database, folder: Path) -> bool:
    """Every way a source fails, in every format."""
    migrate.upgrade(database)
    settings = Settings(data_dir=folder, secret_key="experiment-secret-0001")
    wrong, tried = [], 0
    with fault_server() as server:
        for adapter in ADAPTERS:
            feed = source(database, settings, server, adapter)
            for name in FAULTS:
                wrong += [f"{adapter}, {name}: {found}" for found in broken(feed, name)]
            patient = replace(feed, settings=replace(feed.settings, fetch_timeout_seconds=60))
            for left in SHRINKING:
                wrong += [f"{adapter}, shrunk to {left}: {found}" for found in shrunk(patient, left)]
            tried += len(FAULTS) + len(SHRINKING)
    for found in wrong:
        print(found, file=sys.stderr)
    return row(f"sources that break, {engine}", f"{tried} in {len(ADAPTERS)} formats, {len(wrong)} wrong", not wrong)


def commitments(engine: str, database: Database, _folder: Path) -> bool:
    """Needs, offers, exemptions, edits and steps in any order: walks that nobody chose; a broken one is printed whole."""
    migrate.upgrade(database)
    began, counts, number = time.perf_counter(), Counter[str](), random.randrange(1_000_000)
    try:
        while time.perf_counter() - began < WALKING:
            number += 1
            counts += walk(database, number, examples=20, steps=60)
    except AssertionError:
        traceback.print_exc()
        said = f"broken after {counts['steps']:,} steps, in the walks no. {number}"
        return row(f"{engine}: commitments in any order", said, False)
    said = f"{counts['steps']:,} steps, {counts['refused']:,} refused, {counts['agreed']:,} agreed"
    return row(f"{engine}: commitments in any order", said, True)


EXPERIMENTS: dict[str, Callable[[str, Database, Path], bool]] = {
    "faults": faults, "kill": kill_sync, "workers": kill_background, "writers": writers, "ticks": ticks, "clocks": clocks,
    "disk": disk, "commitments": commitments,
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="make experiments", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*EXPERIMENTS, []], default=[], help="which; all without")
    names = parser.parse_args().names or list(EXPERIMENTS)
    everything_holds = True
    with tempfile.TemporaryDirectory(prefix="casa-experiments-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        server = PostgreSQL.start(folder / "pg")
        try:
            for experiment in names:
                for engine in ("SQLite", "PostgreSQL"):
                    work = folder / f"{experiment}-{engine}"
                    work.mkdir()
                    url = f"sqlite:///{work}/casa.db" if engine == "SQLite" else server.create(experiment)
                    database = Database(url)
                    everything_holds &= EXPERIMENTS[experiment](engine, database, work)
                    database.dispose()
        finally:
            server.stop()
    sys.exit(0 if everything_holds else 1)


if __name__ == "__main__":
    main()
