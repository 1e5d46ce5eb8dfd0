"""What counts need where records are the same: sources behind a leading record, organisations under several ids."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, String, Table, cast, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue.models import Organisation, Programme
from registry.catalogue.writing import FACET, PROGRAMME

P = PROGRAMME.c
ORGANISATION: Table = Organisation.__table__  # type: ignore[attr-defined]
O = ORGANISATION.c  # noqa: E741
Counts = dict[str, int]


def leading(actor: Actor, records: Select[Any]) -> Select[Any]:
    """Ids of programmes that stand for those of the records that stand behind another, as far as the actor sees."""
    behind = select(P.lead_id).where(P.lead_id.is_not(None), P.archived_at.is_(None), policy.visible(actor, Programme))
    # A list of programmes within a list of programmes: this one is not the outer one's row.
    return behind.where(P.id.in_(records)).correlate(None)


def sources_behind(session: Session, actor: Actor, counted: Select[Any] | None) -> Counts:
    """Source → programmes it brings behind a leading record of other sources. `counted`: leading ids; None: all."""
    own: Any = aliased(FACET)
    lead_has_it = select(own.c.value).where(
        own.c.programme_id == P.lead_id, own.c.facet == "source", own.c.value == FACET.c.value
    )
    statement = (
        select(FACET.c.value, func.count(P.lead_id.distinct()))
        .join(PROGRAMME, FACET.c.programme_id == P.id)
        .where(FACET.c.facet == "source", P.lead_id.is_not(None), P.archived_at.is_(None))
        .where(policy.visible(actor, Programme), ~lead_has_it.exists())
    )
    if counted is not None:
        statement = statement.where(P.lead_id.in_(counted.correlate(None)))
    return dict(session.execute(statement.group_by(FACET.c.value)).all())


def same_organisations(values: Sequence[str]) -> Select[Any]:
    """Facet values of the organisations that are the same as one of these."""
    ids = [int(value) for value in values if value.isdecimal() and len(value) < 19]
    clusters = select(O.cluster_id).where(O.id.in_(ids), O.cluster_id.is_not(None)).correlate(None)
    return select(cast(O.id, String)).where(O.cluster_id.in_(clusters))


def organisations_once(session: Session, counted: ColumnElement[bool], most: int, chosen: Sequence[str]) -> Counts:
    """Facet value → programmes, of the `most` frequent organisations and those chosen.

    Organisations that are the same count under the leading one, each programme once. `counted`: which programmes, as a
    condition on facet rows.
    """
    behind = aliased(ORGANISATION)
    leads = select(behind.c.lead_id).where(behind.c.lead_id.is_not(None)).correlate(None)
    groups = (
        select(cast(O.id, String).label("value"), cast(func.coalesce(O.lead_id, O.id), String).label("lead"))
        .where(or_(O.lead_id.is_not(None), O.id.in_(leads)))
        .subquery()
    )
    asked = (FACET.c.facet == "organisation", counted)
    number = func.count().label("number")
    alone = select(FACET.c.value, number).where(*asked, FACET.c.value.not_in(select(groups.c.value)))
    distinct = func.count(FACET.c.programme_id.distinct()).label("number")
    together = select(groups.c.lead, distinct).join(FACET, FACET.c.value == groups.c.value).where(*asked)
    found: Counts = {}
    for statement, value in ((alone, FACET.c.value), (together, groups.c.lead)):
        by_value: Select[Any] = statement.group_by(value)
        last = by_value.selected_columns[1]
        found |= dict(session.execute(by_value.order_by(last.desc(), value).limit(most)).all())
        if chosen:
            found |= dict(session.execute(by_value.where(value.in_(chosen))).all())
    return found
