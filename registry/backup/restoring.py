"""Taking a backup back into a database, on either engine: all of it or nothing, in one transaction.

The tables are made as the version that wrote the backup had them, filled, and brought to this version by its
migrations. Leases, which belong to processes of the time of the backup, are let go; what records mean is the slices'.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import inspect, select, text, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, SQLModel

import registry.models  # noqa: F401  (fills SQLModel.metadata)
from registry import migrate
from registry.backup import reading
from registry.backup.layout import POSTGRESQL, SQLITE, BackupRefused
from registry.db import Database, commit

ROWS_AT_ONCE = 500
MADE_BY_INIT = frozenset({
    "registry_meta", "audit_entry", "audit_head", "event", "standard", "schedule", "kind_version", "kept_answer",
})  # fmt: skip
"""Tables that have rows already in a registry that nobody has used yet."""
Progress = Callable[[int, int], None]


@contextmanager
def restored(
    database: Database, path: Path, *, force: bool, progress: Progress
) -> Iterator[tuple[Session, reading.Head]]:
    """A session over the restored content, for the slices to make it whole; all is committed when the block ends.

    `force`: whatever the database holds is dropped first. Raises BackupRefused with the reason; then, or where the
    block raises, the database stays as it was.
    """
    head = reading.verify(path)
    if not migrate.is_known(head.revision):
        raise BackupRefused(
            f"The backup was made by a newer version of CASA Registry ({head.version}, migration {head.revision}): "
            "restore it with that version, or upgrade this one."
        )
    with database.reshaping() as connection:
        if not force and (found := _used(connection)):
            raise BackupRefused(
                f"The database is not empty ({found} has rows): restore into an empty one, or say --force to replace "
                "everything that is in it."
            )
        _drop_everything(connection)
        migrate.upgrade_over(connection, head.revision)
        try:
            _fill(connection, path, head, progress)
        except DBAPIError as error:
            raise BackupRefused(f"The database does not take the backup: {error.orig}") from error
        migrate.upgrade_over(connection, "head")
        _let_go(connection)
        with Session(connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as session:
            yield session, head
            commit(session)


def _used(connection: Connection) -> str | None:
    """A table with rows that `casa init` has not written."""
    there = set(inspect(connection).get_table_names())
    for table in SQLModel.metadata.sorted_tables:
        if table.name in there - MADE_BY_INIT and connection.execute(select(1).select_from(table).limit(1)).first():
            return table.name
    return None


def _drop_everything(connection: Connection) -> None:
    """All tables of ours; others that share a PostgreSQL database (a task queue's) stay."""
    there = inspect(connection).get_table_names()
    ours = {table.name for table in SQLModel.metadata.sorted_tables} | {"alembic_version"}
    cascade = "" if connection.dialect.name == "sqlite" else " CASCADE"
    for name in there:
        if name in ours or name.removesuffix("_search") in ours:
            connection.exec_driver_sql(f'DROP TABLE "{name}"{cascade}')


def _fill(connection: Connection, path: Path, head: reading.Head, progress: Progress) -> None:
    columns_of = {
        name: {column["name"] for column in inspect(connection).get_columns(name)}
        for name in inspect(connection).get_table_names()
    }
    for name in head.tables & columns_of.keys():
        connection.exec_driver_sql(f'DELETE FROM "{name}"')  # noqa: S608  (what the migrations themselves wrote)
    done = 0
    for table, rows in reading.tables(path):
        unknown = {name for name, _ in table.columns} - columns_of.get(table.name, set())
        if unknown:
            raise BackupRefused(f"The file is damaged: {table.name} has no {', '.join(sorted(unknown))}.")
        for batch in _batches(rows):
            _insert(connection, table, batch)
            done += len(batch)
            progress(done, head.rows)
        if table.next_id is not None:
            _set_next_id(connection, table.name, table.next_id)


def _batches(rows: Iterator[list[Any]]) -> Iterator[list[list[Any]]]:
    while batch := list(islice(rows, ROWS_AT_ONCE)):
        yield batch


def _insert(connection: Connection, table: reading.Table, rows: list[list[Any]]) -> None:
    sqlite = connection.dialect.name == "sqlite"
    converts = [(SQLITE if sqlite else POSTGRESQL).get(kind) for _, kind in table.columns]
    names = ", ".join(f'"{name}"' for name, _ in table.columns)
    marks = ", ".join(["?" if sqlite else "%s"] * len(table.columns))
    connection.exec_driver_sql(
        f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})',  # noqa: S608  (names checked against the database)
        [
            tuple(
                convert(value) if convert and value is not None else value
                for convert, value in zip(converts, row, strict=True)
            )
            for row in rows
        ],
    )


def _set_next_id(connection: Connection, table: str, next_id: int) -> None:
    if connection.dialect.name == "sqlite":
        connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": table})
        connection.execute(
            text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :seq)"), {"name": table, "seq": next_id - 1}
        )
    else:
        connection.execute(
            text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :next, false)"),
            {"name": f'"{table}"', "next": next_id},
        )


def _let_go(connection: Connection) -> None:
    """Leases belong to processes that are no more."""
    for table in SQLModel.metadata.sorted_tables:
        leased = [name for name in ("lease_owner", "lease_until") if name in table.columns]
        if leased:
            connection.execute(update(table).values(dict.fromkeys(leased)))
