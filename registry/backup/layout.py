"""The form of a backup: gzip over lines of JSON, the same from either engine. docs/operations.md describes it.

{"casa_backup": 1, "revision": "0003", "version": "0.1.0", "made_at": …, "registry_id": …, "epoch": …, "engine": …}
{"table": "need", "columns": [["id", "int"], ["state", "text"], …], "next_id": 58}
[1, "KEN", …]                                                        one line per row, by primary key
{"table_end": "need", "rows": 57}
…
{"end": {"tables": 31, "rows": 91423, "sha256": "…"}}                of all lines before, as they were before gzip
"""

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import JSON, Boolean, Column, Date, Float, Integer, LargeBinary, String
from sqlalchemy.types import TypeDecorator

from registry.db import UTCDateTime
from registry.errors import RegistryError

FORMAT = 1
OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE


class BackupRefused(RegistryError):
    """The file is no backup that this version can restore, or the database is not one to restore into."""

    status = 422
    code = "backup-refused"


def kind_of(column: Column[Any]) -> str:
    """How a column's values stand in the file. Raises TypeError for a type that has no place in it yet."""
    kind = column.type
    if isinstance(kind, UTCDateTime):
        return "instant"
    if isinstance(kind, TypeDecorator):
        kind = kind.impl_instance
    for type_, name in (
        (JSON, "json"), (Boolean, "bool"), (Date, "date"), (Integer, "int"), (Float, "float"), (LargeBinary, "bytes"),
        (String, "text"),
    ):  # fmt: skip
        if isinstance(kind, type_):
            return name
    raise TypeError(f"{column}: backups do not know {kind!r} yet: see registry/backup/layout.py")


def encode_row(values: list[Any]) -> bytes:
    """One row's line."""
    return orjson.dumps(values, default=_encode, option=OPTIONS)


def _encode(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value)} does not belong into a backup")


Convert = Callable[[Any], Any]


def _instant(text: str) -> str:
    # As UTCDateTime keeps it on SQLite: texts of one length sort as instants do.
    return datetime.fromisoformat(text).isoformat(" ", "microseconds")


SQLITE: dict[str, Convert] = {"instant": _instant, "bytes": base64.b64decode}
POSTGRESQL: dict[str, Convert] = {"bytes": base64.b64decode}
"""Kind → what the driver is handed for a value of the file; others as they are (PostgreSQL reads the text itself)."""
