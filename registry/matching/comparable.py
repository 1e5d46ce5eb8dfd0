"""What comparable programmes cost: those of the same themes that the reader may see, as near as there are enough of."""

import math
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Table, exists, select
from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue.models import Programme, ProgrammeFacet
from registry.catalogue.reference import areas

ENOUGH = 5
"""Programmes that make quartiles worth showing; fewer are listed only"""
SHOWN = 5
MOST = 2000
"""The latest that are looked at"""
P: Table = Programme.__table__  # type: ignore[attr-defined]
FACET: Table = ProgrammeFacet.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Comparable:
    """Budgets in US cents. `scope`: `state`, `region` or `world`: how far one had to look for ENOUGH of them."""

    scope: str
    count: int
    lower: int | None
    median: int | None
    upper: int | None
    programmes: tuple[tuple[int, str, int], ...]
    """(id, title, budget in US cents), nearest to the median first"""


def comparable(session: Session, actor: Actor, state: str, themes: Collection[str]) -> Comparable | None:
    """Programmes with any of the themes and a known budget: in the State, else its region, else anywhere."""
    if not themes:
        return None
    region = areas()[state].region if state in areas() else None
    scope, found = "world", list[tuple[int, str, int]]()
    for how_far, facet, value in (("state", "country", state), ("region", "region", region), ("world", "", "")):
        if value is not None and len(found) < ENOUGH:
            scope, found = how_far, _programmes(session, actor, themes, facet, value)
    if not found:
        return None
    budgets = sorted(budget for _, _, budget in found)
    enough = len(budgets) >= ENOUGH
    lower, median, upper = (quantile(budgets, share) for share in (0.25, 0.5, 0.75))
    nearest = sorted(found, key=lambda row: (abs(row[2] - median), row[0]))[:SHOWN]
    return Comparable(
        scope,
        len(found),
        lower if enough else None,
        median if enough else None,
        upper if enough else None,
        tuple(nearest),
    )


def _programmes(
    session: Session, actor: Actor, themes: Collection[str], facet: str, value: str
) -> list[tuple[int, str, int]]:
    def has(name: str, values: Collection[str]) -> ColumnElement[bool]:
        return exists().where(FACET.c.programme_id == P.c.id, FACET.c.facet == name, FACET.c.value.in_(values))

    conditions: list[ColumnElement[bool]] = [
        policy.visible(actor, Programme),
        P.c.archived_at.is_(None),
        P.c.lead_id.is_(None),  # records that are the same count once
        P.c.budget_usd > 0,
        has("theme", themes),
    ]
    if facet:
        conditions.append(has(facet, [value]))
    rows = session.execute(
        select(P.c.id, P.c.title, P.c.budget_usd).where(*conditions).order_by(P.c.id.desc()).limit(MOST)
    )
    return [(row.id, row.title, row.budget_usd) for row in rows]


def quantile(ordered: list[int], share: float) -> int:
    """The value at a share of the way through sorted values, between two of them in proportion; rounded down."""
    at = share * (len(ordered) - 1)
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return math.floor(ordered[low] + (ordered[high] - ordered[low]) * (at - low))
