"""The scheduler's sign of life: one row that it writes every few seconds, and what others conclude from it."""

from datetime import datetime, timedelta

from sqlmodel import Session

from registry.catalogue.models import Meta

KEY = "scheduler_heartbeat"
BEAT_SECONDS = 10
SILENCE = timedelta(seconds=6 * BEAT_SECONDS)
"""Silent for longer: no scheduler runs. A beat may be late while a long write holds the database."""


def beat(session: Session, now: datetime) -> None:
    """Leave a sign of life. Any scheduler's will do: there may be several."""
    session.merge(Meta(key=KEY, value=now.isoformat(timespec="seconds")))


def last_beat(session: Session) -> datetime | None:
    """When a scheduler was last alive (UTC); None: never yet."""
    row = session.get(Meta, KEY)
    return datetime.fromisoformat(row.value) if row else None


def is_alive(last: datetime | None, now: datetime) -> bool:
    """Whether a sign of life is fresh enough to believe that a scheduler is running."""
    return last is not None and now - last <= SILENCE
