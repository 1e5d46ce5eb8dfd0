"""Whose turn it is to ask a partner's server: one request at a time over all processes, with a pause behind each.

A row per server, taken under a lease and given back; who dies loses it when the lease ends. Plain rows, so that it
works alike on both engines and over several hosts.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Table, and_, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from registry.db import Database, utcnow
from registry.errors import N_
from registry.outbound.retrying import REAL, Clock, rest
from registry.outbound.urls import FetchFailed
from registry.settings import Settings
from registry.sync.models import Feed, HostTurn
from registry.sync.rules import Stop

LEASE_MARGIN = 15
"""Seconds beyond the longest download after which its turn is over"""
LONGEST_WAIT = 600
"""Seconds that a download waits for its turn"""
ASK_SECONDS = 0.25
ROW: Table = HostTurn.__table__  # type: ignore[attr-defined]


def host_of(url: str) -> str:
    """`host:port` that an address leads to; scheme's port where it names none."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"[:300]


def is_taken(session: Session, feed: Feed, settings: Settings, now: datetime) -> bool:
    """Whether the feed's server is being asked for another feed just now."""
    if not settings.host_gap_ms or not feed.url:
        return False
    others = and_(ROW.c.owner != f"feed:{feed.id}", ~_is_over(settings, now))
    statement = select(ROW.c.host).where(ROW.c.host == host_of(feed.url), others)
    return session.execute(statement).first() is not None


class Turns:
    """The turns of one run. `owner`: who it is (`feed:12`), the same for a run that was taken over."""

    def __init__(self, database: Database, settings: Settings, owner: str, stop: Stop, clock: Clock = REAL) -> None:
        self.database, self.settings, self.owner, self.stop, self.clock = database, settings, owner, stop, clock

    @contextmanager
    def __call__(self, url: str) -> Iterator[None]:
        """Wait until it is our turn to ask the server of `url`, and hold it.

        Raises FetchFailed: `cancelled`, or `host_busy` where others hold it for too long.
        """
        if not self.settings.host_gap_ms:
            yield
            return
        host, until = host_of(url), self.clock.now() + LONGEST_WAIT
        while not self._take(host):
            if self.clock.now() >= until:
                raise FetchFailed("host_busy", N_("Other downloads from this server took too long."))
            rest(ASK_SECONDS * (0.5 + self.clock.chance()), self.stop, self.clock)
        try:
            yield
        finally:
            self._give(host)

    def _take(self, host: str) -> bool:
        now = utcnow()
        pause = timedelta(milliseconds=self.settings.host_gap_ms)
        ours_or_over = or_(ROW.c.owner.is_(None), ROW.c.owner == self.owner, _is_over(self.settings, now))
        # A pause that lies further ahead than a pause lasts was written by a clock that was wrong.
        rested = or_(ROW.c.free_at <= now, ROW.c.free_at > now + pause + timedelta(seconds=1))
        may = and_(ROW.c.host == host, ours_or_over, rested)
        with self.database.reading() as session:
            known = session.execute(select(may).where(ROW.c.host == host)).scalar_one_or_none()
        if known is not None and not known:
            return False
        lease = timedelta(seconds=self.settings.fetch_timeout_seconds + LEASE_MARGIN)
        with self.database.transaction() as session:
            if known is None:
                insert = sqlite.insert if self.database.is_sqlite else postgresql.insert
                session.execute(insert(ROW).values(host=host, free_at=now).on_conflict_do_nothing())
            taken: Any = session.execute(update(ROW).where(may).values(owner=self.owner, until=now + lease))
        return bool(taken.rowcount)

    def _give(self, host: str) -> None:
        free_at = utcnow() + timedelta(milliseconds=self.settings.host_gap_ms)
        ours = and_(ROW.c.host == host, ROW.c.owner == self.owner)
        with self.database.transaction() as session:
            session.execute(update(ROW).where(ours).values(owner=None, until=None, free_at=free_at))


def _is_over(settings: Settings, now: datetime) -> Any:
    longest = timedelta(seconds=settings.fetch_timeout_seconds + 2 * LEASE_MARGIN)
    return or_(ROW.c.until <= now, ROW.c.until > now + longest)
