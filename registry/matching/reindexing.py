"""The search index of needs and offers made anew from the records: after a restore, as backups hold no index."""

from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from registry.catalogue import search
from registry.matching.needs import NEEDS
from registry.matching.offers import OFFERS

PAGE = 500


def reindex(session: Session) -> None:
    """Index every need and offer."""
    for kind in (NEEDS, OFFERS):
        model: Any = kind.model
        last = 0
        while ids := list(
            session.execute(select(model.id).where(model.id > last).order_by(model.id).limit(PAGE)).scalars()
        ):
            forms = kind.forms(session, ids)
            search.index(session, kind.name, [(id_, *kind.searched(forms[id_])) for id_ in ids])
            last = ids[-1]
