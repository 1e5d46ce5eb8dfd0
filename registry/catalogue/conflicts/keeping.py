"""The stored conflicts of some programmes: what a comparison finds is noted together, with its history and events."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Table, insert, select
from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.catalogue.conflicts.disagreement import Gist
from registry.catalogue.conflicts.models import Conflict
from registry.catalogue.history import revision_row
from registry.catalogue.models import Revision
from registry.catalogue.same_as.clusters import chunks
from registry.events.outbox import Change, emit_all
from registry.json_text import dumps

CONFLICT: Table = Conflict.__table__  # type: ignore[attr-defined]
HISTORY = "conflict"
"""Kind of the revisions of conflicts"""


@dataclass(frozen=True, slots=True)
class Side:
    """What one source says of a field."""

    programme_id: int
    source: str
    at: datetime
    gist: Gist
    user_id: int | None = None


class Book:
    """The conflicts of some programmes, read once, changed in memory and written at the end."""

    def __init__(self, session: Session, programme_ids: Collection[int]) -> None:
        self.session = session
        self.opened = 0
        self._rows: dict[int, dict[str, Conflict]] = {}
        self._moves: list[tuple[Conflict, str, int | None]] = []
        """(conflict, state before, owner)"""
        table: Any = Conflict
        for part in chunks(programme_ids):
            statement = select(Conflict).where(table.programme_id.in_(part)).order_by(table.id).with_for_update()
            for row in session.execute(statement).scalars():
                self._rows.setdefault(row.programme_id, {})[row.field] = row

    def judged(self, programme_ids: Collection[int]) -> dict[str, set[str]]:
        """Field → keys that people have judged, with whichever of these records the conflict stood."""
        found: dict[str, set[str]] = {}
        for id_ in programme_ids:
            for name, row in self._rows.get(id_, {}).items():
                found.setdefault(name, set()).update(orjson.loads(row.judged))
        return found

    def note(
        self, programme_id: int, owner: int | None, name: str, sides: Sequence[Side], asked: bool, judged: set[str],
        now: datetime,
    ) -> None:  # fmt: skip
        """Sources disagree; `asked`: on something that nobody has judged yet."""
        row = self._rows.get(programme_id, {}).get(name)
        if row is None:
            if not asked:
                return
            row = Conflict(programme_id=programme_id, field=name, sides="", opened_at=now, version=0, state="gone")
            self._rows.setdefault(programme_id, {})[name] = row
        told, known = sides_text(sides), set(orjson.loads(row.judged))
        if row.sides != told or not judged <= known:
            row.sides, row.judged = told, dumps(sorted(judged | known))
        if asked and row.state != "open":
            row.decision, row.undo, row.user_id, row.decided_at, row.reason = None, None, None, None, ""
            row.opened_at = now
            self.opened += 1
        self._move(row, "open" if asked else "decided", owner)
        self.session.add(row)

    def close_rest(self, programme_id: int, owner: int | None, names: Collection[str]) -> None:
        """No source disagrees on other fields than these. What was decided stays in sight and can be taken back."""
        for name, row in self._rows.get(programme_id, {}).items():
            if name not in names and row.decision is None:
                self._move(row, "gone", owner)
                self.session.add(row)

    def _move(self, row: Conflict, state: str, owner: int | None) -> None:
        if row.state != state:
            self._moves.append((row, row.state, owner))
            row.state = state
            row.version += 1

    def write(self, actor: Actor, now: datetime) -> None:
        """Write everything noted, with history and events."""
        self.session.flush()
        if not self._moves:
            return
        revisions = [
            revision_row(actor, HISTORY, row.id or 0, row.version, {"state": [before, row.state]}, now)
            for row, before, _ in self._moves
        ]
        self.session.execute(insert(Revision.__table__), revisions)  # type: ignore[attr-defined]
        told = {"open": "conflict.opened", "gone": "conflict.gone"}
        events = [
            conflict_event(told[row.state], row, owner) for row, _, owner in self._moves if row.state in told
        ]  # fmt: skip
        emit_all(self.session, events, at=now)


def conflict_event(event: str, row: Conflict, owner: int | None) -> Change:
    """Told to the programme's owner and the coordinators."""
    data = {"programme_id": row.programme_id, "field": row.field, "state": row.state, "decision": row.decision}
    return Change(event, "conflict", row.id or 0, row.version, data, "private", organisation_id=owner)


def sides_text(sides: Sequence[Side]) -> str:
    """The sides as they are stored."""
    return dumps(
        [
            {
                "programme_id": side.programme_id,
                "source": side.source,
                "at": side.at.isoformat(timespec="seconds"),
                "user_id": side.user_id,
                "gist": side.gist,
            }
            for side in sides
        ]
    )
