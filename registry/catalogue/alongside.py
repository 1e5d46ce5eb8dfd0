"""Who else works on this theme here: programmes in the same States, on the same themes, at the same time.

A coincidence is no proof that work is done twice; it says whom to talk to. Programmes without dates count as any time.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select
from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue.counting import counted
from registry.catalogue.listing import COLUMNS, Filters, P, conditions
from registry.catalogue.models import Programme
from registry.catalogue.reference import places

WORLD = "001"


@dataclass(frozen=True, slots=True)
class Scope:
    """Where (alpha-3 or M49; none: anywhere), on what, and when (ISO dates; None: not known)."""

    places: Collection[str]
    themes: Collection[str]
    start: str | None = None
    end: str | None = None


@dataclass(frozen=True, slots=True)
class Alongside:
    """The first of `total` programmes, those that end last first."""

    rows: list[Any]
    total: int


def working_alongside(
    session: Session, actor: Actor, scope: Scope, *, besides: int | None = None, limit: int = 10
) -> Alongside:
    """Programmes that the actor may see in this scope, but for one (`besides`); of no theme there are none."""
    if not scope.themes:
        return Alongside([], 0)
    values = {"theme": sorted(scope.themes), "country": sorted(_states(scope.places))}
    if scope.places and not values["country"]:
        return Alongside([], 0)
    where = conditions(actor, Filters(values=values))
    if scope.start:
        where.append(or_(P.end_date.is_(None), P.end_date >= scope.start))
    if scope.end:
        where.append(or_(P.start_date.is_(None), P.start_date <= scope.end))
    if besides is not None:
        where.append(P.id != besides)
    newest = (P.end_date.is_(None), P.end_date.desc(), P.id)

    def find() -> list[Any]:
        # One look at what fits gives both: the window counts before the limit cuts.
        first = select(P.id, func.count().over()).where(*where).order_by(*newest).limit(limit)
        found = session.execute(first).all()
        return [[row[0] for row in found], found[0][1] if found else 0]

    key = ("alongside", *[tuple(values[name]) for name in values], scope.start, scope.end, besides, limit)
    ids, total = counted(session, actor, key, find)
    # Kept or not: what is shown is read now, by somebody who may see it.
    shown = (P.id.in_(ids), P.archived_at.is_(None), policy.visible(actor, Programme))
    return Alongside(list(session.execute(select(*COLUMNS).where(*shown).order_by(*newest))), total)


def _states(codes: Collection[str]) -> set[str]:
    """States of a list of States and regions; the whole world is no narrowing."""
    known = places()
    if WORLD in codes:
        return set()
    return {state for code in codes for state in (known[code].members if code in known else (code,))}
