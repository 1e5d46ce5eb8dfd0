"""Runs in tests: a feed, what a run counted, what stands in the database."""

from typing import Any

from sqlalchemy import func, select

from registry.accounts.actor import system
from registry.db import Database
from registry.sync import feeds
from registry.sync.report import Report

CLI = system("cli")


def make_feed(database: Database, url: str | None, scope: str = "all", name: str = "Partner") -> int:
    with database.transaction() as session:
        found = feeds.create_feed(session, CLI, {"name": name, "adapter": "iati", "url": url, "scope": scope})
        return found.id or 0


def counts(report: Report) -> dict[str, int]:
    """Numbers that are not zero."""
    shown = report.as_dict()
    names = ("created", "updated", "unchanged", "ignored", "quarantined", "archived", "revived")
    return {name: shown[name] for name in names if shown[name]}


def rows(database: Database, *columns: Any) -> list[tuple[Any, ...]]:
    with database.reading() as session:
        return sorted(tuple(row) for row in session.execute(select(*columns)))


def count(database: Database, model: Any) -> int:
    with database.reading() as session:
        return session.execute(select(func.count()).select_from(model)).scalar_one()


# --- the good way
