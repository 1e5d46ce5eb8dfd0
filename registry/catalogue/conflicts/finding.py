"""Comparing what sources say: conflicts open where nobody has judged the values, and go when there is none any more."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Table, or_, select, union
from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.catalogue.conflicts.disagreement import FIELDS, Gist, disagree, gist, key, unjudged
from registry.catalogue.conflicts.models import Conflict
from registry.catalogue.history import record_revision
from registry.catalogue.same_as.clusters import chunks
from registry.catalogue.same_as.rules import LEVELS
from registry.catalogue.writing import DOCUMENT, OVERRIDE, PROGRAMME, in_force
from registry.db import dumps
from registry.events.outbox import Change, emit

CONFLICT: Table = Conflict.__table__  # type: ignore[attr-defined]
HISTORY = "conflict"
UNTRACKED = frozenset({"themes"})
"""Edits beneath which the source's own value is not kept."""


@dataclass(frozen=True, slots=True)
class Side:
    """What one source says of a field."""

    programme_id: int
    source: str
    at: datetime
    gist: Gist
    user_id: int | None = None


@dataclass(slots=True)
class _Record:
    """A record with what it says: the source's own document, a person's edits, and what follows from both."""

    row: Any
    stored: dict[str, Any]
    edits: dict[str, Any] = field(default_factory=dict)
    """field → row of the override"""
    effective: dict[str, Any] = field(default_factory=dict)

    def side(self, name: str) -> Side:
        """What it says, a person's edit before its source."""
        edit = self.edits.get(name)
        if edit is None:
            return Side(self.row.id, self.row.source, self.row.read_at, gist(name, self.effective))
        return Side(self.row.id, "person", edit.at, gist(name, self.effective), edit.user_id)

    def beneath(self, name: str) -> Side:
        """What its source says beneath a person's edit."""
        return Side(self.row.id, self.row.source, self.row.read_at, gist(name, self.stored))


def refresh_conflicts(session: Session, programme_ids: Collection[int], actor: Actor, now: datetime) -> int:
    """Compare the sources of these programmes and of those that are the same. Returns how many conflicts opened.

    Safe to repeat; what does not change writes nothing.
    """
    opened = 0
    for part in chunks(programme_ids, 200):
        if concerned := _concerned(session, part):
            opened += _refresh(session, concerned, actor, now)
    return opened


def _concerned(session: Session, ids: Sequence[int]) -> list[int]:
    """Those of which more than one thing is said, or was: most programmes have one source and no edit."""
    grouped = select(PROGRAMME.c.id).where(PROGRAMME.c.id.in_(ids), PROGRAMME.c.cluster_id.is_not(None))
    edited = select(OVERRIDE.c.programme_id).where(OVERRIDE.c.programme_id.in_(ids))
    known = select(CONFLICT.c.programme_id).where(CONFLICT.c.programme_id.in_(ids))
    return sorted(session.execute(union(grouped, edited, known)).scalars())


def _refresh(session: Session, ids: Sequence[int], actor: Actor, now: datetime) -> int:
    records = _read(session, ids)
    stored: dict[tuple[int, str], Conflict] = {}
    table: Any = Conflict
    for part in chunks(records):
        rows = session.execute(
            select(Conflict).where(table.programme_id.in_(part)).order_by(table.id).with_for_update()
        )
        stored |= {(row.programme_id, row.field): row for row in rows.scalars()}
    opened = 0
    for members in _groups(records.values()):
        opened += _compare(session, members, stored, actor, now)
    session.flush()
    return opened


def _groups(records: Iterable[_Record]) -> list[list[_Record]]:
    """Records of one programme together, in the order of their ids."""
    found: dict[int, list[_Record]] = {}
    for record in records:
        found.setdefault(record.row.cluster_id or record.row.id, []).append(record)
    return list(found.values())


def _compare(
    session: Session,
    members: Sequence[_Record],
    stored: Mapping[tuple[int, str], Conflict],
    actor: Actor,
    now: datetime,
) -> int:
    """Bring the conflicts of one programme up to date. Judgements stay with it whichever record leads."""
    judged: dict[str, set[str]] = {}
    of_these = [row for (id_, _), row in stored.items() if any(m.row.id == id_ for m in members)]
    for row in of_these:
        judged.setdefault(row.field, set()).update(orjson.loads(row.judged))
    seen: set[tuple[int, str]] = set()
    opened = 0
    for front in members:
        if front.row.archived_at is not None or front.row.lead_id is not None:
            continue
        others = [m for m in members if m is not front and _may_be_shown(front, m)]
        for name in dict.fromkeys([*FIELDS, *front.edits]):
            sides, asked = _sides(name, front, others, judged.get(name, set()))
            if sides:
                seen.add((front.row.id, name))
                opened += _note(session, front, name, sides, asked, judged.get(name, set()), stored, actor, now)
    for row in of_these:
        # What was decided stays in sight, and can be taken back, also when the sources agree by now.
        if (row.programme_id, row.field) not in seen and row.state != "gone" and row.decision is None:
            _move(session, row, "gone", members[0], actor, now)
    return opened


