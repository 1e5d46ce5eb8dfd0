"""Rows from a file that a person made: CSV in any custom, the first sheet of an XLSX, or a JSON list. Knows no kind.

A bad row is the importer's business: it gets the row with its number and names the field. A file that cannot be read
at all raises InvalidInput under `file`. Memory does not grow with a CSV or XLSX; a JSON file is read whole.
"""

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson

from registry.catalogue import delimited, workbooks
from registry.catalogue.cells import Unreadable, restore
from registry.errors import N_, InvalidInput

FORMATS = ("csv", "xlsx", "json")
MAX_JSON_BYTES = 200_000_000
MAX_COLUMNS = 500


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `number` is what a spreadsheet shows (the header is 1); in JSON the item's place, from 1.

    `values`: column → text (CSV, XLSX; empty cells left out) or the JSON object as it stands. `problem` is set where
    the row as such is broken (more cells than columns, not an object).
    """

    number: int
    values: dict[str, Any]
    problem: str | None = None
    columns: tuple[str, ...] = field(default=(), compare=False)
    """All columns of the table, filled or not; none for JSON."""


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with one field of one row; `field` empty: the row as a whole."""

    row: int
    field: str
    message: str


@dataclass
class ImportReport:
    """What became of the rows: every row is counted once. `quarantined` rows were not stored; `errors` say why."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    quarantined: int = 0
    errors: list[RowError] = field(default_factory=list)
    warnings: list[RowError] = field(default_factory=list)
    """What is odd about rows that were stored all the same"""

    def count(self, outcome: str) -> None:
        """Count one row as created, updated or unchanged."""
        setattr(self, outcome, getattr(self, outcome) + 1)

    def refuse(self, row: int, errors: Iterable[tuple[str, str]]) -> None:
        """Count one row as quarantined, for these (field, message)."""
        self.quarantined += 1
        self.errors += [RowError(row, name, message) for name, message in errors]

    def add(self, other: "ImportReport") -> None:
        """Take in the report of a further part of the same file."""
        for name in ("created", "updated", "unchanged", "quarantined"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.errors += other.errors
        self.warnings += other.warnings

    def as_dict(self) -> dict[str, Any]:
        """For `--json` and the API."""
        return {
            "created": self.created, "updated": self.updated, "unchanged": self.unchanged,
            "quarantined": self.quarantined,
            "errors": [asdict(error) for error in self.errors],
            "warnings": [asdict(warning) for warning in self.warnings],
        }  # fmt: skip


def read_rows(path: Path, format: str) -> Iterator[Row]:
    """The rows of a file in one of FORMATS, one after the other. Raises InvalidInput where it is not such a file."""
    if format not in FORMATS:
        raise InvalidInput({"format": [f"This must be one of: {', '.join(FORMATS)}."]})
    if not path.is_file():
        raise InvalidInput({"file": [N_("There is no such file.")]})
    if path.stat().st_size == 0:
        raise InvalidInput({"file": [N_("The file is empty.")]})
    if format == "json":
        return _json_rows(path)
    return _tabulate(path, format)


def _tabulate(path: Path, format: str) -> Iterator[Row]:
    columns: list[str] = []
    named: tuple[str, ...] = ()
    try:
        if format == "xlsx":
            workbooks.check(path)
        for line in delimited.lines(path) if format == "csv" else workbooks.lines(path):
            if line.problem:
                raise InvalidInput({"file": [f"The CSV cannot be read at row {line.number}: {line.problem}."]})
            cells = line.cells
            if not any(cell.strip() for cell in cells):
                continue
            if not columns:
                columns = _columns(cells)
                named = tuple(name for name in columns if name)
                continue
            yield _row(line.number, cells, columns, named)
    except Unreadable as error:
        raise InvalidInput({"file": [error.message]}) from None
    if not columns:
        raise InvalidInput({"file": [N_("The file is empty.")]})


def _row(number: int, cells: list[str], columns: list[str], named: tuple[str, ...]) -> Row:
    values = {name: restore(cell) for name, cell in zip(columns, cells, strict=False) if name and cell.strip()}
    stray = [cell for name, cell in zip(columns, cells, strict=False) if not name] + cells[len(columns) :]
    problem = N_("This row has more cells than there are columns.") if any(cell.strip() for cell in stray) else None
    return Row(number, values, problem, named)


def _columns(cells: list[str]) -> list[str]:
    """Column names as importers know them: lower case, `_` for spaces. Raises InvalidInput for the same name twice."""
    names = ["_".join(cell.replace("\ufeff", "").lower().split()) for cell in cells]
    while names and not names[-1]:
        names.pop()
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise InvalidInput({"columns": [f"The column “{name}” is there twice." for name in twice]})
    if len(names) > MAX_COLUMNS:
        raise InvalidInput({"columns": [f"There are more than {MAX_COLUMNS} columns."]})
    return names


def _json_rows(path: Path) -> Iterator[Row]:
    if path.stat().st_size > MAX_JSON_BYTES:
        raise InvalidInput({"file": [f"The JSON file is larger than {MAX_JSON_BYTES // 1_000_000} MB."]})
    try:
        content = orjson.loads(path.read_bytes().removeprefix(codecs.BOM_UTF8))
    except orjson.JSONDecodeError as error:
        message = f"This is not JSON: {error.msg} (line {error.lineno}, column {error.colno})."
        raise InvalidInput({"file": [message]}) from None
    items = content.get("items") if isinstance(content, dict) else content
    if not isinstance(items, list):
        raise InvalidInput(
            {"file": [N_("The JSON must be a list of objects, or an object with such a list as “items”.")]}
        )
    for number, item in enumerate(items, start=1):
        if isinstance(item, dict):
            yield Row(number, item)
        else:
            yield Row(number, {}, N_("This item is not an object."))
