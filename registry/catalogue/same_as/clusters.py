"""Clusters: records that judgements join count once, behind the one that leads. Kept on the records' own rows.

`settle` is called in the transaction of whatever may change a cluster: a judgement, a rule, an edit, an archiving,
another priority of a source. It reads the judgements around the records given, however large the table is, and writes
rows only where their place changed; each such row gets a new version and an event.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, insert, or_, select, update
from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.catalogue.history import revision_row
from registry.catalogue.left_out import note_changed
from registry.catalogue.models import Organisation, Programme, Revision
from registry.catalogue.parties import IDENTIFIER
from registry.catalogue.same_as import rules
from registry.catalogue.same_as.models import SameAsPair, SourceStanding
from registry.events.origin import COLUMNS as ORIGIN
from registry.events.origin import origin_of
from registry.events.outbox import Change, emit_all

RECORDS: dict[str, Table] = {
    "programme": Programme.__table__,  # type: ignore[attr-defined]
    "organisation": Organisation.__table__,  # type: ignore[attr-defined]
}
PAIR: Table = SameAsPair.__table__  # type: ignore[attr-defined]
STANDING: Table = SourceStanding.__table__  # type: ignore[attr-defined]
CHUNK = 500


def chunks(ids: Iterable[int], size: int = CHUNK) -> Iterator[list[int]]:
    """The ids in order, in pieces that a statement takes."""
    listed = sorted(set(ids))
    for start in range(0, len(listed), size):
        yield listed[start : start + size]


def settle_written(session: Session, kind: str, ids: Collection[int], actor: Actor, now: datetime) -> dict[int, int]:
    """As settle, for records that were just written: does nothing where none of them is in a cluster."""
    table = RECORDS[kind]
    inside: list[int] = []
    for part in chunks(ids):
        statement = select(table.c.id).where(table.c.id.in_(part), table.c.cluster_id.is_not(None))
        inside += session.execute(statement).scalars()
    return settle(session, kind, inside, actor, now) if inside else {}


def settle(session: Session, kind: str, ids: Collection[int], actor: Actor, now: datetime) -> dict[int, int]:
    """Make the clusters around these records what the judgements say. Returns changed rows: id → new version."""
    records, edges = _around(session, kind, ids)
    found = rules.groups(
        [edge.pair for edge in edges if edge.verdict == "same" and edge.by_person],
        [edge.pair for edge in edges if edge.verdict == "same" and not edge.by_person],
        [edge.pair for edge in edges if edge.verdict == "different"],
    )
    _flag(session, edges, found.contradictions)
    rows = _rows(session, kind, records)
    members = _members(session, kind, rows)
    places: dict[int, rules.Place] = {}
    for group in found.members:
        places |= rules.places([members[record] for record in group if record in members])
    changed = [
        (row, place) for row in rows.values()
        if (place := places.get(row.id, rules.ALONE)) != rules.Place(row.cluster_id, row.lead_id, row.sources)
    ]  # fmt: skip
    return _write(session, kind, changed, actor, now)


def settle_sources(session: Session, sources: Sequence[str], actor: Actor, now: datetime) -> None:
    """Choose anew which record leads, in every cluster that a record of these sources stands in."""
    table = RECORDS["programme"]
    statement = select(table.c.id).where(table.c.cluster_id.is_not(None), table.c.source.in_(sources))
    for part in chunks(session.execute(statement).scalars().all()):
        settle(session, "programme", part, actor, now)


def set_standing(
    session: Session, source: str, organisation_id: int | None, priority: int | None, actor: Actor, now: datetime
) -> None:
    """Note whose own source this is and how much it counts (1 to 99; None: the rule), and settle what follows."""
    before = session.get(SourceStanding, source)
    if before is None:
        if organisation_id is None and priority is None:
            return
        session.add(SourceStanding(source=source, organisation_id=organisation_id, priority=priority))
    elif (before.organisation_id, before.priority) == (organisation_id, priority):
        return
    else:
        before.organisation_id, before.priority = organisation_id, priority
        session.add(before)
    session.flush()
    settle_sources(session, [source], actor, now)


def standings(session: Session) -> dict[str, tuple[int | None, int | None]]:
    """Source → (organisation whose own it is, priority set); sources that are not in it are anybody's."""
    rows = session.execute(select(STANDING.c.source, STANDING.c.organisation_id, STANDING.c.priority))
    return {source: (organisation, priority) for source, organisation, priority in rows}


def members_of(session: Session, kind: str, record_id: int) -> list[int]:
    """The record and those that are the same, archived ones too, by id."""
    table = RECORDS[kind]
    cluster = select(table.c.cluster_id).where(table.c.id == record_id).scalar_subquery()
    found = list(
        session.execute(select(table.c.id).where(table.c.cluster_id == cluster).order_by(table.c.id)).scalars()
    )
    return found or [record_id]


@dataclass(frozen=True, slots=True)
class _Edge:
    id: int
    pair: rules.Pair
    verdict: str
    by_person: bool
    contradicted: bool