def _may_be_shown(front: _Record, other: _Record) -> bool:
    """Whether everybody who sees the record in front may see what this one says."""
    if other.row.archived_at is not None or other.row.lead_id != front.row.id:
        return False
    return LEVELS[other.row.visibility] <= LEVELS[front.row.visibility]


def _sides(name: str, front: _Record, others: Sequence[_Record], judged: set[str]) -> tuple[list[Side], list[str]]:
    """(the value in force and those that disagree with it, keys that nobody has judged); nothing where all agree."""
    if name in UNTRACKED:
        return [], []
    first = front.side(name)
    found = []
    known = set(judged)
    edit = front.edits.get(name)
    if edit is not None:
        beneath = front.beneath(name)
        if beneath.gist is not None and key(name, beneath.gist) != key(name, first.gist):
            found.append(beneath)
        # Who edited has seen what the source said then.
        known |= {key(name, first.gist)}
        if edit.seen is not None:
            known |= {key(name, gist(name, {**front.stored, name: orjson.loads(edit.seen)}))}
    if name in FIELDS:
        found += [side for other in others if disagree(name, first.gist, (side := other.side(name)).gist)]
    if not found:
        return [], []
    asked = unjudged(name, [first.gist, *(side.gist for side in found)], known)
    # A value in force that was judged and meets only judged ones asks for nothing; a new one among them asks for all.
    return [first, *found], asked


def _note(
    session: Session,
    front: _Record,
    name: str,
    sides: Sequence[Side],
    asked: Sequence[str],
    judged: set[str],
    stored: Mapping[tuple[int, str], Conflict],
    actor: Actor,
    now: datetime,
) -> int:
    row = stored.get((front.row.id, name))
    state = "open" if asked else "decided"
    if row is None and not asked:
        return 0
    told = sides_text(sides)
    if row is None:
        row = Conflict(
            programme_id=front.row.id, field=name, sides=told, opened_at=now, version=0, state="gone",
            judged=dumps(sorted(judged)),
        )  # fmt: skip
        session.add(row)
        session.flush()
    if row.sides != told or not judged.issubset(orjson.loads(row.judged)):
        row.sides, row.judged = told, dumps(sorted(judged | set(orjson.loads(row.judged))))
        session.add(row)
    if row.state == state:
        return 0
    if state == "open":
        row.decision, row.undo, row.user_id, row.decided_at, row.reason, row.opened_at = None, None, None, None, "", now
    _move(session, row, state, front, actor, now)
    return int(state == "open")


def _move(session: Session, row: Conflict, state: str, record: _Record, actor: Actor, now: datetime) -> None:
    before, row.state = row.state, state
    row.version += 1
    session.add(row)
    session.flush()
    record_revision(session, actor, HISTORY, row.id or 0, row.version, {"state": [before, state]}, now)
    if state != "decided":
        event = {"open": "conflict.opened", "gone": "conflict.gone"}[state]
        emit(session, conflict_event(event, row, record.row.reporting_organisation_id), at=now)


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


def _read(session: Session, ids: Sequence[int]) -> dict[int, _Record]:
    """The records with everything in their clusters."""
    names = ("id", "source", "visibility", "archived_at", "cluster_id", "lead_id", "reporting_organisation_id")
    columns = [*[PROGRAMME.c[name] for name in names], DOCUMENT.c.document, DOCUMENT.c.read_at]
    clusters = select(PROGRAMME.c.cluster_id).where(PROGRAMME.c.id.in_(ids), PROGRAMME.c.cluster_id.is_not(None))
    statement = (
        select(*columns)
        .join(DOCUMENT, DOCUMENT.c.programme_id == PROGRAMME.c.id)
        .where(or_(PROGRAMME.c.id.in_(ids), PROGRAMME.c.cluster_id.in_(clusters.correlate(None))))
        .order_by(PROGRAMME.c.id)
    )
    found = {row.id: _Record(row, orjson.loads(row.document)) for row in session.execute(statement)}
    for part in chunks(found):
        for edit in session.execute(select(OVERRIDE).where(OVERRIDE.c.programme_id.in_(part))):
            found[edit.programme_id].edits[edit.field] = edit
    for record in found.values():
        values = {name: orjson.loads(edit.value) for name, edit in record.edits.items()}
        record.effective, _themes = in_force(record.stored, [], values)
    return found
