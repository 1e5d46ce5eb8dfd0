"""A feed of forty records whose source can be made to lose some, and a clock that is moved by hand."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select

from registry.accounts.actor import system
from registry.catalogue.models import Programme
from registry.db import Database, utcnow
from registry.settings import Settings
from registry.sync import feeds
from registry.sync.models import Feed, FeedRecord
from registry.sync.report import Report
from registry.sync.runner import run_feed
from tests.support.fault_server import FaultServer, body, fault_server
from tests.support.iati import document, many

CLI = system("cli")
LISTED = many(40)


class Clock:
    """The runner's clock."""

    def __init__(self) -> None:
        self.now = utcnow()

    def __call__(self) -> datetime:
        return self.now

    def pass_days(self, days: float) -> None:
        self.now += timedelta(days=days)


@dataclass
class Source:
    """One feed and the server that it comes from."""

    database: Database
    settings: Settings
    server: FaultServer
    feed: Feed
    path: str

    def publish(self, *activities: str) -> None:
        """What the server holds from now on."""
        self.server.serve(self.path, body(document(*activities)))

    def sync(self, *activities: str) -> Report:
        """Publish, where something is given, and synchronise."""
        if activities:
            self.publish(*activities)
        return run_feed(self.database, self.settings, self.feed.id or 0)


@contextmanager
def sources(database: Database, settings: Settings) -> Iterator[Callable[..., Source]]:
    """Makes sources: (name, **columns of the feed)."""
    with fault_server() as server:
        allowing = replace(settings, outbound_allow=server.allow, sync_pause_ms=0, refetch_days=1000)

        def make(name: str = "Partner", **columns: object) -> Source:
            path = f"/{name.replace(' ', '-').lower()}"
            form = {"name": name, "adapter": "iati", "url": server.url(path), "scope": "all", **columns}
            with database.transaction() as session:
                feed = feeds.create_feed(session, CLI, form)
            return Source(database, allowing, server, feed, path)

        yield make


def archived(database: Database) -> dict[str, str]:
    """identifier → why, of archived programmes"""
    with database.reading() as session:
        statement = select(Programme.iati_identifier, Programme.archived_reason)
        return {row[0]: row[1] for row in session.execute(statement.where(Programme.archived_at.is_not(None)))}  # type: ignore[union-attr]


def missing(database: Database) -> dict[str, int]:
    """remote id → complete snapshots that count towards its going, of missing records"""
    with database.reading() as session:
        statement = select(FeedRecord.remote_id, FeedRecord.missing_snapshots)
        return {row[0]: row[1] for row in session.execute(statement.where(FeedRecord.missing_since.is_not(None)))}  # type: ignore[union-attr]
