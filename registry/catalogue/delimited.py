"""CSV in any custom: its encoding and delimiter declared or found out, its lines one after the other. Memory is flat.

Knows no kind of record. A file that stops inside a quoted cell is refused: it breaks off.
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from registry.catalogue.cells import Line, Unreadable

LONGEST = 16_000_000
"""Characters of a cell or of a line of the file: beyond that it is no table"""
DELIMITERS = ",;\t|"
ENCODINGS = ("utf-8", "utf-16", "cp1252", "cp1251", "gb18030")
"""Those that are found out; any other that Python knows can be declared."""
SAMPLE = 1 << 20
_HIGH = re.compile(rb"[\x80-\xff]+")
_SAID = re.compile(r"\ufeff?sep=(.)\r?\n")
"""The line by which spreadsheets tell one another the delimiter"""
_COMMON_CHINESE = bytes(range(0xA1, 0xFF))
_CYRILLIC = bytes((0xA8, 0xB8, *range(0xC0, 0x100)))
csv.field_size_limit(LONGEST)


def lines(
    path: Path, delimiter: str | None = None, encoding: str | None = None, tick: Callable[[int], None] | None = None
) -> Iterator[Line]:
    """Every line, empty ones too. `tick` is told how many bytes were read. Raises Unreadable."""
    encoding = encoding or encoding_of(path)
    try:
        with path.open("rb") as file, io.TextIOWrapper(file, encoding=encoding, newline="") as text:
            start = text.read(65_536)
            if "\x00" in start:
                raise Unreadable("not_table", "This is not a CSV file: there are zero bytes in it.")
            text.seek(0)
            said = _SAID.match(start)
            if said:
                text.readline()
            for line in _read(text, delimiter or (said[1] if said else delimiter_of(start)), 2 if said else 1):
                yield line
                if tick and not line.number % 256:
                    tick(file.tell())
        if tick:
            tick(path.stat().st_size)
    except UnicodeError as error:
        raise Unreadable("encoding", f"The file is not in the encoding {encoding}: {error}.") from None


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


def encoding_of(path: Path) -> str:
    """By byte order mark; else UTF-8 where all of it is; else by how bytes beyond ASCII stand together.

    Letters beyond ASCII stand alone in Western texts and in runs elsewhere; runs of Chinese pair up, Cyrillic ones do
    not. Raises Unreadable where nothing fits.
    """
    with path.open("rb") as file:
        sample = file.read(SAMPLE)
    if sample.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    # Without a mark: headers begin with ASCII, so every other byte of the beginning is zero.
    for name, zeros in (("utf-16-le", sample[1:4:2]), ("utf-16-be", sample[0:4:2])):
        if zeros == b"\x00\x00":
            return name
    if _reads(path, "utf-8"):
        return "utf-8"
    runs = _HIGH.findall(sample)
    high = b"".join(runs)
    if sum(len(run) for run in runs if len(run) >= 3) <= len(high) / 2:
        candidates = ["cp1252"]
    else:
        # What a text in that encoding mostly consists of: common characters, letters.
        usual = {"gb18030": _COMMON_CHINESE, "cp1251": _CYRILLIC}
        candidates = [name for name, table in usual.items() if len(high.translate(None, table)) < 0.3 * len(high)]
    for name in candidates:
        if _reads(path, name):
            return name
    raise Unreadable("encoding", "The file's encoding is not known: save it as UTF-8.")


def _reads(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while block := file.read(SAMPLE):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def delimiter_of(start: str) -> str:
    """The one that most of the first lines hold the same number of, outside quotes; the more, the better."""
    bare = "".join(start.split('"')[::2])
    rows = [row for row in bare.splitlines()[:30] if row.strip()]

    def steady(delimiter: str) -> tuple[int, int]:
        counts = Counter(count for row in rows if (count := row.count(delimiter)))
        return max(((times, count) for count, times in counts.items()), default=(0, 0))

    return max(DELIMITERS, key=steady)
