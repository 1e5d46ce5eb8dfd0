"""What a registry hands to its peers, as files: lines of programmes with a head and an end, and pages of its events."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from marshmallow import EXCLUDE, Schema, fields, validate

from registry.errors import InvalidInput
from registry.schemas import LARGEST_ID, load
from registry.sync.adapters.contract import DocumentRefused

MAX_LINE = 8_000_000
"""Bytes; longer ones are passed over piece by piece and never held"""
MAX_PAGE = 50_000_000
"""Bytes of a page of events, which is read whole"""
EVENTS = b"["
"""How a page of events begins; a file of lines begins with its head"""


class HeadSchema(Schema):
    """The first line's `snapshot`."""

    class Meta:
        unknown = EXCLUDE

    registry = fields.String(required=True, validate=validate.Regexp(r"[0-9a-f-]{36}\Z"))
    generation = fields.Integer(required=True, strict=True, validate=validate.Range(0, LARGEST_ID))
    epoch = fields.String(required=True, validate=validate.Length(1, 100))
    cursor = fields.String(required=True, validate=validate.Length(1, 500))


@dataclass(frozen=True, slots=True)
class Head:
    """Who hands on, and where its change feed goes on behind these lines."""

    registry: str
    generation: int
    epoch: str
    cursor: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line between head and end. `content` None: it is too long."""

    number: int
    content: bytes | None
    size: int


def is_events(path: Path) -> bool:
    """Whether a file is a page of events."""
    with path.open("rb") as file:
        return file.read(1) == EVENTS


def read_head(path: Path) -> Head:
    """A file's first line. Raises DocumentRefused where that is no head."""
    with path.open("rb") as file:
        first = file.readline(MAX_LINE)
    if not first.strip():
        raise DocumentRefused("empty", "The file is empty.")
    if first.lstrip()[:15].lower().startswith((b"<!doctype html", b"<html")):
        raise DocumentRefused("html", "This is a web page (HTML), not what a registry hands on.")
    try:
        said = orjson.loads(first)
    except orjson.JSONDecodeError as error:
        raise DocumentRefused("not_json", f"The first line is not JSON: {error}.") from None
    if not isinstance(said, dict) or not isinstance(said.get("snapshot"), dict):
        raise DocumentRefused("not_registry", "The first line is not the head of what a registry hands on.")
    try:
        return Head(**load(HeadSchema(), said["snapshot"]))
    except InvalidInput as error:
        raise DocumentRefused(
            "not_registry", f"The head does not say what it should: {', '.join(error.fields)}."
        ) from None


def read_lines(path: Path) -> Iterator[Line]:
    """The lines between head and end. Raises DocumentRefused `truncated` at the end unless as many came as it says."""
    number, size = 1, 0
    last: bytes | None = None
    with path.open("rb") as file:
        size += len(file.readline(MAX_LINE))
        while line := file.readline(MAX_LINE):
            number, size = number + 1, size + len(line)
            whole = line.endswith(b"\n")
            while not line.endswith(b"\n") and (line := file.readline(MAX_LINE)):
                size += len(line)
            if last is not None:
                yield Line(number - 1, last or None, size)
            last = line if whole else b""
    if _announced(last) != number - 2:
        raise DocumentRefused("truncated", "The lines break off: the end is missing, or another number was announced.")


def _announced(end: bytes | None) -> int | None:
    """How many lines the end says there were."""
    try:
        said = orjson.loads(end or b"")["end"]["records"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
    return said if isinstance(said, int) and not isinstance(said, bool) else None


def read_events(path: Path) -> list[dict[str, Any]]:
    """A page of events: objects with `sequence`, `subject` and `data`. Raises DocumentRefused."""
    if path.stat().st_size > MAX_PAGE:
        raise DocumentRefused("oversize", f"A page of events has more than {MAX_PAGE // 1_000_000} MB.")
    try:
        events = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise DocumentRefused("not_json", f"The events are not JSON: {error}.") from None
    if not isinstance(events, list) or not all(map(_is_event, events)):
        raise DocumentRefused("not_registry", "This is not a page of a registry's events.")
    return events


def _is_event(event: Any) -> bool:
    if not isinstance(event, dict) or not isinstance(event.get("data"), dict):
        return False
    sequence = event.get("sequence")
    return (
        isinstance(event.get("subject"), str)
        and isinstance(sequence, str)
        and sequence.isdecimal()
        and len(sequence) == 20
    )
