"""Tickets: how Procrastinate's workers learn that a row of the schedule is due.

The row is the truth: when work is due, who is at it, how it failed. A ticket only calls somebody to it at once, on
whichever host; one that is lost is written again, one too many finds nothing to do. It is written in the transaction
that makes the row due, so that a change that is rolled back calls nobody.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from procrastinate import App, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from sqlalchemy import column, exists, literal, select, table, text, update
from sqlmodel import Session

from registry.db import Database, utcnow
from registry.events.sequencer import advisory_lock
from registry.sync import timetable
from registry.worker.schedule import ROW, is_free
from registry.worker.tasks import LASTING, TASKS

SYNCS, SHORT = "syncs", "short"
"""Queues: what may last, and what must get its turn at once"""
CALLS = 500
LOCK = 0x0CA5A002
"""PostgreSQL's advisory lock of who calls for what is due"""
JOB = table("procrastinate_jobs", column("queueing_lock"), column("status"))
BOOK = App(connector=SyncPsycopgConnector())
"""Never opened: each ticket goes over the connection of the transaction that it belongs to."""
log = logging.getLogger(__name__)


def queue_of(task: str) -> str:
    """Where tickets of this task wait."""
    return SYNCS if task in LASTING else SHORT


def lock_of(task: str, key: str) -> str:
    """What two tickets under way at once must not share: a feed is synchronised once at a time, whoever asked."""
    return f"feed:{key}" if task in timetable.TASKS else f"{task}:{key}"


def issue(session: Session, due: Sequence[tuple[str, str]]) -> int:
    """Write a ticket for each (task, key), in this transaction, unless one waits already. Returns how many."""
    names = {f"{task}:{key}": (task, key) for task, key in due}
    is_todo = text("status = 'todo'")
    waiting = set(session.execute(select(JOB.c.queueing_lock).where(JOB.c.queueing_lock.in_(names), is_todo)).scalars())
    return sum(_write(session, name, *names[name]) for name in names if name not in waiting)


def _write(session: Session, name: str, task: str, key: str) -> bool:
    connection = session.connection()
    ticket = BOOK.configure_task(
        task,
        queue=queue_of(task),
        lock=lock_of(task, key),
        queueing_lock=name,
        connection=connection.connection.driver_connection,
    )
    try:
        with connection.begin_nested():
            ticket.defer(key=key)
    except AlreadyEnqueued:
        return False  # another transaction wrote it this moment
    return True


def call_for_due(database: Database) -> int:
    """Write tickets for what is due and has none. Returns how many; 0 also where another host is at it."""
    with database.reading() as session:
        if session.execute(_uncalled().limit(1)).first() is None:
            return 0
    with database.transaction() as session:
        if not advisory_lock(session, LOCK):
            return 0
        rows = session.execute(_uncalled().order_by(ROW.c.next_at, ROW.c.id).limit(CALLS)).all()
        idle = [row for row in rows if (asks := TASKS[row.task].has_work) and not asks(session)]
        for row in idle:  # nobody is called for nothing: it is asked again at its next time
            again = utcnow() + timedelta(seconds=row.every_seconds)
            session.execute(update(ROW).where(ROW.c.id == row.id, is_free(utcnow())).values(next_at=again))
        return issue(session, [(row.task, row.key) for row in rows if row not in idle])


def _uncalled() -> Any:
    now = utcnow()
    called = exists().where(JOB.c.queueing_lock == ROW.c.task + literal(":") + ROW.c.key, text("status = 'todo'"))
    return select(ROW).where(ROW.c.next_at <= now, is_free(now), ROW.c.task.in_(list(TASKS)), ~called)
