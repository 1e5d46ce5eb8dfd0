"""Work that falls due, claimed under a lease: however many schedulers ask, each due row goes to one of them.

A claim carries a fence that grows each time: who lost the lease cannot settle the row any more. Works alike on both
engines: PostgreSQL skips rows that another is claiming, SQLite lets one writer in at a time.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, and_, case, delete, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from registry.db import UTCDateTime
from registry.outbound.patience import backoff_seconds
from registry.sync.models import Schedule

LEASE_SECONDS = 60
TRIES = 8
"""Of work asked for once: then it is set aside, and a person has it tried again. What recurs goes on, ever later."""
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
    """Put tasks that the registry itself needs on the schedule: name → seconds between two runs.

    Others of its own, which another version or engine needed, go.
    """
    session.execute(delete(ROW).where(ROW.c.key == "", ROW.c.task.not_in(list(recurring))))
    # In one order and as one statement each: processes that begin together wait for each other.
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    for task, seconds in sorted(recurring.items()):
        row = insert(ROW).values(task=task, key="", every_seconds=seconds, next_at=now, fence=0, failures=0)
        other = {"every_seconds": seconds, "next_at": now}
        changed = ROW.c.every_seconds != seconds
        session.execute(row.on_conflict_do_update(index_elements=["task", "key"], set_=other, where=changed))


def is_due(session: Session, now: datetime, tasks: Iterable[str]) -> bool:
    """Whether a claim would find anything: asked without a lock first, since mostly nothing is due."""
    return session.execute(_due(now, tasks).limit(1)).first() is not None


def _due(now: datetime, tasks: Iterable[str]) -> Any:
    due = select(ROW).where(ROW.c.next_at <= now, is_free(now), ROW.c.task.in_(list(tasks)))
    return due.order_by(ROW.c.next_at, ROW.c.id)


def is_free(now: datetime) -> Any:
    """Nobody is at it, and it is not set aside."""
    return and_(or_(ROW.c.lease_until.is_(None), ROW.c.lease_until <= now), ROW.c.set_aside_at.is_(None))


def claim_due(
    session: Session, now: datetime, owner: str, limit: int, tasks: Iterable[str], lease_seconds: int = LEASE_SECONDS
) -> list[Claim]:
    """Claim at most `limit` due rows of these tasks, longest due first. The caller commits at once."""
    rows = session.execute(_due(now, tasks).limit(limit).with_for_update(skip_locked=True)).all()
    return [_take(session, row, now, owner, lease_seconds) for row in rows]


def claim_one(session: Session, task: str, key: str, now: datetime, owner: str, *, early: bool = False) -> Claim | None:
    """Claim this row if it is due (or `early`) and nobody is at it. The caller commits at once."""
    ours = select(ROW).where(ROW.c.task == task, ROW.c.key == key, is_free(now))
    if not early:
        ours = ours.where(ROW.c.next_at <= now)
    row = session.execute(ours.with_for_update(skip_locked=True)).first()
    return _take(session, row, now, owner, LEASE_SECONDS) if row else None


def _take(session: Session, row: Any, now: datetime, owner: str, lease_seconds: int) -> Claim:
    claim = Claim(row.id, row.task, row.key, row.every_seconds, row.next_at, row.fence + 1, row.failures)
    until = now + timedelta(seconds=lease_seconds)
    taken = update(ROW).where(ROW.c.id == row.id)
    session.execute(taken.values(lease_owner=owner, lease_until=until, fence=claim.fence, begun_at=now))
    return claim


def renew(session: Session, claims: Iterable[Claim], now: datetime, lease_seconds: int = LEASE_SECONDS) -> None:
    """Keep the leases of work that is still going on; those that were lost meanwhile stay lost."""
    until = now + timedelta(seconds=lease_seconds)
    for claim in claims:
        # One that was settled this moment has no lease any more: it must not get one again.
        session.execute(update(ROW).where(_is_ours(claim), ROW.c.lease_until.is_not(None)).values(lease_until=until))


@dataclass(frozen=True)
class Outcome:
    """How work on a row ended. `retry_after`: seconds before which it must not come again."""

    failed: bool = False
    is_done: bool = False
    retry_after: float = 0
    error: str | None = None
    """What went wrong, for people"""


DONE = Outcome(is_done=True)
LATER = Outcome(retry_after=RETRY_SECONDS)
"""Not done, and nothing is wrong: somebody else was at it"""


@dataclass(frozen=True)
class Patience:
    """When work comes again that failed: after a random part of `first_seconds`, doubled each time, up to the longest.

    `beyond_usual`: also later than its usual interval, where that is what the failure calls for.
    """

    first_seconds: float = RETRY_SECONDS
    longest_seconds: float = LONGEST_RETRY_SECONDS
    beyond_usual: bool = False
    spread: float = 0.0
    """Share of the usual interval by which it may be shorter or longer: what began together must not stay together."""

    def wait(self, failures: int, usual: int | None, chance: float) -> float:
        """Seconds after so many failures in a row (1 or more) of work with this interval. `chance`: 0…1."""
        longest = self.longest_seconds
        if usual is not None and not self.beyond_usual:
            longest = min(longest, usual)
        return backoff_seconds(failures, self.first_seconds, longest, chance)


def settle(
    session: Session,
    claim: Claim,
    now: datetime,
    outcome: Outcome = DONE,
    patience: Patience = Patience(),
    chance: float | None = None,
) -> bool:
    """Give the row back with its next time; one-off rows go once they are done. False: the lease had been lost.

    The next time counts from now, so that what was missed while nothing ran is made up for once, not many times. A row
    whose time was changed while it was claimed (asked for once more, another interval) keeps that time.
    """
    asked_again = ROW.c.next_at != claim.next_at
    if outcome.is_done and claim.every_seconds is None:
        gone: Any = session.execute(delete(ROW).where(_is_ours(claim), ~asked_again))
        if gone.rowcount:
            return True
    chance = random.random() if chance is None else chance  # noqa: S311  (spreads tries; guards nothing)
    failures = 0 if outcome.is_done else claim.failures + outcome.failed
    wait = (claim.every_seconds or 0) * (1 + patience.spread * (2 * chance - 1))
    if outcome.failed:
        wait = patience.wait(failures, claim.every_seconds, chance)
    elif not outcome.is_done:
        wait = 0
    next_at = now + timedelta(seconds=max(wait, outcome.retry_after))
    said: dict[str, Any] = {"last_error": outcome.error, "failed_at": now} if outcome.failed else {}
    if outcome.failed and claim.every_seconds is None and failures >= TRIES:
        said["set_aside_at"] = case((asked_again, None), else_=literal(now, UTCDateTime))
    changed: Any = session.execute(
        update(ROW)
        .where(_is_ours(claim))
        .values(
            lease_owner=None,
            lease_until=None,
            failures=failures,
            next_at=case((asked_again, ROW.c.next_at), else_=literal(next_at, UTCDateTime)),
            **said,
        )
    )
    return bool(changed.rowcount)


def _is_ours(claim: Claim) -> Any:
    return and_(ROW.c.id == claim.id, ROW.c.fence == claim.fence)
