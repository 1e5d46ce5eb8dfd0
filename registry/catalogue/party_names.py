"""How organisations without an identifier are called: their facet's value is a folded name, made to be compared."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, func, select
from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue.counting import counted
from registry.catalogue.models import Programme
from registry.catalogue.writing import FACET, PROGRAMME


def written_names(session: Session, actor: Actor, keys: Sequence[str]) -> dict[str, str]:
    """Facet value `name:…` → the name as the latest programme that the actor may see writes it."""
    wanted = sorted({key for key in keys if key.startswith("name:")})
    if not wanted:
        return {}
    return counted(session, actor, ("names", tuple(wanted)), lambda: _read(session, actor, wanted))


def _read(session: Session, actor: Actor, keys: Sequence[str]) -> dict[str, str]:
    organisation = FACET.c.facet == "organisation"
    latest: Any = (
        select(FACET.c.value, func.max(FACET.c.programme_id).label("programme_id"))
        .join(PROGRAMME, PROGRAMME.c.id == FACET.c.programme_id)
        .where(organisation, FACET.c.value.in_(keys), policy.visible(actor, Programme))
        .group_by(FACET.c.value)
        .subquery()
    )
    same = and_(FACET.c.programme_id == latest.c.programme_id, FACET.c.value == latest.c.value)
    statement = select(FACET.c.value, FACET.c.name).join(latest, same).where(organisation, FACET.c.name.is_not(None))
    return dict(session.execute(statement).all())
