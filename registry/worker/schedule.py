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
from sqlmodel import Session

from registry.db import UTCDateTime
from registry.outbound.patience import backoff_seconds
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


@dataclass(frozen=True)
class Outcome:
    """How work on a row ended. `retry_after`: seconds before which it must not come again."""

    failed: bool = False
    is_done: bool = False
    retry_after: float = 0


DONE, FAILED = Outcome(is_done=True), Outcome(failed=True)
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
    changed: Any = session.execute(
        update(ROW)
        .where(_is_ours(claim))
        .values(
            lease_owner=None,
            lease_until=None,
            failures=failures,
            next_at=case((asked_again, ROW.c.next_at), else_=literal(next_at, UTCDateTime)),
        )
    )
    return bool(changed.rowcount)


def _is_ours(claim: Claim) -> Any:
    return and_(ROW.c.id == claim.id, ROW.c.fence == claim.fence)
