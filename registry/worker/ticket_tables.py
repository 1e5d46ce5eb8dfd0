"""Procrastinate's own tables, made and brought up to date by `casa init` beside ours.

Procrastinate keeps no note of what was applied, so its table of jobs carries it as a comment: with the tables it comes
and goes, whatever is restored beside them.
"""

from pathlib import Path
from typing import Any

from procrastinate.schema import SchemaManager
from sqlalchemy import text
from sqlmodel import Session

from registry.db import Database
from registry.errors import N_, Conflict

MARK = "casa: "


def upgrade(database: Database) -> None:
    """Make the tables, or apply what the installed version has beyond what was applied. All or nothing.

    Raises Conflict where somebody else made such tables in this database: what they lack cannot be known.
    """
    with database.transaction() as session:
        applied = _applied(session)
        if applied is None:
            _run(session, SchemaManager.get_schema())
        elif not applied:
            raise Conflict(
                N_("The database has tables of Procrastinate that this registry did not make: give it its own.")
            )
        else:
            for path in _migrations():
                if path.stem > applied:
                    _run(session, path.read_text(encoding="utf-8"))
        _run(session, f"COMMENT ON TABLE procrastinate_jobs IS '{MARK}{_newest()}'")


def is_current(session: Session) -> bool:
    """Whether the tables are there as the installed version needs them."""
    return (_applied(session) or "") >= _newest()


def _applied(session: Session) -> str | None:
    """The last migration that was applied; empty where the tables are not ours, None where there are none."""
    table = session.execute(text("SELECT to_regclass('procrastinate_jobs')::oid")).scalar_one()
    if table is None:
        return None
    comment = session.execute(text("SELECT obj_description(:table, 'pg_class')"), {"table": table}).scalar_one()
    return comment.removeprefix(MARK) if comment and comment.startswith(MARK) else ""


def _migrations() -> list[Path]:
    return sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))


def _newest() -> str:
    return _migrations()[-1].stem


def _run(session: Session, script: str) -> None:
    # Straight to the driver, without parameters: many statements at once, and no sign in them is a placeholder.
    connection: Any = session.connection().connection.driver_connection
    connection.execute(script)
