"""Ids for rows that are about to be written in a batch, where asking for each one after its insert would be slow."""

from sqlalchemy import text
from sqlmodel import Session


def reserve_ids(session: Session, table: str, count: int) -> list[int]:
    """`count` unused ids of a table with AUTOINCREMENT or a sequence.

    On SQLite the transaction is the only writer, so the next ids are its own: write the rows before asking again.
    """
    if count == 0:
        return []
    if session.get_bind().dialect.name == "sqlite":
        statement = text("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = :table")
        last = session.execute(statement, {"table": table}).scalar_one()
        return list(range(last + 1, last + 1 + count))
    statement = text("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)")
    return list(session.execute(statement, {"table": table, "count": count}).scalars())
