"""From records in the database to their profiles and keys, stored so that comparing reads nothing else."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import orjson
from sqlalchemy import Table, and_, bindparam, delete, func, insert, or_, select, update
from sqlmodel import Session

from registry.catalogue.parties import IDENTIFIER
from registry.catalogue.same_as.blocking import keys
from registry.catalogue.same_as.clusters import RECORDS, chunks
from registry.catalogue.same_as.models import SameAsKey, SameAsProfile
from registry.catalogue.same_as.profiles import Profile, organisation_profile, programme_profile
from registry.catalogue.writing import DOCUMENT, in_force, read_overrides
from registry.json_text import dumps

PROFILE: Table = SameAsProfile.__table__  # type: ignore[attr-defined]
KEY: Table = SameAsKey.__table__  # type: ignore[attr-defined]
READING = "2"
"""Of profiles and keys as they are made now: another number has all of them made anew."""


@dataclass(frozen=True, slots=True)
class Current:
    """A record in force as its likeness is judged: `text` is the stored form of the profile."""

    version: int
    profile: Profile
    text: str


def read_records(session: Session, kind: str, ids: Collection[int]) -> dict[int, Current]:
    """The records of these that are in force, read anew."""
    read = _read_programmes if kind == "programme" else _read_organisations
    found: dict[int, Current] = {}
    for part in chunks(ids):
        found |= read(session, part)
    return found


def _read_programmes(session: Session, ids: list[int]) -> dict[int, Current]:
    table = RECORDS["programme"]
    names = ("id", "version", "title", "iati_identifier", "derived_identifier", "source", "countries", "themes",
             "reporting_organisation_id",
             "start_date", "end_date", "budget_usd", "commitment_usd")  # fmt: skip
    statement = (
        select(*[table.c[name] for name in names], DOCUMENT.c.document)
        .outerjoin(DOCUMENT, DOCUMENT.c.programme_id == table.c.id)
        .where(table.c.id.in_(ids), table.c.archived_at.is_(None))
    )
    overrides = read_overrides(session, ids)
    found = {}
    for row in session.execute(statement):
        document, _themes = in_force(orjson.loads(row.document or "{}"), [], overrides.get(row.id))
        found[row.id] = _current(row.version, programme_profile(row._asdict(), document))
    return found


def _read_organisations(session: Session, ids: list[int]) -> dict[int, Current]:
    table = RECORDS["organisation"]
    identifiers: dict[int, list[str]] = {}
    of_these = select(IDENTIFIER.c.organisation_id, IDENTIFIER.c.value).where(IDENTIFIER.c.organisation_id.in_(ids))
    for id_, value in session.execute(of_these):
        identifiers.setdefault(id_, []).append(value)
    columns = [table.c[name] for name in ("id", "version", "name", "names", "acronym", "kind", "state", "website")]
    statement = select(*columns).where(table.c.id.in_(ids), table.c.archived_at.is_(None))
    return {
        row.id: _current(row.version, organisation_profile(row._asdict(), identifiers.get(row.id, ())))
        for row in session.execute(statement)
    }


def _current(version: int, profile: Profile) -> Current:
    return Current(version, profile, dumps(profile))


@dataclass(frozen=True, slots=True)
class Stored:
    """A profile as it is stored."""

    version: int
    reading: str
    text: str


def stored_profiles(session: Session, kind: str, ids: Collection[int]) -> dict[int, Stored]:
    """Record id → profile as stored."""
    found: dict[int, Stored] = {}
    for part in chunks(ids):
        statement = select(PROFILE.c.record_id, PROFILE.c.version, PROFILE.c.reading, PROFILE.c.data)
        rows = session.execute(statement.where(PROFILE.c.kind == kind, PROFILE.c.record_id.in_(part)))
        found |= {id_: Stored(*rest) for id_, *rest in rows}
    return found


def stale(session: Session, kind: str, limit: int, after: int = 0) -> list[int]:
    """At most `limit` records above an id whose profile is missing, of another version, or of an archived one."""
    table = RECORDS[kind]
    joined = table.outerjoin(PROFILE, and_(PROFILE.c.kind == kind, PROFILE.c.record_id == table.c.id))
    behind = or_(
        PROFILE.c.record_id.is_(None), PROFILE.c.version != table.c.version, PROFILE.c.reading != READING
    )  # fmt: skip
    wanted = or_(
        and_(table.c.archived_at.is_(None), behind),
        and_(table.c.archived_at.is_not(None), PROFILE.c.record_id.is_not(None)),
    )
    wanted = and_(table.c.id > after, wanted)
    return list(
        session.execute(
            select(table.c.id).select_from(joined).where(wanted).order_by(table.c.id).limit(limit)
        ).scalars()
    )


def count_records(session: Session, kind: str) -> int:
    """How many records of a kind are in force."""
    table = RECORDS[kind]
    return session.execute(
        select(func.count()).select_from(table).where(table.c.archived_at.is_(None))
    ).scalar_one()  # fmt: skip


def note_versions(session: Session, kind: str, versions: Mapping[int, int]) -> None:
    """Note that profiles are those of these versions too: what changed says nothing about likeness."""
    if versions:
        session.execute(_NOTE, [{"the_kind": kind, "the_id": i, "version": v} for i, v in versions.items()])


_NOTE = (
    update(PROFILE)
    .where(PROFILE.c.kind == bindparam("the_kind"), PROFILE.c.record_id == bindparam("the_id"))
    .values(version=bindparam("version"))
)


def stored_keys(session: Session, kind: str, ids: Collection[int]) -> dict[int, set[tuple[int, int]]]:
    """Record id → its (role, key) as stored."""
    found: dict[int, set[tuple[int, int]]] = {id_: set() for id_ in ids}
    for part in chunks(ids):
        statement = select(KEY.c.record_id, KEY.c.role, KEY.c.value)
        for id_, role, value in session.execute(statement.where(KEY.c.kind == kind, KEY.c.record_id.in_(part))):
            found[id_].add((role, value))
    return found


def store(session: Session, kind: str, records: Mapping[int, Current], gone: Iterable[int]) -> None:
    """Put these profiles and keys in the place of what was stored of the records, and forget those that are gone."""
    for part in chunks([*records, *gone]):
        session.execute(delete(PROFILE).where(PROFILE.c.kind == kind, PROFILE.c.record_id.in_(part)))
        session.execute(delete(KEY).where(KEY.c.kind == kind, KEY.c.record_id.in_(part)))
    profiles = [
        {"kind": kind, "record_id": id_, "version": record.version, "reading": READING, "data": record.text}
        for id_, record in records.items()
    ]
    found = [
        {"kind": kind, "record_id": id_, "role": role, "value": value}
        for id_, record in records.items()
        for role, value in sorted(keys(kind, record.profile))
    ]
    if profiles:
        session.execute(insert(PROFILE), profiles)
    if found:
        session.execute(insert(KEY), found)
