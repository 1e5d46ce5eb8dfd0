"""Where each field of a programme comes from, and what other sources say of it: records that are the same, and the
source's own value beneath a person's.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select
from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue.models import Programme
from registry.catalogue.programmes import get_programme
from registry.catalogue.same_as import rules
from registry.catalogue.same_as.clusters import standings
from registry.catalogue.writing import DOCUMENT, OVERRIDE, PROGRAMME

IDENTIFYING = frozenset({"iati_identifier", "derived_identifier", "last_updated", "language"})
"""Fields that say which record it is, not what the programme is: sources need not agree on them."""


@dataclass(frozen=True, slots=True)
class Said:
    """A value as one source says it. `priority`: what rules.py makes of the source; a person's edit counts most."""

    value: Any
    programme_id: int
    source: str
    at: datetime
    priority: int
    user_id: int | None = None
    edit: bool = False
    """A person's value over the source's own"""


@dataclass(frozen=True, slots=True)
class FieldSources:
    """A field: the value in force, who else says the same (`agreeing`), what others say instead."""

    name: str
    in_force: Said | None
    """None: this record does not say"""
    agreeing: list[Said] = field(default_factory=list)
    others: list[Said] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Record:
    """A record of the same programme."""

    id: int
    title: str
    title_language: str
    iati_identifier: str
    source: str
    priority: int
    leading: bool
    read_at: datetime


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything that is said of a programme, by whom and when. `leading`: the record that lists show."""

    leading: int
    records: list[Record]
    fields: list[FieldSources]


def sources_of(session: Session, actor: Actor, programme_id: int) -> Sources:
    """The sources of a programme, the record asked for first. Raises NotFound where there is none the actor may see.

    Whose edit a value is, is told to who may edit the programme.
    """
    programme, _document, _provenance = get_programme(session, actor, programme_id)
    ids = [programme_id]
    if programme.cluster_id is not None and programme.archived_at is None:
        table: Any = Programme
        same = select(table.id).where(
            table.cluster_id == programme.cluster_id, table.archived_at.is_(None), policy.visible(actor, Programme)
        )
        ids += [id_ for id_ in session.execute(same.order_by(table.id)).scalars() if id_ != programme_id]
    leading = programme.lead_id or programme_id
    records, said = _read(session, actor, ids, leading)
    records.sort(key=lambda record: (record.id != programme_id, -record.priority, record.id))
    own = said[programme_id]
    names = dict.fromkeys([*own, *(name for id_ in ids[1:] for name in said[id_])])
    fields = [
        _field(name, own.get(name, []), [said[r.id].get(name, []) for r in records[1:]]) for name in sorted(names)
    ]
    return Sources(leading, records, fields)


def _field(name: str, own: list[Said], others: list[list[Said]]) -> FieldSources:
    in_force = own[0] if own else None
    found = FieldSources(name, in_force)
    for said in (*own[1:], *(said for values in others for said in values)):
        if name in IDENTIFYING and said.programme_id != (in_force or said).programme_id:
            continue
        agrees = in_force is not None and said.value == in_force.value
        (found.agreeing if agrees else found.others).append(said)
    return found


def _read(
    session: Session, actor: Actor, ids: list[int], leading: int
) -> tuple[list[Record], dict[int, dict[str, list[Said]]]]:
    """(records, record → field → what is said: the value in force first, then the source's own beneath it)."""
    known = standings(session)
    names = ("id", "title", "title_language", "iati_identifier", "source", "themes", "reporting_organisation_id",
             "by_reporter")  # fmt: skip
    statement = select(*[PROGRAMME.c[name] for name in names], DOCUMENT.c.document, DOCUMENT.c.read_at)
    rows = session.execute(
        statement.join(DOCUMENT, DOCUMENT.c.programme_id == PROGRAMME.c.id).where(PROGRAMME.c.id.in_(ids))
    ).all()
    records, said = [], {}
    for row in rows:
        priority = rules.standing(row.source, row.reporting_organisation_id, known, row.by_reporter)
        records.append(
            Record(row.id, row.title, row.title_language, row.iati_identifier, row.source, priority,
                   row.id == leading, row.read_at)
        )  # fmt: skip
        values = {**orjson.loads(row.document), "themes": row.themes.split()}
        said[row.id] = {
            name: [Said(value, row.id, row.source, row.read_at, priority)] for name, value in values.items()
        }
    owners = {row.id: row for row in rows}
    edits = select(OVERRIDE).where(OVERRIDE.c.programme_id.in_(ids))
    for edit in session.execute(edits):
        named = policy.can(actor, "programme.update", owners[edit.programme_id])
        value = Said(
            orjson.loads(edit.value), edit.programme_id, "person", edit.at, rules.PERSON,
            edit.user_id if named else None, True,
        )  # fmt: skip
        beneath = said[edit.programme_id].get(edit.field, [])
        # The row keeps the themes in force only: what the classification said beneath them is not known.
        said[edit.programme_id][edit.field] = [value, *(beneath if edit.field != "themes" else [])]
    return records, said


def sources_view(session: Session, actor: Actor, programme_id: int) -> dict[str, Any]:
    """As JSON values, for the API."""
    found = sources_of(session, actor, programme_id)
    return {
        "leading": found.leading,
        "records": [_plain(record) for record in found.records],
        "fields": {
            each.name: {
                "in_force": _plain(each.in_force) if each.in_force else None,
                "agreeing": [_plain(said) for said in each.agreeing],
                "others": [_plain(said) for said in each.others],
            }
            for each in found.fields
        },
    }


def _plain(value: Said | Record) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__slots__}
