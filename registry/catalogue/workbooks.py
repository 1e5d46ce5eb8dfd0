"""XLSX workbooks, row by row; formulas are their text, never evaluated. Bombs are refused before anything is built.

A workbook is an archive of XML parts: a small one can unpack to gigabytes, hold a row of a hundred million cells, or
number its rows so that a reader fills the gap for hours. All of that is looked at in one cheap pass first.
"""

import lzma
import struct
import sys
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import date, datetime, time
from pathlib import Path
from typing import IO, Any
from xml.etree import ElementTree
from xml.parsers import expat

import openpyxl
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula

from registry.catalogue.cells import Line, Number, Unreadable

MAX_ENTRIES = 2_000
MAX_UNPACKED, MAX_PART, MAX_STRINGS = 500_000_000, 20_000_000, 100_000_000
"""Bytes unpacked: of everything, of a part that is read whole, of the table of texts"""
MAX_RATIO, RATIO_FROM = 200, 20_000_000
"""A workbook that unpacks to more than RATIO_FROM bytes may be at most so many times its size."""
MAX_ROWS, MAX_ROW_CELLS, MAX_ROW_BYTES, MAX_CELLS = 1_048_576, 16_384, 16_000_000, 20_000_000
MAX_DEPTH = 20
WHOLE = ("xl/styles", "xl/theme", "xl/workbook", "docprops", "[content_types]")
"""Parts that are read whole wherever they stand, whatever they are said to be"""
BLOCK = 1 << 18
_BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, NotImplementedError, RuntimeError, OSError,
    LookupError, ValueError, TypeError, AttributeError, ArithmeticError, SyntaxError,
)  # fmt: skip
"""What archive and reader raise for files that are broken, encrypted, or not what they say they are"""


def lines(path: Path, sheet: str | None = None, tick: Callable[[int], None] | None = None) -> Iterator[Line]:
    """The rows of a sheet (the first one, unless named), empty ones too. Raises Unreadable. To be checked before."""
    with path.open("rb") as file, _opened(file) as book:
        try:
            table = _sheet(book, sheet)
            table.reset_dimensions()  # writers state them wrongly
            for number, cells in enumerate(table.iter_rows(values_only=True), start=1):
                yield Line(number, [_text(cell) for cell in cells])
                if tick and not number % 256:
                    tick(file.tell())
        except _BROKEN as error:
            raise Unreadable("not_table", f"The workbook's sheet cannot be read: {error}.") from error
    if tick:
        tick(path.stat().st_size)


@contextmanager
def _opened(file: IO[bytes]) -> Iterator[Any]:
    try:
        # openpyxl warns of styles that it leaves out, or prints it: the cells are whole, our output may be JSON
        with warnings.catch_warnings(), redirect_stdout(sys.stderr):
            warnings.simplefilter("ignore")
            # From a handle: openpyxl refuses names that do not end in .xlsx
            book = openpyxl.load_workbook(file, read_only=True, data_only=False, keep_links=False)
    except _BROKEN as error:
        raise Unreadable("not_table", "This is not an XLSX workbook.") from error
    try:
        yield book
    finally:
        book.close()


def _sheet(book: Any, name: str | None) -> Any:
    if not book.worksheets:
        raise Unreadable("not_table", "The workbook has no sheet.")
    for sheet in book.worksheets[: 1 if name is None else None]:
        if name is None or sheet.title.strip().casefold() == name.strip().casefold():
            if not sheet._worksheet_path.lower().endswith(".xml"):  # what `check` has looked through for certain
                raise Unreadable("not_table", "The workbook keeps its sheet in an unusual place.")
            return sheet
    names = ", ".join(f"“{sheet.title}”" for sheet in book.worksheets[:20])
    raise Unreadable("sheet", f"The workbook has no sheet “{name}”. Its sheets are: {names}.")


