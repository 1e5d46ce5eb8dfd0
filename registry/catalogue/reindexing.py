"""What the catalogue derives from stored documents, made anew: the search index after a restore, as backups hold none;
the rows that sums are made from in a database that comes from a version without them."""

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import Row, Select, bindparam, select, update
from sqlmodel import Session

from registry.bulk import insert_tuples
from registry.catalogue import search
from registry.catalogue.left_out import settle
from registry.catalogue.parties import IDENTIFIER, ORGANISATION, index_organisations
from registry.catalogue.rows import Derived, derive, organisation_key
from registry.catalogue.writing import (
    DOCUMENT,
    FACET,
    FLOW,
    FLOW_COLUMNS,
    KIN,
    KIN_COLUMNS,
    PROGRAMME,
    flow_values,
    in_force,
    read_overrides,
)

PAGE = 500


def reindex(session: Session) -> None:
    """Index every organisation and programme in force."""
    organisations = select(ORGANISATION.c.id).where(ORGANISATION.c.archived_at.is_(None))
    last = 0
    while ids := list(session.execute(_page(organisations, ORGANISATION.c.id, last)).scalars()):
        index_organisations(session, ids)
        last = ids[-1]
    last = 0
    while rows := session.execute(_page(_DOCUMENTS, PROGRAMME.c.id, last)).all():
        texts = [(id_, item.search_title, item.search_body) for id_, item in _derive(session, rows).items()]
        search.index(session, "programme", texts)
        last = rows[-1].id


_DOCUMENTS = (
    select(*[PROGRAMME.c[name] for name in ("id", "themes", "source", "relevance")], DOCUMENT.c.document)
    .join(DOCUMENT, DOCUMENT.c.programme_id == PROGRAMME.c.id)
    .where(PROGRAMME.c.archived_at.is_(None))
)


def _derive(session: Session, rows: Sequence[Row[Any]]) -> dict[int, Derived]:
    """Programme id → what its document in force says."""
    overrides = read_overrides(session, [row.id for row in rows])
    found = {}
    for row in rows:
        document, themes = in_force(orjson.loads(row.document), row.themes.split(), overrides.get(row.id))
        found[row.id] = derive(document, themes=themes, source=row.source, relevance=row.relevance)
    return found


def refill_money(session: Session) -> None:
    """Write the rows that sums are made from (flows, kin, left out) of every programme in force, into empty tables."""
    last = 0
    while rows := session.execute(_page(_DOCUMENTS, PROGRAMME.c.id, last)).all():
        derived = _derive(session, rows)
        refs = {donor for item in derived.values() for donor, *_ in item.flows}
        statement = select(IDENTIFIER.c.value, IDENTIFIER.c.organisation_id).where(IDENTIFIER.c.value.in_(sorted(refs)))
        organisations: dict[str, int] = dict(session.execute(statement).all())
        flows, kin = [], []
        for programme_id, item in derived.items():
            flows += flow_values(programme_id, item, organisations)
            kin += [(programme_id, *relative) for relative in item.kin]
        insert_tuples(session, FLOW, FLOW_COLUMNS, flows)
        insert_tuples(session, KIN, KIN_COLUMNS, kin)
        settle(session, {programme_id: item.passes_on for programme_id, item in derived.items()})
        last = rows[-1].id


def refill_names(session: Session) -> None:
    """Write how programmes in force call the organisations that have no identifier, where it is not kept yet."""
    last = 0
    while rows := session.execute(_page(_DOCUMENTS, PROGRAMME.c.id, last)).all():
        names = [
            {"the_id": programme_id, "key": organisation_key(party.name), "written": party.name}
            for programme_id, item in _derive(session, rows).items()
            for party in item.parties
            if not party.ref
        ]
        if names:
            session.execute(_NAME, names)
        last = rows[-1].id


_NAME = (
    update(FACET)
    .where(
        FACET.c.programme_id == bindparam("the_id"),
        FACET.c.facet == "organisation",
        FACET.c.value == bindparam("key"),
    )
    .values(name=bindparam("written"))
)


def _page(statement: Select[Any], column: Any, last: int) -> Select[Any]:
    return statement.where(column > last).order_by(column).limit(PAGE)
