"""What screening says of organisations, for the rule of matching. Same organisations stand and fall together."""

from collections.abc import Iterable

from sqlalchemy import Table, func, or_, select
from sqlmodel import Session, col

from registry.catalogue.models import Organisation
from registry.matching.screening.models import ScreeningHit

LISTED, UNDECIDED = "listed", "undecided"
HIT: Table = ScreeningHit.__table__  # type: ignore[attr-defined]
_ORGANISATION: Table = Organisation.__table__  # type: ignore[attr-defined]


def partners(session: Session) -> dict[int, str]:
    """Organisation → `listed` (a person said that it is) or `undecided` (its name is like one; nobody said so yet)."""
    against = or_(col(ScreeningHit.decision).is_(None), col(ScreeningHit.decision).in_(("same", "unsure")))
    rows = session.execute(
        select(HIT.c.organisation_id, HIT.c.decision).where(HIT.c.current, HIT.c.organisation_id.is_not(None), against)
    )
    found: dict[int, str] = {}
    for organisation_id, decision in rows:
        if decision == "same" or found.get(organisation_id) != LISTED:
            found[organisation_id] = LISTED if decision == "same" else UNDECIDED
    if not found:
        return found
    for organisation_id, others in _clusters(session, found).items():
        for other in others:
            if found.get(other) != LISTED:
                found[other] = found[organisation_id]
    return found


def alike_organisations(session: Session, ids: Iterable[int]) -> set[int]:
    """These organisations and all that were judged to be the same as one of them."""
    ids = set(ids)
    return ids.union(*_clusters(session, ids).values()) if ids else ids


def _clusters(session: Session, ids: Iterable[int]) -> dict[int, set[int]]:
    table = _ORGANISATION
    mine = table.alias()
    rows = session.execute(
        select(mine.c.id, table.c.id)
        .join(table, func.coalesce(table.c.cluster_id, table.c.id) == mine.c.cluster_id)
        .where(mine.c.id.in_(list(ids)), mine.c.cluster_id.is_not(None))
    )
    found: dict[int, set[int]] = {}
    for one, other in rows:
        found.setdefault(one, set()).add(other)
    return found
