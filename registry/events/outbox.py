"""Writing events: one row in the transaction of the change itself, so that both commit or neither does.

Services emit; doors and adapters never do. Positions are given later, by the sequencer, to committed rows only.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session

from registry.db import dumps, utcnow
from registry.events.models import Event
from registry.events.rules import Audience, lost
from registry.events.types import EVENT_TYPES

__all__ = ["Audience", "Change", "emit", "emit_all"]

RESERVED = frozenset({"version", "href", "tombstone"})

# Core: the bulk insert of the ORM costs twice as much.
INSERT = insert(Event.__table__)  # type: ignore[attr-defined]


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
    at = at or utcnow()
    rows = []
    for change in changes:
        EVENT_TYPES[change.type]
        if not RESERVED.isdisjoint(change.data):
            raise ValueError(f"{change.type}: the feed itself says {', '.join(sorted(RESERVED))}")
        out_of_sight = change.lost()
        rows.append(
            {
                "uid": str(uuid.uuid4()),
                "type": change.type,
                "kind": change.kind,
                "record_id": change.record_id,
                "record_version": change.record_version,
                "visibility": change.visibility,
                "state": change.state,
                "organisation_id": change.organisation_id,
                "lost_visibility": out_of_sight and out_of_sight.visibility,
                "lost_organisation_id": out_of_sight and out_of_sight.organisation_id,
                "data": dumps(change.data),
                "at": at,
                "position": None,
            }
        )
    if rows:
        session.execute(INSERT, rows)
