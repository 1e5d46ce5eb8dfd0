"""What a request fetches from the database: rows and executions of each statement, and documents of programmes.

Counted where the driver hands out each row, so that Core, ORM, scalars and rows read in pieces are all seen.
"""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event

from registry.db import Database

DOCUMENT = "programme_document.document"
LISTED = re.compile(r"\(\?(?:, \?)*\)")
"""Values of an IN: however many, it is the same statement"""


@dataclass
class Fetches:
    """Statement → rows fetched, and how often it was asked."""

    rows: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    bounds: dict[str, int | None] = field(default_factory=dict)
    """Statement → its LIMIT; None: it has none"""

    @property
    def documents(self) -> int:
        """Whole documents of programmes that were read."""
        return sum(number for statement, number in self.rows.items() if DOCUMENT in statement.partition("FROM")[0])


@contextmanager
def counted_fetches(database: Database) -> Iterator[Fetches]:
    """Count what is fetched from a database on SQLite while this lasts."""
    found = Fetches()
    of_cursor: dict[int, str] = {}
    drivers: list[Any] = []

    def hand_out(cursor: Any, row: tuple[Any, ...]) -> tuple[Any, ...]:
        found.rows[of_cursor.get(id(cursor), "")] += 1
        return row

    def asked(_conn: Any, cursor: Any, statement: str, _parameters: Any, context: Any, many: bool) -> None:
        driver = cursor.connection
        if driver.row_factory is None:
            driver.row_factory = hand_out
            drivers.append(driver)
        cursor.row_factory = hand_out
        statement = LISTED.sub("(…)", statement)
        of_cursor[id(cursor)] = statement
        found.asked[statement] += 1
        limit = getattr(getattr(context.compiled, "statement", None), "_limit_clause", None)
        found.bounds[statement] = getattr(limit, "value", None)

    event.listen(database.engine, "before_cursor_execute", asked)
    try:
        yield found
    finally:
        event.remove(database.engine, "before_cursor_execute", asked)
        for driver in drivers:
            driver.row_factory = None
