"""The catalogue's search index made anew from the records: after a restore, as backups hold no index."""

from typing import Any

import orjson
from sqlalchemy import Select, select
from sqlmodel import Session

from registry.catalogue import search
from registry.catalogue.parties import ORGANISATION, index_organisations
from registry.catalogue.rows import derive
from registry.catalogue.writing import DOCUMENT, PROGRAMME, in_force, read_overrides

PAGE = 500


def reindex(session: Session) -> None:
    """Index every organisation and programme in force."""
    organisations = select(ORGANISATION.c.id).where(ORGANISATION.c.archived_at.is_(None))
    last = 0
    while ids := list(session.execute(_page(organisations, ORGANISATION.c.id, last)).scalars()):
        index_organisations(session, ids)
        last = ids[-1]
    columns = [PROGRAMME.c[name] for name in ("id", "themes", "source", "relevance")]
    programmes = (
        select(*columns, DOCUMENT.c.document)
        .join(DOCUMENT, DOCUMENT.c.programme_id == PROGRAMME.c.id)
        .where(PROGRAMME.c.archived_at.is_(None))
    )
    last = 0
    while rows := session.execute(_page(programmes, PROGRAMME.c.id, last)).all():
        overrides = read_overrides(session, [row.id for row in rows])
        texts = []
        for row in rows:
            document, themes = in_force(orjson.loads(row.document), row.themes.split(), overrides.get(row.id))
            derived = derive(document, themes=themes, source=row.source, relevance=row.relevance)
            texts.append((row.id, derived.search_title, derived.search_body))
        search.index(session, "programme", texts)
        last = rows[-1].id


def _page(statement: Select[Any], column: Any, last: int) -> Select[Any]:
    return statement.where(column > last).order_by(column).limit(PAGE)
