"""How organisations without an identifier are called: their facet's value is a folded name, made to be compared."""

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import func, select
from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue.counting import counted
from registry.catalogue.models import Programme
from registry.catalogue.rows import organisation_key, parties_of
from registry.catalogue.writing import DOCUMENT, FACET, PROGRAMME, in_force, read_overrides


def written_names(session: Session, actor: Actor, keys: Sequence[str]) -> dict[str, str]:
    """Facet value `name:…` → the name as the latest programme that the actor may see writes it."""
    wanted = sorted({key for key in keys if key.startswith("name:")})
    if not wanted:
        return {}
    return counted(session, actor, ("names", tuple(wanted)), lambda: _read(session, actor, wanted))


def _read(session: Session, actor: Actor, keys: Sequence[str]) -> dict[str, str]:
    latest: Any = (
        select(FACET.c.value, func.max(FACET.c.programme_id))
        .join(PROGRAMME, PROGRAMME.c.id == FACET.c.programme_id)
        .where(FACET.c.facet == "organisation", FACET.c.value.in_(keys), policy.visible(actor, Programme))
        .group_by(FACET.c.value)
    )
    ids = sorted({programme_id for _key, programme_id in session.execute(latest)})
    statement = select(DOCUMENT.c.programme_id, DOCUMENT.c.document).where(DOCUMENT.c.programme_id.in_(ids))
    overrides = read_overrides(session, ids)
    found: dict[str, str] = {}
    for programme_id, text in session.execute(statement):
        document, _themes = in_force(orjson.loads(text), [], overrides.get(programme_id))
        found |= {organisation_key(party.name): party.name for party in parties_of(document) if not party.ref}
    return {key: found[key] for key in keys if key in found}
