"""Many new rows of one table at once, past the ORM: executemany on SQLite, COPY on PostgreSQL.

For what a synchronisation writes by the ten thousand; the price per row is that of the driver. Raises what any other
statement would raise: sqlalchemy.exc.DBAPIError.
"""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Table
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.schema import ScalarElementColumnDefault
from sqlmodel import Session


def insert_rows(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same columns; a column's plain default stands in where it is not among them."""
    if rows:
        names = list(rows[0])
        values = itemgetter(*names) if len(names) > 1 else lambda row: (row[names[0]],)
        insert_tuples(session, table, names, [values(row) for row in rows])


def insert_tuples(session: Session, table: Table, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """The same for rows given as tuples in the order of `names`."""
    if not rows:
        return
    constants = {
        column.name: column.default.arg
        for column in table.columns
        if column.name not in names and isinstance(column.default, ScalarElementColumnDefault)
    }
    names = [*names, *constants]
    more = tuple(constants.values())
    connection = session.connection()
    written = _bound(connection, table, names, [row + more for row in rows] if more else rows)
    if connection.dialect.name == "sqlite":
        columns, marks = ", ".join(names), ", ".join("?" * len(names))
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({columns}) VALUES ({marks})", written)  # noqa: S608
    else:
        _copy(connection, f'COPY "{table.name}" ({", ".join(names)}) FROM STDIN', written)


def _bound(
    connection: Connection, table: Table, names: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> list[tuple[Any, ...]]:
    """The rows as the driver takes them."""
    dialect = connection.dialect
    processors = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names]
    if not any(processors):
        return list(rows)
    columns = [
        map(processor, column) if processor else column
        for processor, column in zip(processors, zip(*rows, strict=True), strict=True)
    ]
    return list(zip(*columns, strict=True))


def _copy(connection: Connection, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    dialect = connection.dialect
    driver: Any = connection.connection
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except dialect.loaded_dbapi.Error as error:
        raise DBAPIError.instance(statement, None, error, dialect.loaded_dbapi.Error, dialect=dialect) from error
