"""Writing events: one row in the transaction of the change itself, so that both commit or neither does.

Services emit; doors and adapters never do. Positions are given later, by the sequencer, to committed rows only.
"""

import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table
from sqlmodel import Session

from registry.bulk import insert_tuples
from registry.db import fall_due, utcnow
from registry.events import origin, versions
from registry.events.models import Event
from registry.events.origin import Origin
from registry.events.rules import Audience, lost
from registry.events.types import EVENT_TYPES
from registry.json_text import dumps

__all__ = ["Audience", "Change", "emit", "emit_all"]

SEQUENCE = "events.sequence"
"""The task that gives committed events their position, see registry/worker/tasks.py"""
RESERVED = frozenset({"version", "href", "tombstone", "origin"})

EVENT: Table = Event.__table__  # type: ignore[attr-defined]
COLUMNS = (
    "uid", "type", "kind", "record_id", "record_version", "visibility", "state", "organisation_id", "lost_visibility",
    "lost_organisation_id", *origin.COLUMNS, "data", "at",
)  # fmt: skip
"""What emit_all writes; the position comes later."""


@dataclass(frozen=True)
class Change:
    """What happened to one record. `data` is its summary after the change (JSON values only, no secrets)."""

    type: str
    kind: str
    record_id: int
    record_version: int
    data: dict[str, Any]
    visibility: str = "public"
    state: str | None = None
    organisation_id: int | None = None
    before: Audience | None = None
    """Who could see the record before this change, where that may have been others than now."""

    origin: Origin | None = None
    """Of a record that came from another registry"""

    def lost(self) -> Audience | None:
        """The audience before, where somebody in it may no longer see the record."""
        return lost(self.before, Audience(self.visibility, self.state, self.organisation_id))


def emit(session: Session, *changes: Change, at: datetime | None = None) -> None:
    """Write the changes' events in this transaction, in the order given.

    Raises KeyError for an unknown type, ValueError for data that says what the feed itself adds (RESERVED).
    """
    emit_all(session, changes, at=at)


def emit_all(session: Session, changes: Iterable[Change], at: datetime | None = None) -> None:
    """As emit, for a batch: one executemany."""
    changes = list(changes)
    rows = [_values(change) for change in changes]
    if not rows:
        return
    versions.note(session, {change.kind for change in changes})
    moment = at or utcnow()
    found = [(uid, *values, moment) for uid, values in zip(new_ids(len(rows)), rows, strict=True)]
    # Every write pays for this: past the ORM it costs half.
    insert_tuples(session, EVENT, COLUMNS, found)
    fall_due(session, SEQUENCE)


def _values(change: Change) -> tuple[Any, ...]:
    EVENT_TYPES[change.type]
    if not RESERVED.isdisjoint(change.data):
        raise ValueError(f"{change.type}: the feed itself says {', '.join(sorted(RESERVED))}")
    seen = change.lost()
    return (
        change.type, change.kind, change.record_id, change.record_version, change.visibility, change.state,
        change.organisation_id, seen and seen.visibility, seen and seen.organisation_id,
        *origin.values(change.origin), dumps(change.data),
    )  # fmt: skip


def new_ids(count: int) -> list[str]:
    """So many new event ids: UUIDs of version 7.

    Those of one time stand together in the index, which random ones would scatter over all of its pages.
    """
    milliseconds, randomness = time.time_ns() // 1_000_000, secrets.token_bytes(10 * count)
    found = []
    for start in range(0, len(randomness), 10):
        number = int.from_bytes(randomness[start : start + 10])
        text = f"{milliseconds:012x}7{number >> 68:03x}{8 + (number >> 66 & 3):x}{number & (1 << 60) - 1:015x}"
        found.append(f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}")
    return found
