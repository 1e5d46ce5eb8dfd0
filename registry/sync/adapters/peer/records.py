"""Lines of programmes as pieces, and pieces as documents with their origin; and which of them the events took away."""

import hashlib
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from marshmallow import Schema, fields, validate

from registry.errors import InvalidInput
from registry.events.origin import Origin
from registry.schemas import LARGEST_ID, load
from registry.sync.adapters.contract import Piece, Record, RecordFault, Tick, check_programme, pages_of
from registry.sync.adapters.peer.lines import Head, Line, is_events, read_events, read_head, read_lines
from registry.sync.adapters.peer.shape import fitting
from registry.sync.adapters.text import clean

MAX_RECORD = 4_000_000
"""Bytes"""
LARGEST_VERSION = 2**31 - 1
AHEAD = 86_400
"""Seconds by which an origin's generation may lie ahead of our clock: a later one would never be followed by another"""
SUBJECT = "programmes/"


class OriginSchema(Schema):
    """`origin` of a line's or an event's data."""

    registry = fields.String(required=True, validate=validate.Regexp(r"[0-9a-f-]{36}\Z"))
    id = fields.Integer(required=True, strict=True, validate=validate.Range(1, LARGEST_ID))
    generation = fields.Integer(required=True, strict=True, validate=validate.Range(0, LARGEST_ID))
    version = fields.Integer(required=True, strict=True, validate=validate.Range(1, LARGEST_VERSION))


@cache
def _origin_schema() -> OriginSchema:
    return OriginSchema()


class Records:
    """Reads what following left: files of lines, and pages of events before them."""

    def verify(self, path: Path, tick: Tick) -> None:
        """Every file has its head, its end and as many lines as announced; pages of events are such."""
        read = 0
        for file in pages_of(path):
            size = file.stat().st_size
            if path.is_dir() and is_events(file):
                read_events(file)
            else:
                read_head(file)
                for line in read_lines(file):
                    tick(read + line.size)
            read += size
            tick(read)

    def split(self, path: Path, rows: int, tick: Tick) -> Iterator[list[Piece]]:
        """The lines of all files."""
        seen: dict[str, int] = {}
        batch: list[Piece] = []
        read = 0
        for file in pages_of(path):
            if not (path.is_dir() and is_events(file)):
                head = read_head(file)
                for line in read_lines(file):
                    batch.append(_piece(line, head, seen))
                    if len(batch) >= rows:
                        yield batch
                        batch = []
                        tick(read + line.size)
            read += file.stat().st_size
            tick(read)
        if batch:
            yield batch

    def read(self, piece: Piece) -> Record:
        """The document, less what does not fit its schema. See docs/sync.md for the codes of faults."""
        content, registry, generation = piece.raw
        data = orjson.loads(content)
        document, left_out = _checked(data["data"].get("document"))
        origin = origin_in(data["data"], Head(registry, generation, "", ""), data["id"], data["version"])
        if origin is None or origin.generation > time.time() + AHEAD:
            raise RecordFault("origin", "what it says of its origin cannot be")
        title = " / ".join(text["text"] for text in document.get("title", [])[:1])[:300]
        return Record(document, title, left_out, origin)

    def fragment(self, piece: Piece) -> str:
        """The line."""
        return clean(piece.raw[0][:4000].decode("utf-8", "replace"))[:4000] or "(an empty line)"

    def withdrawn(self, path: Path) -> dict[str, Origin]:
        """Remote id → the version in which it went, of what the events say is gone and the lines do not hold.

        A line that cannot be read holds nothing, so that its absence proves nothing: the event must say it.
        """
        last: dict[int, dict[str, Any]] = {}
        held: set[str] = set()
        head: Head | None = None
        for file in pages_of(path) if path.is_dir() else ():
            if is_events(file):
                last |= {number_of(event): event["data"] for event in read_events(file) if number_of(event)}
            else:
                head = read_head(file)
                held.update(piece.remote_id for batch in self.split(file, 500, lambda _: None) for piece in batch)
        found: dict[str, Origin] = {}
        for number, data in last.items():
            remote_id = f"{SUBJECT}{number}"
            origin = origin_in(data, head, number, data.get("version")) if head else None
            is_gone = data.get("tombstone") is True and remote_id not in held
            if is_gone and origin and origin.generation <= time.time() + AHEAD:
                found[remote_id] = origin
        return found


def number_of(event: dict[str, Any]) -> int:
    """The programme that an event is about; 0: it is about something else."""
    number = event["subject"].removeprefix(SUBJECT)
    fits = event["subject"].startswith(SUBJECT) and number.isascii() and number.isdecimal() and len(number) < 19
    return int(number) if fits else 0


def origin_in(data: dict[str, Any], head: Head, number: Any, version: Any) -> Origin | None:
    """What data says of the origin, which is the registry itself where it says nothing; None: nothing that could be."""
    said = data.get("origin")
    if said is None:
        said = {"registry": head.registry, "id": number, "generation": head.generation, "version": version}
    try:
        loaded = load(_origin_schema(), said)
    except InvalidInput:
        return None
    return Origin(loaded["registry"], loaded["id"], loaded["generation"], loaded["version"])


def _piece(line: Line, head: Head, seen: dict[str, int]) -> Piece:
    content, fault = line.content or b"", None
    said: dict[str, Any] = {}
    if line.content is None or len(content) > MAX_RECORD:
        fault = RecordFault("oversize", f"the record has more than {MAX_RECORD:,} bytes")
    try:
        found = orjson.loads(content) if content else None
    except orjson.JSONDecodeError as error:
        found, fault = None, RecordFault("unreadable", f"the line is not JSON: {error}")
    if isinstance(found, dict) and isinstance(found.get("data"), dict) and _is_number(found.get("id")):
        said = found
    elif fault is None:
        fault = RecordFault("unreadable", "the line is no programme")
    data = said.get("data", {})
    # The number of a version here says nothing of what another registry's record says.
    spoken = [said.get("id"), data.get("origin") or [head.generation, said.get("version")], data.get("document")]
    digest = hashlib.sha256(orjson.dumps(spoken, option=orjson.OPT_SORT_KEYS)).hexdigest()
    remote_id = f"{SUBJECT}{said['id']}" if said else f"line {line.number}"
    times = seen[remote_id] = seen.get(remote_id, 0) + 1
    if times > 1:
        fault = RecordFault("duplicate_identifier", f"“{remote_id}” stands in this file already: this is no. {times}")
        remote_id = f"{remote_id} [no. {times}]"
    kept = content if fault is None else content[:4000]
    return Piece(remote_id, digest, line.number, (kept, head.registry, head.generation), fault=fault)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LARGEST_ID


def _checked(document: Any) -> tuple[dict[str, Any], list[str]]:
    """The document without what does not fit, and where that stood."""
    if not isinstance(document, dict):
        raise RecordFault("unreadable", "the line holds no document")
    kept, left_out = fitting(document)
    check_programme(kept)
    return kept, left_out
