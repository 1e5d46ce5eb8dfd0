"""Comparing what sources say: conflicts open where nobody has judged the values, and go when there is none any more."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import or_, select, union
from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.catalogue.conflicts.disagreement import FIELDS, disagree, gist, key, unjudged
from registry.catalogue.conflicts.keeping import CONFLICT, Book, Side
from registry.catalogue.same_as.clusters import chunks
from registry.catalogue.same_as.rules import LEVELS
from registry.catalogue.writing import DOCUMENT, OVERRIDE, PROGRAMME, in_force

UNTRACKED = frozenset({"themes"})
"""Edits beneath which the source's own value is not kept."""


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
    book = Book(session, records)
    for members in _groups(records.values()):
        _compare(book, members, now)
    book.write(actor, now)
    return book.opened


def _groups(records: Iterable[_Record]) -> list[list[_Record]]:
    """Records of one programme together, in the order of their ids."""
    found: dict[int, list[_Record]] = {}
    for record in records:
        found.setdefault(record.row.cluster_id or record.row.id, []).append(record)
    return list(found.values())


def _compare(book: Book, members: Sequence[_Record], now: datetime) -> None:
    """Bring the conflicts of one programme up to date. Judgements stay with it whichever record leads."""
    judged = book.judged([member.row.id for member in members])
    for front in members:
        owner = front.row.reporting_organisation_id
        seen = []
        if front.row.archived_at is None and front.row.lead_id is None:
            others = [m for m in members if m is not front and _may_be_shown(front, m)]
            for name in dict.fromkeys([*FIELDS, *front.edits]):
                known = judged.get(name, set())
                sides, asked = _sides(name, front, others, known)
                if sides:
                    seen.append(name)
                    book.note(front.row.id, owner, name, sides, bool(asked), known, now)
        book.close_rest(front.row.id, owner, seen)


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
