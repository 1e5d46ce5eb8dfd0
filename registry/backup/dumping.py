"""Writing a backup while the registry runs: all tables as one moment saw them, to a file only its owner can read."""

import gzip
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import JSON, Table, Text, cast, func, select, text
from sqlalchemy.engine import Connection
from sqlmodel import SQLModel

import registry.models  # noqa: F401  (fills SQLModel.metadata)
from registry import __version__, migrate
from registry.backup.layout import FORMAT, OPTIONS, BackupRefused, encode_row, kind_of
from registry.db import Database

ROWS_AT_ONCE = 500
GZIP_LEVEL = 3
Progress = Callable[[int, int], None]
"""(rows done, rows in all)"""


@dataclass(frozen=True)
class Written:
    """What stands in the file."""

    tables: int
    rows: int
    sha256: str


def write_backup(database: Database, path: Path, now: datetime, progress: Progress) -> Written:
    """Write everything to `path`, whole or not at all (a file there before stays until then), mode 0600.

    Raises BackupRefused for a database that is not at this version's migrations, OSError where the file cannot be
    written.
    """
    if migrate.pending(database):
        raise BackupRefused("The database is not at this version: run `casa init` first.")
    part = path.with_name(f"{path.name}.part{os.getpid()}")
    try:
        with (
            os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "wb") as file,
            gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=GZIP_LEVEL, mtime=0) as packed,
        ):
            with _one_moment(database) as connection:
                written = _write(connection, packed, now, progress)
            packed.close()
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return written


@contextmanager
def _one_moment(database: Database) -> Iterator[Connection]:
    """A connection whose statements all see one state, whatever is written meanwhile; writers wait for nobody."""
    engine = database.read_engine
    if not database.is_sqlite:  # there a reading transaction is one moment by nature
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with engine.connect() as connection:
        yield connection


def _write(connection: Connection, packed: gzip.GzipFile, now: datetime, progress: Progress) -> Written:
    digest = hashlib.sha256()

    def put(line: bytes) -> None:
        digest.update(line)
        packed.write(line)

    tables = SQLModel.metadata.sorted_tables
    total = sum(connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)
    put(orjson.dumps(_head(connection, now), option=OPTIONS))
    done = 0
    for table in tables:
        columns = [[column.name, kind_of(column)] for column in table.columns]
        put(
            orjson.dumps(
                {"table": table.name, "columns": columns, "next_id": _next_id(connection, table)}, option=OPTIONS
            )
        )
        before = done
        for rows in _rows(connection, table):
            put(b"".join(encode_row(list(row)) for row in rows))
            done += len(rows)
            progress(done, total)
        put(orjson.dumps({"table_end": table.name, "rows": done - before}, option=OPTIONS))
    sha256 = digest.hexdigest()
    packed.write(orjson.dumps({"end": {"tables": len(tables), "rows": done, "sha256": sha256}}, option=OPTIONS))
    return Written(len(tables), done, sha256)


def _head(connection: Connection, now: datetime) -> dict[str, Any]:
    meta = {row.key: row.value for row in connection.execute(text("SELECT key, value FROM registry_meta"))}
    return {
        "casa_backup": FORMAT,
        "version": __version__,
        "revision": migrate.current(connection),
        "made_at": now,
        "registry_id": meta["registry_id"],
        "epoch": meta["epoch"],
        "engine": connection.dialect.name,
    }


def _rows(connection: Connection, table: Table) -> Iterator[list[Any]]:
    # JSON as the text it is: read as values, a stored null and no value would be the same.
    columns = [cast(c, Text) if isinstance(c.type, JSON) else c for c in table.columns]
    statement = select(*columns).order_by(*table.primary_key.columns)
    found = connection.execution_options(yield_per=ROWS_AT_ONCE).execute(statement)
    for rows in found.partitions():
        yield list(rows)


def _next_id(connection: Connection, table: Table) -> int | None:
    """The id that the table's next row will get, so that none is ever given twice; None where ids are not counted."""
    if connection.dialect.name == "sqlite":
        if not table.dialect_kwargs.get("sqlite_autoincrement"):
            return None
        found = connection.execute(text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
        return int(found.scalar() or 0) + 1
    if "id" not in table.columns:
        return None
    name = connection.execute(text("SELECT pg_get_serial_sequence(:name, 'id')"), {"name": f'"{table.name}"'}).scalar()
    if name is None:
        return None
    last, called = connection.execute(text(f"SELECT last_value, is_called FROM {name}")).one()  # noqa: S608
    return int(last) + bool(called)