def _around(session: Session, kind: str, ids: Collection[int]) -> tuple[set[int], list[_Edge]]:
    """Everything that judgements of `same` connect with these records, and the judgements among it."""
    table = RECORDS[kind]
    frontier = set(ids)
    for part in chunks(ids):
        clusters = select(table.c.cluster_id).where(table.c.id.in_(part), table.c.cluster_id.is_not(None))
        frontier.update(session.execute(select(table.c.id).where(table.c.cluster_id.in_(clusters))).scalars())
    records: set[int] = set()
    edges: dict[int, _Edge] = {}
    while frontier:
        records |= frontier
        touched = _edges(session, kind, frontier)
        edges |= {edge.id: edge for edge in touched}
        frontier = {record for edge in touched if edge.verdict == "same" for record in edge.pair} - records
    return records, [edge for edge in edges.values() if records.issuperset(edge.pair)]


def _edges(session: Session, kind: str, records: Collection[int]) -> list[_Edge]:
    found = []
    columns = [PAIR.c[name] for name in ("id", "first_id", "second_id", "verdict", "decided_by", "contradicted")]
    for part in chunks(records):
        statement = select(*columns).where(
            PAIR.c.kind == kind,
            or_(PAIR.c.verdict.in_(("same", "different")), PAIR.c.contradicted),
            or_(PAIR.c.first_id.in_(part), PAIR.c.second_id.in_(part)),
        )
        found += [
            _Edge(row.id, (row.first_id, row.second_id), row.verdict, row.decided_by == "person", row.contradicted)
            for row in session.execute(statement)
        ]
    return found


def _flag(session: Session, edges: Sequence[_Edge], contradictions: Sequence[rules.Contradiction]) -> None:
    inside = {record: number for number, found in enumerate(contradictions) for record in found.records}
    changed = []
    for edge in edges:
        a, b = (inside.get(record) for record in edge.pair)
        contradicted = a is not None and a == b
        if contradicted != edge.contradicted:
            changed.append({"the_id": edge.id, "contradicted": contradicted})
    if changed:
        session.execute(_FLAG, changed)


_FLAG = update(PAIR).where(PAIR.c.id == bindparam("the_id"))


def _rows(session: Session, kind: str, records: Collection[int]) -> dict[int, Any]:
    """The records' rows, locked in the order that all writers take."""
    names = ["id", "version", "archived_at", "source", "cluster_id", "lead_id", "sources"]
    of_programmes = ["visibility", "by_reporter", "reporting_organisation_id", "title", "iati_identifier", *ORIGIN]
    names += of_programmes if kind == "programme" else ["name"]
    table = RECORDS[kind]
    found: dict[int, Any] = {}
    for part in chunks(records):
        statement = select(*[table.c[name] for name in names]).where(table.c.id.in_(part)).order_by(table.c.id)
        found |= {row.id: row for row in session.execute(statement.with_for_update())}
    return found


def _members(session: Session, kind: str, rows: Mapping[int, Any]) -> dict[int, rules.Member]:
    if kind == "organisation":
        identified: set[int] = set()
        for part in chunks(rows):
            statement = select(IDENTIFIER.c.organisation_id).where(IDENTIFIER.c.organisation_id.in_(part))
            identified.update(session.execute(statement).scalars())
        own, other = rules.OWN_FEED, rules.OTHER_FEED
        return {
            id_: rules.Member(id_, row.archived_at is None, own if id_ in identified else other)
            for id_, row in rows.items()
        }
    known = standings(session)
    return {
        id_: rules.Member(
            id_, row.archived_at is None,
            rules.standing(row.source, row.reporting_organisation_id, known, row.by_reporter),
            row.visibility, row.reporting_organisation_id,
        )
        for id_, row in rows.items()
    }  # fmt: skip


def _write(
    session: Session, kind: str, changed: Sequence[tuple[Any, rules.Place]], actor: Actor, now: datetime
) -> dict[int, int]:
    """Write places. What is archived changes silently: nothing shows its place, and its tombstone is its last event."""
    if not changed:
        return {}
    versions = {row.id: row.version + (row.archived_at is None) for row, _ in changed}
    table = RECORDS[kind]
    session.execute(
        update(table).where(table.c.id == bindparam("the_id")),
        [
            {"the_id": row.id, "version": versions[row.id], "cluster_id": place.cluster, "lead_id": place.lead,
             "sources": place.sources}
            for row, place in changed
        ],
    )  # fmt: skip
    if kind == "programme":
        note_changed(session, versions)
    shown = [(row, place) for row, place in changed if row.archived_at is None]
    if shown:
        revisions = [
            revision_row(actor, kind, row.id, versions[row.id], _changes(row, place), now) for row, place in shown
        ]
        session.execute(insert(Revision.__table__), revisions)  # type: ignore[attr-defined]
        emit_all(session, [_event(kind, row, place, versions[row.id]) for row, place in shown], at=now)
    session.expire_all()
    return {row.id: versions[row.id] for row, _ in shown}


def _changes(row: Any, place: rules.Place) -> dict[str, list[Any]]:
    after = {"lead_id": place.lead, "sources": place.sources, "cluster_id": place.cluster}
    return {name: [getattr(row, name), value] for name, value in after.items() if getattr(row, name) != value}


def _event(kind: str, row: Any, place: rules.Place, version: int) -> Change:
    what = "joined" if place.cluster is not None else "separated"
    data: dict[str, Any] = {"leading": place.lead or row.id, "sources": place.sources}
    if kind == "organisation":
        return Change(f"organisation.{what}", kind, row.id, version, {"name": row.name, **data})
    named = {"title": row.title, "iati_identifier": row.iati_identifier}
    return Change(
        f"programme.{what}", kind, row.id, version, named | data, row.visibility,
        organisation_id=row.reporting_organisation_id, origin=origin_of(row),
    )  # fmt: skip
