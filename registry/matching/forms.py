"""Stored needs and offers as the forms that they came in by: what a change starts from, what history compares.

`forms` of many records take a fixed number of queries. Values are JSON values, in the shape of schemas.py.
"""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import Table, select
from sqlmodel import Session

from registry.matching.models import (
    Need,
    NeedLine,
    NeedRequirement,
    NeedTheme,
    Offer,
    OfferPlace,
    OfferTheme,
    OfferType,
)
from registry.matching.schemas import NeedForm, OfferForm

NEED: Table = Need.__table__  # type: ignore[attr-defined]
LINE: Table = NeedLine.__table__  # type: ignore[attr-defined]
REQUIREMENT: Table = NeedRequirement.__table__  # type: ignore[attr-defined]
NEED_THEME: Table = NeedTheme.__table__  # type: ignore[attr-defined]
OFFER: Table = Offer.__table__  # type: ignore[attr-defined]
OFFER_THEME: Table = OfferTheme.__table__  # type: ignore[attr-defined]
OFFER_TYPE: Table = OfferType.__table__  # type: ignore[attr-defined]
OFFER_PLACE: Table = OfferPlace.__table__  # type: ignore[attr-defined]

Form = dict[str, Any]
_NEED_SCHEMA, _OFFER_SCHEMA = NeedForm(), OfferForm()


def dump_need(data: dict[str, Any]) -> Form:
    """A loaded need as JSON values."""
    form: Form = _NEED_SCHEMA.dump(data)
    return form


def dump_offer(data: dict[str, Any]) -> Form:
    """A loaded offer as JSON values; its organisation by id only."""
    form: Form = _OFFER_SCHEMA.dump(data)
    form.pop("organisation", None)
    return form


def need_forms(session: Session, ids: Collection[int]) -> dict[int, Form]:
    """Id → form."""
    lines = children(session, LINE, "need_id", ids, LINE.c.position, LINE.c.id)
    requirements = children(session, REQUIREMENT, "need_id", ids, REQUIREMENT.c.standard, REQUIREMENT.c.clause)
    themes = children(session, NEED_THEME, "need_id", ids, NEED_THEME.c.theme)
    found = {}
    for row in session.execute(select(NEED).where(NEED.c.id.in_(ids))).mappings():
        data = dict(row)
        data["themes"] = [child["theme"] for child in themes[row["id"]]]
        data["lines"] = [_line(child) for child in lines[row["id"]]]
        data["requirements"] = requirements[row["id"]]
        found[row["id"]] = dump_need(data)
    return found


def _line(row: Any) -> dict[str, Any]:
    money = {name: row[name] for name in ("amount", "currency", "value_date")}
    return {**row, "money": money if row["amount"] is not None else None}


def offer_forms(session: Session, ids: Collection[int]) -> dict[int, Form]:
    """Id → form."""
    lists = {
        "themes": children(session, OFFER_THEME, "offer_id", ids, OFFER_THEME.c.theme),
        "types": children(session, OFFER_TYPE, "offer_id", ids, OFFER_TYPE.c.type),
        "places": children(session, OFFER_PLACE, "offer_id", ids, OFFER_PLACE.c.place),
    }
    found = {}
    for row in session.execute(select(OFFER).where(OFFER.c.id.in_(ids))).mappings():
        codes = {name: [child[name[:-1]] for child in rows[row["id"]]] for name, rows in lists.items()}
        found[row["id"]] = dump_offer({**row, **codes})
    return found


def children(
    session: Session, table: Table, parent: str, ids: Collection[int], *order: Any
) -> defaultdict[int, list[dict[str, Any]]]:
    """Parent id → its rows in order."""
    found: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in session.execute(select(table).where(table.c[parent].in_(ids)).order_by(*order)).mappings():
        found[row[parent]].append(dict(row))
    return found
