"""Needs and offers as rows of a spreadsheet: flat columns ↔ the forms of schemas.py.

Lists are written `a;b`; lines of a need as `type_1, amount_1, currency_1 …` up to nine; an empty cell says nothing.
Amounts are whole units as people write them (`91,501.05`). docs/matching.md lists all columns.
"""

import re
from collections.abc import Mapping
from typing import Any

from registry.catalogue.money import to_decimal
from registry.catalogue.row_import import NameColumn

MAX_LINES = 9
LINE_PARTS = ("type", "amount", "currency", "value_date", "quantity", "unit", "line_description")
NEED_COLUMNS = (
    "reference", "state", "title", "description", "language", "themes", "priority", "window_start", "window_end",
    "min_viable_share", "endorsing_authority", "partner_wished", "visibility", "requirements", "status",
    *(f"{part}_{number}" for number in range(1, MAX_LINES + 1) for part in LINE_PARTS),
)  # fmt: skip
OFFER_COLUMNS = (
    "reference", "organisation", "organisation_id", "title", "description", "language", "budget", "min_grant",
    "max_grant", "currency", "value_date", "themes", "types", "places", "window_start", "window_end", "conditions",
    "visibility", "expires_at", "status",
)  # fmt: skip
NAME_COLUMNS = ("id", "state_name", "organisation_name", "theme_names")
"""What exports show beside the codes for people to read: an import passes over them."""
_AMOUNTS = ("budget", "min_grant", "max_grant")

Row = Mapping[str, str]
Form = dict[str, Any]


def need_of_row(row: Row) -> tuple[Form, NameColumn]:
    """The form of a row, and how to name its columns in errors."""
    form: Form = {name: value for name, value in row.items() if name in NEED_COLUMNS[:14]}
    if "themes" in form:
        form["themes"] = _listed(form["themes"])
    if "requirements" in form:
        pairs = [item.partition(":") for item in _listed(form["requirements"])]
        form["requirements"] = [{"standard": standard, "clause": clause} for standard, _, clause in pairs]
    numbers = [n for n in range(1, MAX_LINES + 1) if any(row.get(f"{part}_{n}") for part in LINE_PARTS)]
    if numbers:
        form["lines"] = [_line(row, number) for number in numbers]

    def name_column(path: str) -> str:
        found = re.fullmatch(r"lines\.(\d+)(?:\.money)?(?:\.(\w+))?", path)
        if not found:
            return path.split(".")[0]
        part = found[2] or "type"
        return f"{'line_description' if part == 'description' else part}_{numbers[int(found[1])]}"

    return form, name_column


def _line(row: Row, number: int) -> Form:
    cells = {part: row[f"{part}_{number}"] for part in LINE_PARTS if row.get(f"{part}_{number}")}
    money: Form = {name: cells.pop(name) for name in ("amount", "currency", "value_date") if name in cells}
    if "line_description" in cells:
        cells["description"] = cells.pop("line_description")
    if "amount" in money:
        money["amount"] = {"written": money["amount"]}
    return {**cells, "money": money} if money else dict(cells)


def offer_of_row(row: Row) -> tuple[Form, NameColumn]:
    """The form of a row, and how to name its columns in errors."""
    form: Form = {name: value for name, value in row.items() if name in OFFER_COLUMNS[:-1]}
    for name in ("themes", "types", "places"):
        if name in form:
            form[name] = _listed(form[name])
    for name in _AMOUNTS:
        if name in form:
            form[name] = {"written": form[name]}
    if "conditions" in form:
        form["conditions"] = [_condition(item) for item in _listed(form["conditions"])]
    return form, lambda path: path.split(".")[0]


def _condition(text: str) -> Form:
    """`participates:att`, `reported:poa:24` or `answered:poa:30`."""
    kind, instrument, number = (part.strip() for part in (*text.split(":", 2), "", "")[:3])
    return {"kind": kind, "instrument": instrument, "at_least" if kind == "answered" else "within_months": number}


def _listed(text: str) -> list[str]:
    return [item.strip() for item in re.split(r"[;\n]", text) if item.strip()]


def row_of_need(form: Form) -> dict[str, str]:
    """The row of a need's form (with its `status`), by NEED_COLUMNS; lines after the ninth do not fit: left out."""
    row = {name: _text(form[name]) for name in NEED_COLUMNS[:15] if name in form}
    row["themes"] = ";".join(form["themes"])
    row["requirements"] = ";".join(f"{item['standard']}:{item['clause']}" for item in form["requirements"])
    for number, line in enumerate(form["lines"][:MAX_LINES], start=1):
        money = line["money"] or {}
        amount = _written(money.get("amount"), money.get("currency"))
        cells = {**line, **money, "amount": amount, "line_description": line["description"]}
        row |= {f"{part}_{number}": _text(cells.get(part)) for part in LINE_PARTS}
    return row


def row_of_offer(form: Form) -> dict[str, str]:
    """The row of an offer's form (with its `status`), by OFFER_COLUMNS."""
    row = {name: _text(form[name]) for name in OFFER_COLUMNS if name in form}
    row |= {name: ";".join(form[name]) for name in ("themes", "types", "places")}
    row |= {name: _text(_written(form[name], form["currency"])) for name in _AMOUNTS}
    row["conditions"] = ";".join(
        ":".join(
            str(item[name])
            for name in ("kind", "instrument", "within_months", "at_least")
            if item.get(name) is not None
        )
        for item in form["conditions"]
    )
    return row


def _written(amount: int | None, currency: str | None) -> str | None:
    return None if amount is None else str(to_decimal(amount, currency))


def _text(value: Any) -> str:
    return "" if value is None else str(value)
