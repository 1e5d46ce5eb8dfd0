"""CSV as people write it: encoding and delimiter declared or found out, its lines one after the other. Memory is flat.

Knows no kind of record. A file that stops inside a quoted cell is refused: it breaks off.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from registry.catalogue import encodings
from registry.catalogue.cells import EncodingUncertain, Line, Unreadable

LONGEST = 16_000_000
"""Characters of a cell or of a line of the file: beyond that it is no table"""
DELIMITERS = ",;\t|"
TELLING_LINES = 3
"""Lines that are shown of each reading where the encoding is not certain"""
_SAID = re.compile(r"\ufeff?sep=(.)\r?\n")
"""The line by which spreadsheets tell one another the delimiter"""
csv.field_size_limit(LONGEST)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a CSV file is written. `begins`: the line of the file with which its rows begin, counted from 1."""

    encoding: str
    delimiter: str
    begins: int = 1


def dialect_of(path: Path, delimiter: str | None = None, encoding: str | None = None) -> Dialect:
    """Return how a file is written: what is declared, else what is found out. Raises Unreadable, EncodingUncertain."""
    refuse_other_formats(path)
    encoding = encoding or _encoding_of(path)
    try:
        with path.open("rb") as file, io.TextIOWrapper(file, encoding=encoding, newline="") as text:
            start = text.read(65_536)
    except UnicodeError as error:
        raise _not_in(encoding, error) from None
    if "\x00" in start:
        raise Unreadable("not_table", "This is not a CSV file: there are zero bytes in it.")
    said = _SAID.match(start)
    if said and said[1] not in DELIMITERS:
        raise Unreadable("not_table", f"“{said[1]}” cannot delimit cells: use a comma, semicolon, tab or bar.")
    return Dialect(encoding, delimiter or (said[1] if said else delimiter_of(start)), 2 if said else 1)


def lines(path: Path, dialect: Dialect, tick: Callable[[int], None] | None = None) -> Iterator[Line]:
    """Every line, empty ones too. `tick` is told how many bytes were read. Raises Unreadable."""
    try:
        with path.open("rb") as file, io.TextIOWrapper(file, encoding=dialect.encoding, newline="") as text:
            for _ in range(1, dialect.begins):
                text.readline()
            for line in _read(text, dialect.delimiter, dialect.begins):
                yield line
                if tick and not line.number % 256:
                    tick(file.tell())
        if tick:
            tick(path.stat().st_size)
    except UnicodeError as error:
        raise _not_in(dialect.encoding, error) from None


def refuse_other_formats(path: Path) -> None:
    """Raise Unreadable for what is no CSV by its beginning: empty, an archive, a web page, XML, JSON."""
    with path.open("rb") as file:
        start = file.read(4096)
    bare = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if not bare:
        raise Unreadable("empty", "The file is empty.")
    if start.startswith((b"PK\x03\x04", b"\x1f\x8b", b"\xd0\xcf\x11\xe0")):
        raise Unreadable("compressed", "The file is an archive or a workbook, not a CSV file.")
    if bare.startswith((b"<!doctype html", b"<html")):
        raise Unreadable("html", "This is a web page (HTML), not a CSV file.")
    if bare.startswith((b"<", b"{", b"[")):
        raise Unreadable("not_table", f"This is not a CSV file: it begins with {start[:40]!r}.")


def _not_in(encoding: str, error: UnicodeError) -> Unreadable:
    return Unreadable("encoding", f"The file is not in the encoding {encoding}: {error}.")


def _encoding_of(path: Path) -> str:
    found = encodings.detect(path)
    if found.encoding:
        return found.encoding
    broken = encodings.broken_utf8(path)
    if broken:
        message = (
            f"Line {broken} holds a byte that is not UTF-8, while the rest of the file is. Nothing was entered: "
            "correct that line, or say the encoding."
        )
    elif found.readings:
        message = (
            "The encoding of this file is not certain. Nothing was entered: say which encoding it is, "
            "or save it as UTF-8."
        )
    else:
        raise Unreadable("encoding", "The encoding of this file is not known: save it as UTF-8.")
    telling = _telling_lines(path)
    readings = [(r.encoding, [line.decode(r.encoding, "replace").strip() for line in telling]) for r in found.readings]
    raise EncodingUncertain(message, readings)


def _telling_lines(path: Path) -> list[bytes]:
    """The first lines with bytes beyond ASCII."""
    telling: list[bytes] = []
    with path.open("rb") as file:
        while len(telling) < TELLING_LINES and (line := file.readline(LONGEST)):
            if not line.isascii():
                telling.append(line[:1000])
    return telling


def _read(text: io.TextIOWrapper, delimiter: str, first: int) -> Iterator[Line]:
    last = ""

    def physical() -> Iterator[str]:
        nonlocal last
        while line := text.readline(LONGEST):
            if len(line) == LONGEST:
                raise Unreadable("oversize", f"There is a line of more than {LONGEST:,} characters.")
            last = line
            yield line

    reader = csv.reader(physical(), delimiter=delimiter, strict=True)
    number = first - 1
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "unexpected end" in str(error):
                raise Unreadable("truncated", f"The file breaks off inside the cell of row {number}.") from None
            if "field limit" in str(error):
                raise Unreadable("oversize", f"A cell of row {number} has more than {LONGEST:,} characters.") from None
            yield Line(number, [last.rstrip("\r\n")], f"the row cannot be read: {error}")
        else:
            yield Line(number, cells)


def delimiter_of(start: str) -> str:
    """The one that most of the first lines hold the same number of, outside quotes; the more, the better."""
    bare = "".join(start.split('"')[::2])
    rows = [row for row in bare.splitlines()[:30] if row.strip()]

    def steady(delimiter: str) -> tuple[int, int]:
        counts = Counter(count for row in rows if (count := row.count(delimiter)))
        return max(((times, count) for count, times in counts.items()), default=(0, 0))

    return max(DELIMITERS, key=steady)
