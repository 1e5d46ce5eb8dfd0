"""When a feed is synchronised next: the rows of the schedule that follow from it, and those that were asked for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, case, delete, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from registry.db import UTCDateTime, fall_due
from registry.sync.models import Feed, Schedule

SYNC, SYNC_NOW, SYNC_NOTIFIED = "feed.sync", "feed.sync_now", "feed.sync_notified"
"""Tasks: as scheduled, once because a person asked, and once because the partner said that there is news."""
TASKS = (SYNC, SYNC_NOW, SYNC_NOTIFIED)
ROW: Table = Schedule.__table__  # type: ignore[attr-defined]


def plan(session: Session, feed: Feed, now: datetime, *, due_now: bool) -> None:
    """Make the schedule say what the feed says."""
    key = str(feed.id)
    if not (feed.enabled and feed.url and feed.every_minutes):
        session.execute(delete(ROW).where(ROW.c.task == SYNC, ROW.c.key == key))
        return
    seconds = feed.every_minutes * 60
    row = _row(session, key)
    if row is None:
        session.execute(ROW.insert().values(task=SYNC, key=key, every_seconds=seconds, next_at=now))
        fall_due(session, SYNC, key)
    elif row.every_seconds != seconds or due_now:
        fall_due(session, SYNC, key)
        session.execute(update(ROW).where(ROW.c.id == row.id).values(every_seconds=seconds, next_at=now, failures=0))


def ask(session: Session, task: str, feed_id: int, now: datetime) -> None:
    """Have a feed synchronised once, as soon as the scheduler sees it; asking again before it began changes nothing.

    Asked while somebody is at it, the row's time becomes another than it was claimed for: it comes once more.
    """
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    waiting = ROW.c.lease_owner.is_(None) & (ROW.c.next_at < now)
    statement = insert(ROW).values(task=task, key=str(feed_id), next_at=now, fence=0, failures=0)
    again = {"next_at": case((waiting, ROW.c.next_at), else_=literal(now, UTCDateTime)), "set_aside_at": None}
    session.execute(statement.on_conflict_do_update(index_elements=["task", "key"], set_=again))
    fall_due(session, task, str(feed_id))


def relieve(session: Session, feed_id: int, now: datetime) -> None:
    """After a run that succeeded, whoever began it: the source is well, so its schedule is the usual one again."""
    row = _row(session, str(feed_id))
    if row is not None and row.failures and row.lease_owner is None:
        usual = now + timedelta(seconds=row.every_seconds)
        session.execute(update(ROW).where(ROW.c.id == row.id).values(failures=0, next_at=usual))


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is to come of a feed. `next_at` None: nothing, or somebody is at it; `failures`: in a row."""

    next_at: datetime | None = None
    failures: int = 0


def outlooks(session: Session, feed_ids: Iterable[int] | None = None) -> dict[int, Outlook]:
    """Feed → its outlook, of all that have rows or of some."""
    statement = select(ROW).where(ROW.c.task.in_(TASKS))
    if feed_ids is not None:
        statement = statement.where(ROW.c.key.in_([str(feed_id) for feed_id in feed_ids]))
    found: dict[int, Outlook] = {}
    for row in session.execute(statement.order_by(ROW.c.next_at)):
        known = found.get(int(row.key), Outlook())
        at = known.next_at or (row.next_at if row.lease_owner is None else None)
        found[int(row.key)] = Outlook(at, max(known.failures, row.failures))
    return found


def _row(session: Session, key: str) -> Any:
    return session.execute(select(ROW).where(ROW.c.task == SYNC, ROW.c.key == key).with_for_update()).first()
