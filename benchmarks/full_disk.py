"""The disk is full in the middle of a sync: the run says so, nothing is half there, and it goes on once there is room."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select, text, update

from benchmarks import iati_file
from registry import migrate
from registry.db import Database, utcnow
from registry.settings import Settings
from registry.sync.models import Run
from registry.sync.runner import import_file

RECORDS = 1_000
ROOM = (0.2, 0.4, 0.6, 0.8, 0.9)
"""Shares of what a whole import writes, at which the disk is full"""
REFUSE = """
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF (SELECT count(*) FROM programme) > {rows} THEN
    RAISE EXCEPTION 'could not extend file: no space left on device' USING ERRCODE = 'disk_full';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER no_room BEFORE INSERT ON programme FOR EACH ROW EXECUTE FUNCTION no_room();
"""
"""PostgreSQL says so itself: its data folder may be shared with others"""


def full_disk(database: Database, folder: Path) -> tuple[list[str], int]:
    """(what went wrong, how often the disk was full). Leaves the whole import behind, for a comparison."""
    path = folder / "activities.xml"
    iati_file.write(path, RECORDS)
    settings = Settings(data_dir=folder, secret_key="experiment-secret-0001", sync_batch_rows=50)
    size = _whole(settings, folder, path)
    migrate.upgrade(database)
    wrong, times = [], 0
    for share in ROOM:
        code, said = _import(database, settings, path, int(size * share), int(RECORDS * share))
        times += code != 0
        with database.transaction() as session:
            last = session.scalars(select(Run).order_by(Run.id.desc()).limit(1)).first()  # type: ignore[union-attr]
            if code and (last is None or last.status == "succeeded"):
                wrong.append(f"at {share:.0%} the command failed, and the run did not: {said}")
            # As after any death: silence for longer than a lease.
            silent = update(Run).where(Run.status == "running")  # type: ignore[arg-type]
            session.execute(silent.values(heartbeat_at=utcnow() - timedelta(minutes=2)))
            if database.is_sqlite and session.execute(text("PRAGMA quick_check")).scalar_one() != "ok":
                wrong.append(f"at {share:.0%} the database is damaged")
    import_file(database, settings, path, "iati", scope="all")
    return wrong, times


def _whole(settings: Settings, folder: Path, path: Path) -> int:
    """Bytes of a database that holds all of it."""
    other = Database(f"sqlite:///{folder / 'whole.db'}")
    migrate.upgrade(other)
    import_file(other, settings, path, "iati", scope="all")
    other.dispose()
    return (folder / "whole.db").stat().st_size


def _import(database: Database, settings: Settings, path: Path, size: int, rows: int) -> tuple[int, str]:
    environment = os.environ | {
        "CASA_DATABASE_URL": database.url, "CASA_DATA_DIR": str(settings.data_dir), "CASA_SYNC_BATCH_ROWS": "50",
        "CASA_SECRET_KEY": settings.secret_key, "CASA_SYNC_PROCESSES": "1",
    }  # fmt: skip
    arguments = ["import", "programmes", str(path), "--format", "iati", "--scope", "all"]
    command = [sys.executable, "-m", "registry.cli", *arguments]
    if database.is_sqlite:
        # No file may grow beyond this: the database's own, or the log beside it.
        limited = f"import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size})); "
        limited += f"sys.argv = {['casa', *arguments]!r}; runpy.run_module('registry.cli', run_name='__main__')"
        done = subprocess.run([sys.executable, "-c", limited], env=environment, capture_output=True, check=False)
    else:
        with database.engine.begin() as connection:
            connection.exec_driver_sql(REFUSE.format(rows=rows))
        done = subprocess.run(command, env=environment, capture_output=True, check=False)
        with database.engine.begin() as connection:
            connection.exec_driver_sql("DROP FUNCTION no_room CASCADE")
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return done.returncode, said[-1] if said else ""
