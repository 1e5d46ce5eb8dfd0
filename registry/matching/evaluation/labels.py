"""What was really funded, from a table: which need, and the offer or the organisation that funded it.

Columns: `need` (number or reference), and one of `offer` (number or reference) and `organisation` (number, identifier
or name). A need may stand in several rows. A bad row is reported with its field and left out; the others count.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema
from sqlalchemy import Table, or_, select
from sqlmodel import Session

from registry.catalogue.organisations import find_named
from registry.catalogue.tabular import Row, RowError
from registry.errors import N_, InvalidInput
from registry.matching.forms import NEED, OFFER
from registry.schemas import load

COLUMNS = ("need", "offer", "organisation")


class LabelForm(Schema):
    """One row."""

    need = fields.String(required=True, error_messages={"required": N_("Name the need: its number or reference.")})
    offer = fields.String(load_default=None)
    organisation = fields.String(load_default=None)

    @validates_schema
    def name_one(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("offer") and data.get("organisation"):
            raise ValidationError(N_("Name the offer or the organisation, not both."), "organisation")
        if not data.get("offer") and not data.get("organisation"):
            raise ValidationError(N_("Name the offer that funded the need, or the organisation."), "offer")


@dataclass(slots=True)
class Funded:
    """Who funded one need: any of these offers, or any offer of these organisations."""

    offers: set[int] = field(default_factory=set)
    organisations: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Labels:
    """Need → who funded it, rows read, and what is wrong with those left out."""

    funded: dict[int, Funded] = field(default_factory=dict)
    rows: int = 0
    errors: list[RowError] = field(default_factory=list)


def read_labels(session: Session, rows: Iterable[Row]) -> Labels:
    """All rows of a table. Raises InvalidInput under `columns` where it has other columns."""
    found = Labels()
    for row in rows:
        if not found.rows:
            _require_columns(row.columns)
        found.rows += 1
        try:
            if row.problem:
                raise InvalidInput({"": [row.problem]})
            _add(session, found, load(LabelForm(), row.values))
        except InvalidInput as error:
            # One bad row among many: its reason is reported, the others count.
            found.errors += [RowError(row.number, name, text) for name, texts in error.fields.items() for text in texts]
    return found


def _require_columns(columns: tuple[str, ...]) -> None:
    unknown = [name for name in columns if name not in COLUMNS]
    if unknown or "need" not in columns:
        names = ", ".join(f"“{name}”" for name in unknown)
        raise InvalidInput({"columns": [f"Columns are: {', '.join(COLUMNS)}{f'; not {names}' if unknown else ''}."]})


def _add(session: Session, found: Labels, row: dict[str, Any]) -> None:
    need = _record(session, NEED, row["need"], "need")
    offer = _record(session, OFFER, row["offer"], "offer") if row["offer"] else None
    organisation = _organisation(session, row["organisation"]) if row["organisation"] else None
    funded = found.funded.setdefault(need, Funded())
    if offer is not None:
        funded.offers.add(offer)
    if organisation is not None:
        funded.organisations.add(organisation)


def _record(session: Session, table: Table, text: str, name: str) -> int:
    text = text.strip()
    condition = table.c.reference == text
    if number := _number(text):
        condition = or_(condition, table.c.id == number)
    ids = list(session.execute(select(table.c.id).where(condition)).scalars())
    if len(ids) != 1:
        raise InvalidInput({name: [N_("No record has this number or reference.") if not ids else _TWO]})
    return int(ids[0])


_TWO = N_("One record has this number, another one has it as its reference: write the other's.")


def _organisation(session: Session, text: str) -> int:
    text = text.strip()
    offering = select(OFFER.c.organisation_id).where(OFFER.c.organisation_id == (_number(text) or 0)).limit(1)
    ids = list(session.execute(offering).scalars()) or find_named(session, text)
    if len(ids) != 1:
        many = N_("Several organisations have this name: write its identifier.")
        none = N_("There is no organisation with this identifier or name.")
        raise InvalidInput({"organisation": [many if ids else none]})
    return int(ids[0])


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None
