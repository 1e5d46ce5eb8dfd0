"""Work that falls due, claimed under a lease: however many schedulers ask, each due row goes to one of them.

A claim carries a fence that grows each time: who lost the lease cannot settle the row any more. Works alike on both
engines: PostgreSQL skips rows that another is claiming, SQLite lets one writer in at a time.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, and_, delete, or_, select, update
from sqlmodel import Session

from registry.sync.models import Schedule

LEASE_SECONDS = 60
RETRY_SECONDS, LONGEST_RETRY_SECONDS = 30, 3600
ROW: Table = Schedule.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Claim:
    """A due row in our hands until the lease ends."""

    id: int
    task: str
    key: str
    every_seconds: int | None
    next_at: datetime
    fence: int
    failures: int


def ensure(session: Session, recurring: dict[str, int], now: datetime) -> None:
    """Put tasks that the registry itself needs on the schedule: name → seconds between two runs."""
    rows = {row.task: row for row in session.execute(select(ROW).where(ROW.c.key == "", ROW.c.task.in_(recurring)))}
    for task, seconds in recurring.items():
        row = rows.get(task)
        if row is None:
            session.execute(
                ROW.insert().values(task=task, key="", every_seconds=seconds, next_at=now, fence=0, failures=0)
            )
        elif row.every_seconds != seconds:
            session.execute(update(ROW).where(ROW.c.id == row.id).values(every_seconds=seconds, next_at=now))


def is_due(session: Session, now: datetime, tasks: Iterable[str]) -> bool:
    """Whether a claim would find anything: asked without a lock first, since mostly nothing is due."""
    return session.execute(_due(now, tasks).limit(1)).first() is not None


def _due(now: datetime, tasks: Iterable[str]) -> Any:
    free = or_(ROW.c.lease_until.is_(None), ROW.c.lease_until <= now)
    due = select(ROW).where(ROW.c.next_at <= now, free, ROW.c.task.in_(list(tasks)))
    return due.order_by(ROW.c.next_at, ROW.c.id)


def claim_due(
    session: Session, now: datetime, owner: str, limit: int, tasks: Iterable[str], lease_seconds: int = LEASE_SECONDS
) -> list[Claim]:
    """Claim at most `limit` due rows of these tasks, longest due first. The caller commits at once."""
    claims = []
    for row in session.execute(_due(now, tasks).limit(limit).with_for_update(skip_locked=True)).all():
        claim = Claim(row.id, row.task, row.key, row.every_seconds, row.next_at, row.fence + 1, row.failures)
        session.execute(
            update(ROW)
            .where(ROW.c.id == row.id)
            .values(lease_owner=owner, lease_until=now + timedelta(seconds=lease_seconds), fence=claim.fence)
        )
        claims.append(claim)
    return claims


def renew(session: Session, claims: Iterable[Claim], now: datetime, lease_seconds: int = LEASE_SECONDS) -> None:
    """Keep the leases of work that is still going on; those that were lost meanwhile stay lost."""
    until = now + timedelta(seconds=lease_seconds)
    for claim in claims:
        session.execute(update(ROW).where(_is_ours(claim)).values(lease_until=until))


def settle(session: Session, claim: Claim, now: datetime, *, failed: bool = False) -> bool:
    """Give the row back with its next time; one-off rows go once they succeeded. False: the lease had been lost.

    The next time counts from now, so that what was missed while nothing ran is made up for once, not many times. After
    a failure the row comes again sooner than usual at first, and ever later.
    """
    failures = claim.failures + 1 if failed else 0
    released: dict[str, Any] = {"lease_owner": None, "lease_until": None, "failures": failures}
    if failed:
        usual = claim.every_seconds or LONGEST_RETRY_SECONDS
        retry = min(RETRY_SECONDS * 2 ** min(claim.failures, 10), usual, LONGEST_RETRY_SECONDS)
        changed = session.execute(
            update(ROW).where(_is_ours(claim)).values(released | {"next_at": now + timedelta(seconds=retry)})
        )
    elif claim.every_seconds is None:
        changed = session.execute(delete(ROW).where(_is_ours(claim)))
    else:
        next_at = now + timedelta(seconds=claim.every_seconds)
        changed = session.execute(update(ROW).where(_is_ours(claim)).values(released | {"next_at": next_at}))
    return bool(changed.rowcount)  # type: ignore[attr-defined]


def _is_ours(claim: Claim) -> Any:
    return and_(ROW.c.id == claim.id, ROW.c.fence == claim.fence)
