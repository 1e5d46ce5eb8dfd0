"""Tables as the runner reads them: proved whole, split into rows, each row identified and hashed by the cells in use.

Columns that nobody asked for do not count: when only they change, nothing changed.
"""

import hashlib
import itertools
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from registry.catalogue import delimited, workbooks
from registry.catalogue.cells import Line, Unreadable
from registry.json_text import dumps
from registry.sync.adapters.contract import DocumentRefused, Piece, Record, RecordFault, Tick
from registry.sync.adapters.tables import values
from registry.sync.adapters.tables.columns import LOOKED_AT, Layout, find_layout
from registry.sync.adapters.tables.config import DELIMITERS
from registry.sync.adapters.tables.programme import Cells, Programme

MAX_ROW = 1_000_000
"""Characters of one row"""
MAX_IDENTIFIER = 400
BATCH_CHARACTERS = 4_000_000
IDENTIFYING = (
    "title", "description", "reporter", "funder", "accountable", "implementer", "countries", "place", "sectors",
    "start", "end",
)  # fmt: skip
"""What a row without identifier is known by: not its amounts and status, which change"""


@dataclass(slots=True)
class Row:
    """A line of data with its cells by field."""

    line: Line
    layout: Layout
    cells: Cells


class Table(ABC):
    """What CSV and XLSX share."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config
        self.declared: Mapping[str, str] = {k: v for k, v in config["columns"].items() if v.strip()}

    @abstractmethod
    def lines(self, path: Path, tick: Tick | None = None) -> Iterator[Line]:
        """All lines of the file. Raises Unreadable."""

    @abstractmethod
    def verify(self, path: Path, tick: Tick) -> None:
        """Raises DocumentRefused."""

    def notes(self, path: Path) -> list[str]:
        """How the table is read: its form, which columns are used for what, and which are not used."""
        layout, _ = self.opened(path)
        used = {field: [layout.headers[use.index] for use in uses] for field, uses in layout.fields.items()}
        said = "; ".join(f"{field}: {', '.join(f'“{name}”' for name in names)}" for field, names in used.items())
        notes = [*self.form(path), f"Columns used: {said}."]
        if layout.unused:
            notes.append(f"Columns not used: {', '.join(f'“{name[:60]}”' for name in layout.unused[:50])}.")
        written = self.config["date_format"]
        notes.append(f"Dates are read as ISO days{f', or as {written}' if written else ''}.")
        return notes

    def form(self, path: Path) -> list[str]:
        """Sentences on the form of the file itself."""
        return []

    def split(self, path: Path, rows: int, tick: Tick) -> Iterator[list[Piece]]:
        """The rows that are not empty."""
        layout, lines = self.opened(path, tick)
        seen: dict[str, int] = {}
        batch: list[Piece] = []
        size = 0
        try:
            for line in lines:
                if not any(cell.strip() for cell in line.cells):
                    continue
                batch.append(self._piece(line, layout, seen))
                size += sum(map(len, line.cells))
                if len(batch) >= rows or size >= BATCH_CHARACTERS:
                    yield batch
                    batch, size = [], 0
        except Unreadable as error:
            raise DocumentRefused(error.code, error.message) from None
        if batch:
            yield batch

    def opened(self, path: Path, tick: Tick | None = None) -> tuple[Layout, Iterator[Line]]:
        """(layout, lines of data). Raises DocumentRefused."""
        lines = self.lines(path, tick)
        try:
            first = list(itertools.islice(lines, LOOKED_AT))
        except Unreadable as error:
            raise DocumentRefused(error.code, error.message) from None
        layout = find_layout(first, self.declared, self.config["header_rows"])
        return layout, itertools.chain((line for line in first if line.number >= layout.begins), lines)

    def _piece(self, line: Line, layout: Layout, seen: dict[str, int]) -> Piece:
        if line.problem:
            text = " ".join(line.cells)
            return self._faulty(
                line, layout, RecordFault("row", line.problem), hashlib.sha256(text.encode()).hexdigest()
            )
        cells: dict[str, list[tuple[str, str | None, str | None]]] = {}
        for field, uses in layout.fields.items():
            for use in uses:
                if use.index < len(line.cells) and (text := values.cell(line.cells[use.index])):
                    cells.setdefault(field, []).append((text, use.language, use.currency))
        digest = hashlib.sha256(dumps(cells).encode()).hexdigest()
        fault = self._fault(line, layout)
        given = " ".join(cells["id"][0][0].split()) if "id" in cells else ""
        identifier = self.config["id_prefix"] + given if given else _derived(cells)
        if len(identifier) > MAX_IDENTIFIER:
            fault = RecordFault("identifier", f"the identifier is longer than {MAX_IDENTIFIER} characters")
            identifier = f"{identifier[:100]}… {hashlib.sha256(identifier.encode()).hexdigest()[:40]}"
        times = seen[identifier] = seen.get(identifier, 0) + 1
        if times > 1:
            fault = RecordFault(
                "duplicate_identifier", f"“{identifier}” stands in this file already: this is no. {times}"
            )
            identifier = f"{identifier} [no. {times}]"
        return Piece(identifier, digest, line.number, Row(line, layout, cells), not given, fault)

    def _faulty(self, line: Line, layout: Layout, fault: RecordFault, digest: str) -> Piece:
        return Piece(f"row {line.number}: {digest[:40]}", digest, line.number, Row(line, layout, {}), True, fault)

    def _fault(self, line: Line, layout: Layout) -> RecordFault | None:
        if sum(map(len, line.cells)) > MAX_ROW:
            return RecordFault("oversize", f"the row has more than {MAX_ROW:,} characters")
        if any(cell.strip() for cell in line.cells[len(layout.headers) :]):
            return RecordFault("row", "the row has cells beyond the table's columns")
        return None

    def read(self, piece: Piece) -> Record:
        """See programme.py."""
        row: Row = piece.raw
        return Programme(row.cells, self.config, row.line.number).build(piece.remote_id, piece.derived)

    def fragment(self, piece: Piece) -> str:
        """`header: cell` of every filled cell."""
        row: Row = piece.raw
        pairs = itertools.zip_longest(row.layout.headers, row.line.cells, fillvalue="")
        return "\n".join(f"{name}: {values.cell(cell)[:1000]}" for name, cell in pairs if cell.strip())[:4000]


def _derived(cells: Cells) -> str:
    known = {field: [text for text, _, _ in cells[field]] for field in IDENTIFYING if field in cells}
    return "derived:" + hashlib.sha256(dumps(known or cells).encode()).hexdigest()[:40]


class CsvTable(Table):
    """A CSV file."""

    def lines(self, path: Path, tick: Tick | None = None) -> Iterator[Line]:
        """See delimited.py. What is not declared is found out anew for each document."""
        delimiter = DELIMITERS[self.config["delimiter"]] if self.config["delimiter"] else None
        dialect = delimited.dialect_of(path, delimiter, self.config["encoding"])
        yield from delimited.lines(path, dialect, tick)

    def form(self, path: Path) -> list[str]:
        """The encoding and the delimiter."""
        delimiter = DELIMITERS[self.config["delimiter"]] if self.config["delimiter"] else None
        try:
            dialect = delimited.dialect_of(path, delimiter, self.config["encoding"])
        except Unreadable as error:
            raise DocumentRefused(error.code, error.message) from None
        name = next(name for name, character in DELIMITERS.items() if character == dialect.delimiter)
        found = "" if self.config["encoding"] else " (found out)"
        return [f"Read as {dialect.encoding}{found}, cells delimited by {name}."]

    def verify(self, path: Path, tick: Tick) -> None:
        """Read to the end. A last row that lacks cells and the end of its line broke off."""
        layout, lines = self.opened(path, tick)
        before = last = len(layout.headers)
        try:
            for line in lines:
                before, last = last, len(line.cells)
        except Unreadable as error:
            raise DocumentRefused(error.code, error.message) from None
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 4))
            is_ended = file.read().rstrip(b"\0")[-1:] in (b"\n", b"\r")
        if not is_ended and last < min(before, len(layout.headers)):
            raise DocumentRefused(
                "truncated", "The file breaks off in its last row: it has fewer cells than the others, and no line end."
            )


class XlsxTable(Table):
    """A workbook."""

    def lines(self, path: Path, tick: Tick | None = None) -> Iterator[Line]:
        """See workbooks.py."""
        return workbooks.lines(path, self.config["sheet"], tick)

    def verify(self, path: Path, tick: Tick) -> None:
        """All parts are well-formed and within limits, and the sheet is a table."""
        if path.stat().st_size == 0:
            raise DocumentRefused("empty", "The file is empty.")
        with path.open("rb") as file:
            if file.read(512).lstrip().lower().startswith((b"<!doctype html", b"<html")):
                raise DocumentRefused("html", "This is a web page (HTML), not a workbook.")
        try:
            workbooks.check(path, tick)
        except Unreadable as error:
            raise DocumentRefused(error.code, error.message) from None
        self.opened(path)
