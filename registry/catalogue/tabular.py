"""Rows from a file that a person made: CSV in any custom, the first sheet of an XLSX, or a JSON list. Knows no kind.

A bad row is the importer's business: it gets the row with its number and names the field. A file that cannot be read
at all raises InvalidInput under `file`. Memory does not grow with a CSV or XLSX; a JSON file is read whole.
"""

import codecs
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson

from registry.catalogue import delimited, workbooks
from registry.catalogue.cells import EncodingUncertain, Line, Unreadable, restore
from registry.errors import N_, InvalidInput

FORMATS = ("csv", "xlsx", "json")
MAX_JSON_BYTES = 200_000_000
MAX_COLUMNS = 500
LOOKED_AT = 30
"""Lines from the beginning among which the header is looked for"""


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
    read_as: dict[str, str] = field(default_factory=dict)
    """How the file was read: see Rows"""

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
            "read_as": self.read_as,
        }  # fmt: skip


class Rows(Iterator[Row]):
    """The rows of a file, one after the other.

    `read_as` says how the file is read: `format`, and of a CSV `encoding` and `delimiter`; `skipped` once the header
    was found below other lines.
    """

    def __init__(self, rows: Iterator[Row], read_as: dict[str, str]) -> None:
        self.rows, self.read_as = rows, read_as

    def __next__(self) -> Row:
        return next(self.rows)


class EncodingNotCertain(InvalidInput):
    """A person must say the encoding. `readings`: (encoding, telling lines as they would read), likeliest first."""

    def __init__(self, message: str, readings: list[tuple[str, list[str]]]) -> None:
        self.readings = readings
        super().__init__({"encoding": [message]})


def read_rows(path: Path, format: str, encoding: str | None = None) -> Rows:
    """Return the rows of a file in one of FORMATS; `encoding` of a CSV, where it is known.

    Raises InvalidInput where it is not such a file, EncodingNotCertain.
    """
    if format not in FORMATS:
        raise InvalidInput({"format": [f"This must be one of: {', '.join(FORMATS)}."]})
    if not path.is_file():
        raise InvalidInput({"file": [N_("There is no such file.")]})
    if path.stat().st_size == 0:
        raise InvalidInput({"file": [N_("The file is empty.")]})
    read_as = {"format": format}
    if format == "json":
        return Rows(_json_rows(path), read_as)
    try:
        if format == "csv":
            dialect = delimited.dialect_of(path, encoding=_known_encoding(encoding))
            read_as |= {"encoding": dialect.encoding, "delimiter": dialect.delimiter}
            lines = delimited.lines(path, dialect)
        else:
            workbooks.check(path)
            lines = workbooks.lines(path)
    except EncodingUncertain as error:
        raise EncodingNotCertain(error.message, error.readings) from None
    except Unreadable as error:
        raise InvalidInput({"file": [error.message]}) from None
    return Rows(_tabulate(lines, read_as), read_as)


def _known_encoding(name: str | None) -> str | None:
    try:
        return codecs.lookup(name).name if name else None
    except LookupError:
        raise InvalidInput({"encoding": [N_("This encoding is not known.")]}) from None


def _tabulate(lines: Iterator[Line], read_as: dict[str, str]) -> Iterator[Row]:
    columns: list[str] = []
    named: tuple[str, ...] = ()
    try:
        for line in _from_header(lines, read_as):
            if line.problem:
                raise InvalidInput({"file": [f"The CSV cannot be read at row {line.number}: {line.problem}."]})
            cells = line.cells
            if not columns:
                columns = _columns(cells)
                named = tuple(name for name in columns if name)
                continue
            yield _row(line.number, cells, columns, named)
    except Unreadable as error:
        raise InvalidInput({"file": [error.message]}) from None
    if not columns:
        raise InvalidInput({"file": [N_("The file is empty.")]})


def _from_header(lines: Iterator[Line], read_as: dict[str, str]) -> Iterator[Line]:
    """The lines that hold something, from the header on: titles of one cell above a wider header are left out."""
    filled = (line for line in lines if line.problem or any(cell.strip() for cell in line.cells))
    first = list(itertools.islice(filled, LOOKED_AT))
    wide = next((at for at, line in enumerate(first) if sum(1 for cell in line.cells if cell.strip()) > 1), 0)
    if wide and not any(line.problem for line in first[:wide]):
        titles = (
            f"{line.number}: {next(cell.strip() for cell in line.cells if cell.strip())}" for line in first[:wide]
        )
        read_as["skipped"] = "; ".join(titles)[:500]
        first = first[wide:]
    return itertools.chain(first, filled)


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
