"""Rows from a file that a person made: CSV in any custom, the first sheet of an XLSX, or a JSON list. Knows no kind.

A bad row is the importer's business: it gets the row with its number and names the field. A file that cannot be read
at all raises InvalidInput under `file`. Memory does not grow with a CSV or XLSX; a JSON file is read whole.
"""

import codecs
import csv
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import orjson

from registry.catalogue.cells import restore
from registry.errors import N_, InvalidInput

FORMATS = ("csv", "xlsx", "json")
MAX_JSON_BYTES = 200_000_000
MAX_UNPACKED_BYTES = 1_000_000_000
MAX_COLUMNS = 500
READABLE = "utf-8", "cp1252"


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

    def as_dict(self) -> dict[str, Any]:
        """For `--json` and the API."""
        return {
            "created": self.created, "updated": self.updated, "unchanged": self.unchanged,
            "quarantined": self.quarantined,
            "errors": [{"row": e.row, "field": e.field, "message": e.message} for e in self.errors],
        }  # fmt: skip


def read_rows(path: Path, format: str) -> Iterator[Row]:
    """The rows of a file in one of FORMATS, one after the other. Raises InvalidInput where it is not such a file."""
    if format not in FORMATS:
        raise InvalidInput({"format": [f"This must be one of: {', '.join(FORMATS)}."]})
    if not path.is_file():
        raise InvalidInput({"file": [N_("There is no such file.")]})
    if path.stat().st_size == 0:
        raise InvalidInput({"file": [N_("The file is empty.")]})
    return {"csv": _csv_rows, "xlsx": _xlsx_rows, "json": _json_rows}[format](path)


def _csv_rows(path: Path) -> Iterator[Row]:
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        first = file.readline(65_536)
        file.seek(0)
        if "\x00" in first:
            raise InvalidInput({"file": [N_("This is not a CSV file.")]})
        reader = csv.reader(file, delimiter=_delimiter(first), strict=True)
        try:
            yield from _tabulate(reader)
        except csv.Error as error:
            raise InvalidInput({"file": [f"The CSV cannot be read at line {reader.line_num}: {error}."]}) from None


def _encoding(path: Path) -> str:
    """By byte order mark, else the first of UTF-8 and cp1252 (old spreadsheets) that reads the whole file."""
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    # Without a mark: headers are ASCII, so every other byte of the beginning is zero.
    for name, zeros in (("utf-16-le", start[1::2]), ("utf-16-be", start[0::2])):
        if zeros == b"\x00\x00":
            return name
    for name in READABLE:
        if _reads(path, name):
            return name
    raise InvalidInput({"file": [N_("The file's encoding is not known: save it as UTF-8.")]})


def _reads(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while block := file.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _delimiter(header: str) -> str:
    """The one of comma, semicolon and tab that the header holds most of outside quotes."""
    bare = "".join(header.split('"')[::2])
    return max(",;\t", key=bare.count)


def _tabulate(records: Iterable[list[str]]) -> Iterator[Row]:
    columns: list[str] = []
    named: tuple[str, ...] = ()
    for number, cells in enumerate(records, start=1):
        if not any(cell.strip() for cell in cells):
            continue
        if not columns:
            columns = _columns(cells)
            named = tuple(name for name in columns if name)
            continue
        values = {name: restore(cell) for name, cell in zip(columns, cells, strict=False) if name and cell.strip()}
        stray = [cell for name, cell in zip(columns, cells, strict=False) if not name] + cells[len(columns) :]
        problem = N_("This row has more cells than there are columns.") if any(c.strip() for c in stray) else None
        yield Row(number, values, problem, named)
    if not columns:
        raise InvalidInput({"file": [N_("The file is empty.")]})


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


@contextmanager
def _workbook(path: Path) -> Iterator[Any]:
    with path.open("rb") as file:  # a handle: openpyxl refuses names that do not end in .xlsx
        try:
            with zipfile.ZipFile(file) as archive:
                unpacked = sum(item.file_size for item in archive.infolist())
            if unpacked > MAX_UNPACKED_BYTES:
                raise InvalidInput({"file": [N_("The workbook is too large when unpacked.")]})
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # openpyxl warns of styles it leaves out: the cells are whole
                book = openpyxl.load_workbook(file, read_only=True, data_only=False, keep_links=False)
        except (zipfile.BadZipFile, KeyError, ValueError, OSError, SyntaxError, TypeError) as error:
            raise InvalidInput({"file": [N_("This is not an XLSX workbook.")]}) from error
        try:
            yield book
        finally:
            book.close()


def _xlsx_rows(path: Path) -> Iterator[Row]:
    with _workbook(path) as book:
        if not book.worksheets:
            raise InvalidInput({"file": [N_("The workbook has no sheet.")]})
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # writers state them wrongly
        try:
            yield from _tabulate([_cell_text(cell) for cell in cells] for cells in sheet.iter_rows(values_only=True))
        except (zipfile.BadZipFile, ValueError, KeyError, SyntaxError) as error:
            raise InvalidInput({"file": [f"The workbook's first sheet cannot be read: {error}."]}) from error


def _cell_text(value: Any) -> str:
    """A cell as a person would have typed it; a formula is its text, never evaluated."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


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
