"""What a snapshot holds of the catalogue: organisations, and programmes with their whole document in force."""

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import select
from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue import organisations
from registry.catalogue.listing import COLUMNS, P
from registry.catalogue.models import Organisation, Programme
from registry.catalogue.parties import IDENTIFIER
from registry.catalogue.schemas import programme_row
from registry.catalogue.writing import DOCUMENT, in_force, read_overrides
from registry.events.origin import COLUMNS as ORIGIN
from registry.events.origin import origin_of
from registry.events.snapshot import Record

_O = organisations.O


def read_organisations(session: Session, actor: Actor, after: int, limit: int) -> Sequence[tuple[int, Record]]:
    """Organisations in force with ids above `after`: as the list shows them, with identifiers and description."""
    rows = session.execute(
        select(*organisations.COLUMNS, _O.description)
        .where(_O.id > after, _O.archived_at.is_(None), policy.visible(actor, Organisation))
        .order_by(_O.id)
        .limit(limit)
    ).all()
    identifiers: dict[int, list[str]] = {row.id: [] for row in rows}
    statement = select(IDENTIFIER.c.organisation_id, IDENTIFIER.c.value).order_by(IDENTIFIER.c.id)
    for id_, value in session.execute(statement.where(IDENTIFIER.c.organisation_id.in_(identifiers))):
        identifiers[id_].append(value)
    return [
        (row.id, Record(row.id, row.version, row.updated_at, {**row._mapping, "identifiers": identifiers[row.id]}))
        for row in rows
    ]


def read_for_peers(session: Session, ids: Sequence[int] | None, after: int, limit: int) -> Sequence[tuple[int, Record]]:
    """Public programmes in force with ids above `after` (of `ids`, where given), as one registry hands them to another.

    Each with the document that its origin gave: of another registry's, people's edits here stay here. `origin` says
    which version of it that is; without it the record is this registry's own.
    """
    statement = (
        select(P.id, P.version, P.updated_at, P.visibility, *[P[name] for name in ORIGIN], DOCUMENT.c.document)
        .join(DOCUMENT, DOCUMENT.c.programme_id == P.id)
        .where(P.id > after, P.archived_at.is_(None), P.visibility == "public")
        .order_by(P.id)
        .limit(limit)
    )
    rows = session.execute(statement if ids is None else statement.where(P.id.in_(ids))).all()
    overrides = read_overrides(session, [row.id for row in rows if row.origin_registry is None])
    found = []
    for row in rows:
        document: Any = orjson.Fragment(row.document)
        if row.id in overrides:
            document = in_force(orjson.loads(row.document), [], overrides[row.id])[0]
        origin = origin_of(row)
        data = {"visibility": row.visibility, "document": document} | ({"origin": origin.as_json()} if origin else {})
        found.append((row.id, Record(row.id, row.version, row.updated_at, data)))
    return found


def read_programmes(session: Session, actor: Actor, after: int, limit: int) -> Sequence[tuple[int, Record]]:
    """Programmes in force with ids above `after`: as the list shows them, each with its `document`."""
    rows = session.execute(
        select(*COLUMNS, DOCUMENT.c.document)
        .join(DOCUMENT, DOCUMENT.c.programme_id == P.id)
        .where(P.id > after, P.archived_at.is_(None), policy.visible(actor, Programme))
        .order_by(P.id)
        .limit(limit)
    ).all()
    overrides = read_overrides(session, [row.id for row in rows])
    return [
        (row.id, Record(row.id, row.version, row.updated_at, programme_row(row) | {"document": document}))
        for row in rows
        for document in (
            # Stored as JSON text: taken over as it is wherever nobody's edit lies over it.
            in_force(orjson.loads(row.document), [], overrides[row.id])[0]
            if row.id in overrides
            else orjson.Fragment(row.document),
        )
    ]
