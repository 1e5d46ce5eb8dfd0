"""Which amounts no sum takes, so that money counts once: parts of another programme, and what is only passed on.

- **Part and whole.** A programme that belongs to another (IATI related activities 1 and 2, said by itself, or by the
  other where both have one reporting organisation) is left out of the sum of an amount (budget, commitment,
  disbursement) that the other states too. Where only the parts state it, the parts are counted. A whole that fewer may
  see than one of its parts is left out in place of its parts: a sum does not depend on who reads it.
- **Passed on.** What a source itself calls internal to what it counts (OCHA FTS: `boundary`) is left out.
- Records that are the same are one: the leading one is counted (same_as/clusters.py).

Kept in `programme_left_out`, brought up to date as the last thing before a commit, by one transaction at a time.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, Table, bindparam, delete, insert, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session

from registry.catalogue.models import Programme, ProgrammeKin, ProgrammeLeftOut
from registry.catalogue.money_rows import CHILD, MEASURES, PARENT
from registry.db import before_commit
from registry.events.versions import RANK

PROGRAMME: Table = Programme.__table__  # type: ignore[attr-defined]
KIN: Table = ProgrammeKin.__table__  # type: ignore[attr-defined]
LEFT_OUT: Table = ProgrammeLeftOut.__table__  # type: ignore[attr-defined]
PART, PASSED_ON = "part", "passed_on"
JOINED = "joined"
"""Why a record is in no sum, beside the two: another one stands for it"""
DEEPEST = 8
"""Generations that are followed up or down"""
CHUNK = 500
LEVELS = {"public": 0, "members": 1, "private": 2}
_KEY = "left_out"

Edges = dict[int, set[int]]
_P = PROGRAMME.c
_COLUMNS = (
    _P.id, _P.lead_id, _P.cluster_id, _P.archived_at, _P.visibility, _P.reporting_organisation_id,
    *[_P[f"{name}_usd"] for name in MEASURES],
)  # fmt: skip
_WHOLE: Any = aliased(PROGRAMME, name="whole")
_PART: Any = aliased(PROGRAMME, name="part")
_IDS: Any = bindparam("ids", expanding=True)
# A part may say itself what it belongs to; what another organisation calls a part of its own is not believed.
_SAID = (
    select(_PART.c.id, _WHOLE.c.id)
    .join_from(KIN, _PART, _PART.c.id == KIN.c.programme_id)
    .join(_WHOLE, _WHOLE.c.iati_identifier == KIN.c.ref)
    .where(KIN.c.kind == PARENT, _PART.c.archived_at.is_(None), _WHOLE.c.archived_at.is_(None))
)
_CALLED = (
    select(_PART.c.id, _WHOLE.c.id)
    .join_from(KIN, _WHOLE, _WHOLE.c.id == KIN.c.programme_id)
    .join(_PART, _PART.c.iati_identifier == KIN.c.ref)
    .where(KIN.c.kind == CHILD, _PART.c.archived_at.is_(None), _WHOLE.c.archived_at.is_(None))
    .where(_PART.c.reporting_organisation_id == _WHOLE.c.reporting_organisation_id)
)
_UP = tuple(statement.where(_PART.c.id.in_(_IDS)) for statement in (_SAID, _CALLED))
_DOWN = tuple(
    statement.with_only_columns(_WHOLE.c.id, _PART.c.id).where(_WHOLE.c.id.in_(_IDS)) for statement in (_SAID, _CALLED)
)


def note_written(session: Session, passes_on: Mapping[int, bool]) -> None:
    """Look at these programmes before the commit. `passes_on`: id → whether its source says that it is passed on."""
    session.info.setdefault(_KEY, {}).update(passes_on)
    # Behind the version of the catalogue, which one transaction at a time may hold: two that write a whole and its
    # part at the same time see each other.
    before_commit(session, _KEY, _settle_noted, rank=RANK + 1)


def note_changed(session: Session, ids: Iterable[int]) -> None:
    """Look at these programmes before the commit: they were archived, or joined with others or separated."""
    noted = session.info.setdefault(_KEY, {})
    for id_ in ids:
        noted.setdefault(id_, None)
    before_commit(session, _KEY, _settle_noted, rank=RANK + 1)


def note_family(session: Session, ids: Collection[int]) -> None:
    """Look before the commit at what belongs to these programmes now: call it before they say otherwise."""
    family = _Family(session)
    below = family.down(family.load(ids))
    around = {member for front in below for member in family.members[front]}
    for part in _chunks(ids):
        around.update(session.execute(select(LEFT_OUT.c.programme_id).where(LEFT_OUT.c.counted_id.in_(part))).scalars())
    note_changed(session, around)


def _settle_noted(session: Session) -> None:
    settle(session, session.info.pop(_KEY, {}))


def settle(session: Session, noted: Mapping[int, bool | None]) -> None:
    """Bring `programme_left_out` up to date for these programmes and their families. None: as it was said before."""
    for start in range(0, len(ids := sorted(noted)), CHUNK):
        _settle(session, {id_: noted[id_] for id_ in ids[start : start + CHUNK]})


@dataclass(frozen=True, slots=True)
class _Record:
    id: int
    lead: int | None
    cluster: int | None
    in_force: bool
    visibility: str
    owner: int | None
    amounts: dict[str, int | None]

    @property
    def front(self) -> int:
        return self.lead or self.id

    def is_open_to_all_of(self, other: "_Record") -> bool:
        """Whether everybody who may see the other may see this one."""
        mine, theirs = LEVELS[self.visibility], LEVELS[other.visibility]
        return mine <= theirs and (self.visibility != "private" or self.owner == other.owner)


@dataclass(slots=True)
class _Family:
    """Records around those that changed; edges lead between leading records."""

    session: Session
    records: dict[int, _Record] = field(default_factory=dict)
    members: defaultdict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    parents: Edges = field(default_factory=dict)
    children: Edges = field(default_factory=dict)

    def load(self, ids: Collection[int]) -> set[int]:
        """Read these records with those that are the same. Returns the leading ones."""
        missing = sorted(set(ids) - self.records.keys())
        for part in _chunks(missing):
            clusters = select(_P.cluster_id).where(_P.id.in_(part), _P.cluster_id.is_not(None))
            found = or_(_P.id.in_(part), _P.cluster_id.in_(clusters.correlate(None)))
            for row in self.session.execute(select(*_COLUMNS).where(found)):
                record = _Record(
                    row.id, row.lead_id, row.cluster_id, row.archived_at is None, row.visibility,
                    row.reporting_organisation_id, {name: getattr(row, f"{name}_usd") for name in MEASURES},
                )  # fmt: skip
                self.records[record.id] = record
                self.members[record.front].add(record.id)
        return {self.records[id_].front for id_ in ids if id_ in self.records}

    def walk(self, fronts: Collection[int], edges: Edges, statements: Sequence[Select[Any]]) -> set[int]:
        """Everything above (or below) these, a generation at a time; read once."""
        reached, frontier = set(fronts), set(fronts)
        for _ in range(DEEPEST):
            unread = frontier - edges.keys()
            members = [member for front in unread for member in self.members[front]]
            pairs: list[tuple[int, int]] = []
            for part in _chunks(members):
                for statement in statements:
                    pairs += [(a, b) for a, b in self.session.execute(statement, {"ids": part})]
            self.load({b for _, b in pairs})
            for front in unread:
                edges[front] = set()
            for a, b in pairs:
                if self.records[a].front != self.records[b].front:
                    edges[self.records[a].front].add(self.records[b].front)
            frontier = {there for front in frontier for there in edges[front]} - reached
            reached |= frontier
            if not frontier:
                break
        return reached

    def up(self, fronts: Collection[int]) -> set[int]:
        return self.walk(fronts, self.parents, _UP)

    def down(self, fronts: Collection[int]) -> set[int]:
        return self.walk(fronts, self.children, _DOWN)

    def states(self, front: int, measure: str) -> bool:
        record = self.records[front]
        return record.in_force and (record.amounts[measure] or 0) > 0


def _settle(session: Session, noted: Mapping[int, bool | None]) -> None:
    family = _Family(session)
    fronts = family.load(noted)
    hidden = {front for front in family.up(fronts) if family.records[front].visibility != "public"}
    affected = family.down(fronts | hidden)
    family.down({front for front in family.up(affected) if family.records[front].visibility != "public"})
    ids = {member for front in affected for member in family.members[front]} | noted.keys()
    stored = _stored(session, ids)
    passed_on = {id_ for id_ in ids if _is_passed_on(noted.get(id_), stored.get(id_, {}))}
    wanted: dict[int, dict[str, tuple[str, int | None]]] = {}
    for front in affected:
        if family.records[front].in_force:
            wanted[front] = _left_out(family, front, passed_on)
    for id_ in passed_on:
        # Behind another record too: it may lead again one day, and a relative does not know what its source says.
        wanted[id_] = dict.fromkeys(MEASURES, (PASSED_ON, None))
    _write(session, ids, stored, wanted)


def _is_passed_on(said: bool | None, stored: Mapping[str, tuple[str, int | None]]) -> bool:
    return said if said is not None else any(reason == PASSED_ON for reason, _ in stored.values())


def _left_out(family: _Family, front: int, passed_on: Collection[int]) -> dict[str, tuple[str, int | None]]:
    record = family.records[front]
    found: dict[str, tuple[str, int | None]] = {}
    for measure in MEASURES:
        if not family.states(front, measure):
            continue
        if (other := _wider_part(family, front, measure)) is not None:
            found[measure] = (PART, other)
            continue
        wholes = sorted(
            above for above in _ancestors(family, front)
            if family.states(above, measure) and above not in passed_on
            and family.records[above].is_open_to_all_of(record)
            and front not in _ancestors(family, above)  # two that each call the other a part are both counted
            and _wider_part(family, above, measure) is None
        )  # fmt: skip
        if wholes:
            # The uppermost: the one above which no other of them stands.
            top = [one for one in wholes if not (_ancestors(family, one) & set(wholes))]
            found[measure] = (PART, (top or wholes)[0])
    return found


def _ancestors(family: _Family, front: int) -> set[int]:
    return _reach(family.parents, front)


def _reach(edges: Edges, front: int) -> set[int]:
    reached: set[int] = set()
    frontier = {front}
    while frontier:
        frontier = {there for one in frontier for there in edges.get(one, ())} - reached
        reached |= frontier
    return reached - {front}


def _wider_part(family: _Family, front: int, measure: str) -> int | None:
    """A part that states the amount and that more people may see than the whole."""
    record = family.records[front]
    if record.visibility == "public":
        return None
    parts = [
        part for part in _reach(family.children, front)
        if family.states(part, measure) and not record.is_open_to_all_of(family.records[part])
        and part not in _ancestors(family, front)
    ]  # fmt: skip
    return min(parts, default=None)


def _stored(session: Session, ids: Collection[int]) -> dict[int, dict[str, tuple[str, int | None]]]:
    found: dict[int, dict[str, tuple[str, int | None]]] = {}
    for part in _chunks(ids):
        for row in session.execute(select(LEFT_OUT).where(LEFT_OUT.c.programme_id.in_(part))):
            found.setdefault(row.programme_id, {})[row.measure] = (row.reason, row.counted_id)
    return found


def _write(
    session: Session,
    ids: Collection[int],
    stored: Mapping[int, Mapping[str, tuple[str, int | None]]],
    wanted: Mapping[int, Mapping[str, tuple[str, int | None]]],
) -> None:
    changed = [id_ for id_ in sorted(ids) if stored.get(id_, {}) != wanted.get(id_, {})]
    for part in _chunks(changed):
        session.execute(delete(LEFT_OUT).where(LEFT_OUT.c.programme_id.in_(part)))
    rows = [
        {"programme_id": id_, "measure": measure, "reason": reason, "counted_id": counted}
        for id_ in changed
        for measure, (reason, counted) in wanted.get(id_, {}).items()
    ]
    if rows:
        session.execute(insert(LEFT_OUT), rows)


def left_out_of(session: Session, programme_id: int) -> list[dict[str, Any]]:
    """The amounts of a programme that no sum takes: `measure`, `reason`, `counted_id` (None: not one programme)."""
    statement = select(LEFT_OUT.c.measure, LEFT_OUT.c.reason, LEFT_OUT.c.counted_id)
    rows = session.execute(statement.where(LEFT_OUT.c.programme_id == programme_id).order_by(LEFT_OUT.c.measure))
    return [dict(row._mapping) for row in rows]


def _chunks(ids: Collection[int]) -> Iterable[list[int]]:
    listed = sorted(ids)
    return (listed[start : start + CHUNK] for start in range(0, len(listed), CHUNK))
