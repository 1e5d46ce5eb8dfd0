"""Saved searches for tests, and what becomes of them when something happened."""

from typing import Any

from sqlalchemy import select

from registry.accounts.models import User
from registry.accounts.users import actor_of_user
from registry.alerts import notices, searches
from registry.alerts.models import Mail, Notice, SavedSearch
from registry.alerts.schemas import SavedSearchForm
from registry.db import Database
from registry.schemas import load
from registry.settings import Settings
from registry.worker.consumers import CONSUMERS
from registry.worker.consuming import consume_all

SETTINGS = Settings(
    secret_key="test-secret-key-not-for-use",
    public_url="http://registry.test",
    smtp_host="127.0.0.1",
    mail_from="casa@registry.test",
)


def save(database: Database, owner: User, kind: str = "need", **given: Any) -> int:
    """A saved search's number."""
    form = load(SavedSearchForm(), {"name": "What I look for", "kind": kind, **given})
    with database.transaction() as session:
        return searches.save_search(session, actor_of_user(owner), owner, form, SETTINGS).id or 0


def consume(database: Database) -> None:
    """Let `alerts` take what happened."""
    consume_all(database, SETTINGS, {"alerts": CONSUMERS["alerts"]}, "test")


def titles(database: Database, owner: User) -> list[str]:
    """What the person's page of notices shows, oldest first."""
    with database.reading() as session:
        found, _ = notices.list_notices(session, actor_of_user(owner))
    return [notice["title"] for notice in reversed(found)]


def rows(database: Database, model: type[Notice] | type[Mail] | type[SavedSearch]) -> list[Any]:
    """All rows of the table, by number."""
    with database.reading() as session:
        return list(session.scalars(select(model).order_by(model.id)))  # type: ignore[arg-type]
