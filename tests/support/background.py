"""The background's work in tests: a database whose writers call workers, and the tickets in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import text

from registry import migrate
from registry.db import Database
from registry.worker import ticket_tables, tickets
from tests.support.postgresql import PostgreSQL

TEMPLATE = "casa_called"


def make_template(server: PostgreSQL) -> str:
    """A database with Procrastinate's tables too, once for all tests that want one."""
    database = Database(server.create(TEMPLATE, template="casa_template"))
    migrate.upgrade(database)
    ticket_tables.upgrade(database)
    database.dispose()
    return TEMPLATE


@contextmanager
def called_database(server: PostgreSQL, name: str, template: str) -> Iterator[Database]:
    """A fresh database whose writers call workers."""
    url = server.create(name, template=template)
    database = Database(url, tickets.issue)
    yield database
    database.dispose()
    server.drop(url)


def tickets_of(database: Database) -> list[tuple[Any, ...]]:
    """(task, key, status) of all there are, oldest first."""
    with database.reading() as session:
        found = "SELECT task_name, args->>'key', status::text FROM procrastinate_jobs ORDER BY id"
        return [tuple(row) for row in session.execute(text(found))]
