"""A snapshot: everything a reader may see now, as lines of JSON, with the change feed's cursor to go on from.

Read page by page in short transactions, so that a slow reader holds nothing. The cursor is taken before the first page:
a record that changes while the snapshot is read may stand in it as before or after, and its event comes behind the
cursor; whoever applies only higher versions ends with the same content. Slices say what their records look like.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlmodel import Session

from registry.db import Database

FORMAT = 1
CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Record:
    """One record as a reader may see it now. `data`: JSON values, instants, dates, or a Fragment of JSON text."""

    id: int | str
    version: int
    updated_at: datetime
    data: Any


ReadPage = Callable[[Session, int, int], Sequence[tuple[int, Record]]]
"""(session, after, limit) → (key, record) by key above `after`; fewer than `limit`: these were the last"""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record: where its addresses begin, how its pages are read, how many records a page holds."""

    subject: str
    """`programmes`: with the id behind it the CloudEvents subject, and the address under /api/v1/"""
    read: ReadPage
    page: int = 200


def snapshot_lines(
    database: Database,
    kinds: Mapping[str, Kind],
    *,
    epoch: str,
    cursor: str,
    source: str,
    now: datetime,
    **more: Any,
) -> Iterator[bytes]:
    """The snapshot in pieces of whole lines: head, one line per record, and the end, without which it is not whole."""
    head = {"format": FORMAT, "source": source, "epoch": epoch, "cursor": cursor, "time": now, "kinds": list(kinds)}
    head |= more
    yield _line({"snapshot": head})
    counts = dict.fromkeys(kinds, 0)
    for name, kind in kinds.items():
        parts: list[bytes] = []
        size = 0
        for record in _records(database, kind):
            counts[name] += 1
            parts.append(record_line(name, kind, record))
            size += len(parts[-1])
            if size > CHUNK:
                yield b"".join(parts)
                parts, size = [], 0
        yield b"".join(parts)
    yield _line({"end": {"counts": counts, "records": sum(counts.values())}})


def record_line(name: str, kind: Kind, record: Record) -> bytes:
    """One record's line."""
    return _line(
        {
            "kind": name,
            "id": record.id,
            "subject": f"{kind.subject}/{record.id}",
            "version": record.version,
            "updated_at": record.updated_at,
            "data": record.data,
        }
    )


def _records(database: Database, kind: Kind) -> Iterator[Record]:
    after = 0
    while True:
        with database.reading() as session:
            page = kind.read(session, after, kind.page)
        for _, record in page:
            yield record
        if len(page) < kind.page:
            return
        after = page[-1][0]


def _line(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS | orjson.OPT_APPEND_NEWLINE)
