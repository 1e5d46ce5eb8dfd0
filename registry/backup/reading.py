"""Reading a backup: proved whole and ours from the first line to the last before anything is made of it."""

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from registry.backup.layout import FORMAT, BackupRefused

LONGEST_LINE = 256 * 1024 * 1024
"""Bytes of one row: what is longer was not written by us."""
DAMAGED = "The file is damaged"


@dataclass(frozen=True)
class Head:
    """What the file says of itself."""

    version: str
    revision: str
    made_at: str
    registry_id: str
    epoch: str
    engine: str
    rows: int = 0
    """In all tables together, as counted"""
    tables: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Table:
    """A table in the file; its rows follow."""

    name: str
    columns: list[tuple[str, str]]
    """(name, kind)"""
    next_id: int | None


def verify(path: Path) -> Head:
    """Read the whole file and return its head. Raises BackupRefused with the reason, OSError."""
    head, rows, open_table, total = None, 0, None, 0
    names: set[str] = set()
    digest = hashlib.sha256()
    for line in _lines(path):
        value = _parsed(line)
        if head is None:
            head = _head(value)
        elif isinstance(value, list):
            if open_table is None or len(value) != len(open_table.columns):
                raise BackupRefused(f"{DAMAGED}: a row stands where none can be.")
            rows += 1
        elif "table" in value and open_table is None:
            open_table, rows = _table(value), 0
        elif open_table is not None and value.get("table_end") == open_table.name and value.get("rows") == rows:
            names.add(open_table.name)
            open_table, total = None, total + rows
        elif open_table is None and "end" in value:
            if value["end"] != {"tables": len(names), "rows": total, "sha256": digest.hexdigest()}:
                raise BackupRefused(f"{DAMAGED}: its content is not what was written.")
            return replace(head, rows=total, tables=frozenset(names))
        else:
            raise BackupRefused(f"{DAMAGED}: a table's rows are not as many as were written.")
        digest.update(line)
    if head is None:
        raise BackupRefused("The file is empty.")
    raise BackupRefused(f"{DAMAGED}: it breaks off.")


def tables(path: Path) -> Iterator[tuple[Table, Iterator[list[Any]]]]:
    """Tables in the order of their dependencies, each with its rows, to be read in this order. Verify first."""
    lines = (orjson.loads(line) for line in _lines(path))
    for value in lines:
        if isinstance(value, dict) and "table" in value:
            yield _table(value), _rows_until_end(lines)


def _rows_until_end(lines: Iterator[Any]) -> Iterator[list[Any]]:
    for value in lines:
        if not isinstance(value, list):
            return
        yield value


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path, "rb") as packed:
            while line := packed.readline(LONGEST_LINE):
                yield line
    except gzip.BadGzipFile:
        raise BackupRefused("The file is not a backup of CASA Registry.") from None
    except (EOFError, zlib.error):
        raise BackupRefused(f"{DAMAGED}: it breaks off, or was changed.") from None


def _parsed(line: bytes) -> Any:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, list | dict):
        raise BackupRefused("The file is not a backup of CASA Registry, or it is damaged.")
    return value


def _head(value: Any) -> Head:
    if not isinstance(value, dict) or not isinstance(value.get("casa_backup"), int):
        raise BackupRefused("The file is not a backup of CASA Registry.")
    if value["casa_backup"] > FORMAT:
        raise BackupRefused("The backup was made by a newer version of CASA Registry: restore it with that one.")
    names = ("version", "revision", "made_at", "registry_id", "epoch", "engine")
    if not all(isinstance(value.get(name), str) for name in names):
        raise BackupRefused(f"{DAMAGED}: its head is not whole.")
    return Head(**{name: value[name] for name in names})


def _table(value: dict[str, Any]) -> Table:
    match value:
        case {"table": str(name), "columns": [*columns], "next_id": int() | None as next_id} if columns and all(
            isinstance(column, list) and len(column) == 2 and all(isinstance(part, str) for part in column)
            for column in columns
        ):
            return Table(name, [(column[0], column[1]) for column in columns], next_id)
    raise BackupRefused(f"{DAMAGED}: a table's head is not whole.")
