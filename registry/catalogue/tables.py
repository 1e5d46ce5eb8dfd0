"""Tables as files, written piece by piece: CSV that spreadsheets open rightly, XLSX, JSON. Knows no kind of record.

A cell that a spreadsheet would run as a formula gets an apostrophe before it, which reading takes away again.
"""

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import orjson

from registry.catalogue.cells import neutralise

CHUNK = 1 << 16
MOST_IN_A_CELL = 32_767
"""Characters that an XLSX cell holds; longer texts are cut there and nowhere else."""
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")

Cell = str | int | float | Decimal | bool | date | None


def csv_chunks(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """UTF-8 with byte order mark, so that spreadsheets read it as such."""
    yield b"\xef\xbb\xbf"
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_csv_cell(cell) for cell in row])
        if buffer.tell() > CHUNK:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def _csv_cell(cell: Cell) -> Any:
    if isinstance(cell, str):
        return neutralise(cell.replace("\0", ""))
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return cell.isoformat() if isinstance(cell, date) else cell


def xlsx_chunks(columns: Sequence[str], rows: Iterable[Sequence[Cell]], title: str) -> Iterator[bytes]:
    """A workbook of one sheet; rows pass through without being kept."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    sheet.append(list(columns))
    for row in rows:
        sheet.append([xlsx_cell(cell) for cell in row])
    with tempfile.TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        while block := file.read(CHUNK):
            yield block


def xlsx_cell(cell: Cell) -> Any:
    """A value as a workbook takes it: formulas neutralised, too long texts cut."""
    if isinstance(cell, str):
        return neutralise(_CONTROL.sub("", cell))[:MOST_IN_A_CELL]
    if isinstance(cell, datetime):
        return cell.isoformat()  # workbooks know no time zones
    return cell


def json_chunks(head: Mapping[str, Any], items: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """One object: the head's members, then `items` with one line each."""
    opening = orjson.dumps(dict(head))[:-1] + (b"," if head else b"") + b'"items":[\n'
    parts: list[bytes] = [opening]
    size = 0
    for number, item in enumerate(items):
        parts.append((b",\n" if number else b"") + orjson.dumps(item, option=orjson.OPT_UTC_Z))
        size += len(parts[-1])
        if size > CHUNK:
            yield b"".join(parts)
            parts, size = [], 0
    parts.append(b"\n]}\n")
    yield b"".join(parts)
