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


def standings(session: Session, names: Iterable[str]) -> list[Standing]:
    """How these consumers stand, by name; who never ran stands at the beginning of nothing and is left out."""
    last = last_position(session)
    count = select(func.count()).where(LETTER.c.consumer == CONSUMER.c.name).correlate(CONSUMER).scalar_subquery()
    columns = [CONSUMER.c[n] for n in ("name", "position", "updated_at", "failures", "last_error", "failed_at", "next_at")]
    rows = session.execute(
        select(*columns, count.label("letters")).where(CONSUMER.c.name.in_(list(names))).order_by(CONSUMER.c.name)
    )
    return [
        Standing(
            row.name, row.position, max(0, last - row.position), row.updated_at, row.failures, row.last_error,
            row.failed_at, row.next_at, row.letters,
        )
        for row in rows
    ]  # fmt: skip


def letters(session: Session, after: int = 0, limit: int = 50) -> list[Letter]:
    """Dead letters by id, those with an id above `after`."""
    rows = session.execute(select(LETTER).where(LETTER.c.id > after).order_by(LETTER.c.id).limit(limit))
    return [_letter(row) for row in rows]


def find(session: Session, letter_ids: Collection[int] | None = None) -> list[Letter]:
    """These dead letters, as far as they (still) are there; None: all."""
    chosen = select(LETTER).order_by(LETTER.c.id)
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
