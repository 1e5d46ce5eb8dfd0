"""The limits our figures are held against: the least that any solution must do, measured in the same run."""

import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import orjson
from lxml import etree


def activities(path: Path) -> Iterator[etree._Element]:
    """Bare lxml: each activity as it ends, memory flat."""
    for _, element in etree.iterparse(str(path), events=("end",), tag="iati-activity"):
        yield element
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]


def parse_touching_everything(path: Path) -> int:
    """Read every element's tag, text and attributes; nothing is kept."""
    count = 0
    for activity in activities(path):
        for element in activity.iter():
            _ = (element.tag, element.text, element.items())
        count += 1
    return count


def parse_and_hash(path: Path) -> int:
    """As above, with a SHA-256 of each activity's tags, texts and attributes."""
    count = 0
    for activity in activities(path):
        pieces: list[str] = []
        for element in activity.iter():
            pieces.append(str(element.tag))
            if element.text:
                pieces.append(element.text)
            for name, value in element.items():
                pieces += (name, value)
        hashlib.sha256("\0".join(pieces).encode()).digest()
        count += 1
    return count


def list_page(connection: sqlite3.Connection, columns: str, limit: int) -> bytes:
    """The same page by hand: one prepared statement on an index, rows to JSON."""
    cursor = connection.execute(
        f"SELECT {columns} FROM programme WHERE archived_at IS NULL ORDER BY updated_at DESC, id DESC LIMIT {limit}"
    )
    names = [item[0] for item in cursor.description]
    return orjson.dumps({"items": [dict(zip(names, row, strict=True)) for row in cursor], "next": None, "total": None})
