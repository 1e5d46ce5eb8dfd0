"""What a saved search asks for, as conditions on the table of its kind: those of the list it was saved from."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, select
from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.catalogue import listing as catalogue
from registry.catalogue.models import Programme
from registry.matching import listing as matching
from registry.matching.models import Need, Offer

Values = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Searched:
    """One kind of record that can be searched: its table, its list's filters, and what they mean."""

    table: Table
    names: tuple[str, ...]
    """Filters of the list"""
    conditions: Callable[[Actor, str, Values], list[ColumnElement[bool]]]
    """What fits and may be seen. Raises InvalidInput naming a filter that does not fit."""


def _programmes(actor: Actor, q: str, values: Values) -> list[ColumnElement[bool]]:
    return catalogue.conditions(actor, catalogue.Filters(q, values))


def _needs(actor: Actor, q: str, values: Values) -> list[ColumnElement[bool]]:
    return [*matching.need_conditions(actor, matching.Filters.of(q, values)), *_no_drafts(KINDS["need"].table, values)]


def _offers(actor: Actor, q: str, values: Values) -> list[ColumnElement[bool]]:
    found = matching.offer_conditions(actor, matching.Filters.of(q, values))
    return [*found, *_no_drafts(KINDS["offer"].table, values)]


def _no_drafts(table: Table, values: Values) -> list[ColumnElement[bool]]:
    """Owners and coordinators see drafts too, but one is no news before it is published, unless asked for by name."""
    return [] if values.get("status") else [table.c.status != "draft"]


def _table(model: Any) -> Table:
    table: Table = model.__table__
    return table


KINDS: dict[str, Searched] = {
    "programme": Searched(_table(Programme), catalogue.FACETS, _programmes),
    "need": Searched(_table(Need), ("status", "theme", "type", "priority", "region", "state"), _needs),
    "offer": Searched(_table(Offer), ("status", "theme", "type", "region", "state", "organisation"), _offers),
}


def fitting(actor: Actor, kind: str, q: str, values: Values) -> Select[Any]:
    """Ids of the records of this kind that the actor may see and that fit. Raises InvalidInput."""
    searched = KINDS[kind]
    return select(searched.table.c.id).where(*searched.conditions(actor, q, values))


def fitting_of(session: Session, actor: Actor, kind: str, q: str, values: Values, ids: Collection[int]) -> set[int]:
    """Those of these records that fit."""
    return set(session.execute(fitting(actor, kind, q, values).where(KINDS[kind].table.c.id.in_(ids))).scalars())