def check(path: Path, tick: Callable[[int], None] | None = None) -> None:
    """Raise Unreadable for what is no workbook, is broken, or would cost more than a table may."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            _check_sizes(parts, path.stat().st_size)
            kinds = _kinds(archive)
            for part in parts:
                if part.filename.endswith((".xml", ".rels")) or kinds[part.filename].endswith("xml"):
                    _check_size(part, kinds[part.filename])
                    with archive.open(part) as file:
                        _check_part(part.filename, file)
                if tick:
                    tick(min(part.header_offset, path.stat().st_size))
    except _BROKEN as error:
        raise Unreadable("not_table", f"This is not an XLSX workbook: {error}.") from error
    except expat.ExpatError as error:
        raise Unreadable("not_table", f"The workbook is broken: {error}.") from error
    if tick:
        tick(path.stat().st_size)


def _check_sizes(parts: list[zipfile.ZipInfo], packed: int) -> None:
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > MAX_ENTRIES or len({part.filename for part in parts}) < len(parts):
        raise Unreadable("oversize", "The workbook's archive holds too many parts, or the same one twice.")
    if unpacked > MAX_UNPACKED or (unpacked > RATIO_FROM and unpacked > MAX_RATIO * packed):
        raise Unreadable("oversize", f"The workbook is too large when unpacked ({unpacked:,} bytes).")


def _kinds(archive: zipfile.ZipFile) -> dict[str, str]:
    """Part → its content type: whatever its name, a sheet is read as a sheet."""
    listing = archive.getinfo("[Content_Types].xml")
    _check_size(listing, "")
    with archive.open(listing) as file:
        _check_part(listing.filename, file)
    by_ending, by_name = {}, {}
    for node in ElementTree.fromstring(archive.read(listing)):  # noqa: S314  (without DOCTYPE, as was seen)
        kind = node.get("ContentType", "").strip().lower()
        if name := node.get("PartName"):
            by_name[name.lstrip("/").lower()] = kind
        elif ending := node.get("Extension"):
            by_ending[ending.lower()] = kind
    names = [part.filename for part in archive.infolist()]
    return {name: by_name.get(name.lower(), by_ending.get(name.lower().rpartition(".")[2], "")) for name in names}


def _check_size(part: zipfile.ZipInfo, kind: str) -> None:
    """Only sheets are read row by row."""
    if kind.endswith("worksheet+xml") and not part.filename.lower().startswith(WHOLE):
        return
    if part.file_size > (MAX_STRINGS if kind.endswith("sharedstrings+xml") else MAX_PART):
        raise Unreadable("oversize", f"The workbook's part {part.filename} is too large.")


def _check_part(name: str, file: IO[bytes]) -> None:
    """Well-formed, without DOCTYPE, not nested deep; of a sheet: its rows and cells within limits."""
    parser = expat.ParserCreate()
    depth = cells = in_row = rows = row_began = 0
    inside = False

    def started(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth, cells, in_row, rows, row_began, inside
        depth += 1
        if depth > MAX_DEPTH:
            raise Unreadable("oversize", f"The workbook's part {name} is nested more than {MAX_DEPTH} deep.")
        kind = tag.rpartition(":")[2]
        if kind == "c":
            cells, in_row = cells + 1, in_row + 1
            if cells > MAX_CELLS or in_row > MAX_ROW_CELLS:
                raise Unreadable("oversize", "The workbook's sheet has too many cells.")
        elif kind == "row":
            rows, in_row, row_began, inside = rows + 1, 0, parser.CurrentByteIndex, True
            number = attributes.get("r", "1")
            if rows > MAX_ROWS or not number.isdecimal() or len(number) > 7 or int(number) > MAX_ROWS:
                raise Unreadable("oversize", "The workbook's sheet has too many rows.")

    def ended(tag: str) -> None:
        nonlocal depth, inside
        depth -= 1
        if tag.rpartition(":")[2] == "row":
            inside = False

    def doctype(*_: object) -> None:
        raise Unreadable("doctype", "The workbook declares a DOCTYPE: such files are refused.")

    parser.StartElementHandler, parser.EndElementHandler = started, ended
    parser.StartDoctypeDeclHandler = doctype
    done = 0
    while block := file.read(BLOCK):
        parser.Parse(block, False)
        done += len(block)
        if inside and done - row_began > MAX_ROW_BYTES:
            raise Unreadable("oversize", f"A row of the workbook's sheet has more than {MAX_ROW_BYTES:,} bytes.")
    parser.Parse(b"", True)


def _text(value: Any) -> str:
    """A cell as a person would have typed it; a formula is its text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return Number(value)
    if isinstance(value, float):
        return Number(int(value) if value.is_integer() and abs(value) < 1e15 else repr(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, ArrayFormula):
        return str(value.text)
    if isinstance(value, DataTableFormula):
        return f"={value.r1 or ''}"
    return str(value)
