"""Dead letters: events that a consumer could not take. Listed, asked to be tried again, given up by a person.

Who may, and the audit log's line, are the doors' business: this floor knows no accounts.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlmodel import Session

from registry.events.consumers import CONSUMER, LETTER, Happening, happening_of
from registry.events.sequencer import last_position


@dataclass(frozen=True, slots=True)
class Standing:
    """How a consumer stands."""

    name: str
    position: int
    lag: int
    """Positions behind the newest event"""
    updated_at: datetime
    failures: int
    """Failed tries of the event that is next"""
    last_error: str | None
    failed_at: datetime | None
    next_at: datetime | None
    dead_letters: int


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter."""

    id: int
    consumer: str
    event: Happening
    reason: str
    tries: int
    set_aside_at: datetime
    retry_at: datetime | None


def standings(session: Session) -> list[Standing]:
    """How the consumers stand, by name; those that no scheduler has begun yet are not there."""
    last = last_position(session)
    theirs = select(func.count()).where(LETTER.c.consumer == CONSUMER.c.name).correlate(CONSUMER).scalar_subquery()
    names = ("name", "position", "updated_at", "failures", "last_error", "failed_at", "next_at")
    columns = [CONSUMER.c[name] for name in names]
    rows = session.execute(select(*columns, theirs.label("letters")).order_by(CONSUMER.c.name))
    return [
        Standing(
            row.name, row.position, max(0, last - row.position), row.updated_at, row.failures, row.last_error,
            row.failed_at, row.next_at, row.letters,
        )
        for row in rows
    ]  # fmt: skip


def count(session: Session) -> int:
    """How many dead letters there are."""
    return session.execute(select(func.count()).select_from(LETTER)).scalar_one()


def letters(session: Session, letter_ids: Collection[int] | None = None, limit: int | None = None) -> list[Letter]:
    """These dead letters (None: all), as far as they still are there, at most `limit`, the oldest first."""
    chosen = select(LETTER).order_by(LETTER.c.id).limit(limit)
    if letter_ids is not None:
        chosen = chosen.where(LETTER.c.id.in_(letter_ids))
    return [_letter(row) for row in session.execute(chosen)]


def ask_again(session: Session, found: Iterable[Letter], now: datetime) -> None:
    """Have them tried again: the consumers do it within seconds."""
    session.execute(update(LETTER).where(LETTER.c.id.in_([each.id for each in found])).values(retry_at=now))


def discard(session: Session, letter_id: int) -> None:
    """Give it up: the event will have no effect on this consumer."""
    session.execute(delete(LETTER).where(LETTER.c.id == letter_id))


def asked_for(session: Session, name: str, now: datetime) -> list[tuple[int, Happening]]:
    """(id, event) of this consumer's dead letters that are to be tried again."""
    rows = session.execute(
        select(LETTER).where(LETTER.c.consumer == name, LETTER.c.retry_at <= now).order_by(LETTER.c.id)
    )
    return [(row.id, happening_of(row.event)) for row in rows]


def delivered(session: Session, letter_id: int) -> None:
    """It had its effect."""
    session.execute(delete(LETTER).where(LETTER.c.id == letter_id))


def failed_again(session: Session, letter_id: int, reason: str, now: datetime) -> None:
    """It stays set aside."""
    values: dict[str, Any] = {"reason": reason, "tries": LETTER.c.tries + 1, "set_aside_at": now, "retry_at": None}
    session.execute(update(LETTER).where(LETTER.c.id == letter_id).values(**values))


def _letter(row: Any) -> Letter:
    event = happening_of(row.event)
    return Letter(row.id, row.consumer, event, row.reason, row.tries, row.set_aside_at, row.retry_at)
