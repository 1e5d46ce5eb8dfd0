"""Work in the background as people see it: what is due, going on, failing or set aside; tried again, or given up.

A job is a row of the schedule, whichever engine does it. Its state is not stored: it follows from the row and the time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, Table, and_, case, cast, delete, func, or_, select, update
from sqlmodel import Session

from registry.accounts import audit, policy
from registry.accounts.actor import Actor
from registry.catalogue.paging import Sort, keyset
from registry.db import fall_due, utcnow
from registry.errors import N_, Conflict, NotFound
from registry.sync.models import Feed, Schedule
from registry.sync.timetable import TASKS

STATES = SET_ASIDE, RUNNING, DUE, FAILING, WAITING = ("set_aside", "running", "due", "failing", "waiting")
"""Failed too often, going on, to be begun, failed and waiting for its next try, waiting for its time"""
ROW: Table = Schedule.__table__  # type: ignore[attr-defined]
FEED: Table = Feed.__table__  # type: ignore[attr-defined]
FIELDS = (
    "id", "task", "key", "every_seconds", "next_at", "failures", "last_error", "failed_at", "begun_at", "set_aside_at",
)  # fmt: skip
OLDEST = Sort((ROW.c.next_at, ROW.c.id), name="next")
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """How the work stands: jobs by state, and how long the oldest of those that are due has waited."""

    counts: Mapping[str, int]
    oldest_seconds: float


def _state(now: datetime) -> ColumnElement[str]:
    return case(
        (ROW.c.set_aside_at.is_not(None), SET_ASIDE),
        (ROW.c.lease_until > now, RUNNING),
        (ROW.c.next_at <= now, DUE),
        (ROW.c.failures > 0, FAILING),
        else_=WAITING,
    )


def standing(session: Session, now: datetime) -> Standing:
    """For figures and menus: asks no policy."""
    state = _state(now)
    found = session.execute(select(state, func.count()).group_by(state)).all()
    first: datetime | None = session.execute(select(func.min(ROW.c.next_at)).where(state == DUE)).scalar_one()
    counts = dict.fromkeys(STATES, 0) | {name: count for name, count in found}  # noqa: C416  (rows are tuples only at run time)
    return Standing(counts, (now - first).total_seconds() if first else 0.0)


def job_rows(
    session: Session, actor: Actor, state: str | None, cursor: str | None, limit: int, now: datetime | None = None
) -> tuple[list[Row], str | None]:
    """Jobs (of one state), the longest due first, and the next page's cursor."""
    policy.require(actor, "job.read")
    now = now or utcnow()
    statement = _select(now)
    if state is not None:
        statement = statement.where(_state(now) == state)
    page = keyset(session, statement, OLDEST, cursor, limit)
    return [_shown(row) for row in page.rows], page.next


def get_job(session: Session, actor: Actor, job_id: int, now: datetime | None = None) -> Row:
    """Raises NotFound."""
    policy.require(actor, "job.read")
    row = session.execute(_select(now or utcnow()).where(ROW.c.id == job_id)).first()
    if row is None:
        raise NotFound(N_("There is no such job: it is done by now, or was given up."))
    return _shown(row)


def _select(now: datetime) -> Any:
    running = ROW.c.lease_until > now
    feed_id = case((ROW.c.task.in_(TASKS), ROW.c.key))
    # The key is text; rows of other tasks have none that is a feed's number.
    title = select(FEED.c.name).where(cast(FEED.c.id, String) == feed_id).scalar_subquery()
    return select(
        *(ROW.c[name] for name in FIELDS),
        _state(now).label("state"),
        case((running, ROW.c.lease_owner)).label("worker"),
        title.label("feed"),
    )


def _shown(row: Any) -> Row:
    found = dict(row._mapping)
    return found | {"feed_id": int(row.key) if row.task in TASKS else None}


def retry(session: Session, actor: Actor, job_id: int, now: datetime | None = None) -> Row:
    """Have a job done as soon as somebody is free, whatever it waits for. Raises NotFound.

    Asked while it goes on, it is done once more.
    """
    policy.require(actor, "job.manage")
    now = now or utcnow()
    job = get_job(session, actor, job_id, now)
    session.execute(update(ROW).where(ROW.c.id == job_id).values(next_at=now, set_aside_at=None))
    fall_due(session, job["task"], job["key"])
    audit.record(session, actor, "job.retry", f"job:{job_id}", task=job["task"], key=job["key"])
    return get_job(session, actor, job_id, now)


def retry_all(session: Session, actor: Actor, now: datetime | None = None) -> int:
    """Have all that was set aside tried again. Returns how many."""
    found = session.execute(select(ROW.c.id).where(ROW.c.set_aside_at.is_not(None)).order_by(ROW.c.id)).scalars().all()
    for job_id in found:
        retry(session, actor, job_id, now)
    return len(found)


def discard(session: Session, actor: Actor, job_id: int, now: datetime | None = None) -> None:
    """Give up a job that was asked for once. Raises NotFound, and Conflict for what recurs or is going on."""
    policy.require(actor, "job.manage")
    now = now or utcnow()
    job = get_job(session, actor, job_id, now)
    idle = or_(ROW.c.lease_until.is_(None), ROW.c.lease_until <= now)
    gone: Any = session.execute(delete(ROW).where(and_(ROW.c.id == job_id, ROW.c.every_seconds.is_(None), idle)))
    if not gone.rowcount:
        raise Conflict(N_("Only work that was asked for once and is not going on can be given up."))
    audit.record(
        session, actor, "job.discard", f"job:{job_id}", task=job["task"], key=job["key"], reason=job["last_error"]
    )  # fmt: skip
