"""YAML text → plain data and the line of each value. Reads no file, knows nothing of what the file is about.

Stricter than YAML: no anchors or aliases (a few bytes can stand for gigabytes), no tags, no duplicate keys, one
document, bounded depth; and only what JSON has: dates and `yes`/`no` stay text. It walks the parser's events, so that a
hostile file is refused before anything of it is built.
"""

import math
import re
from collections.abc import Iterator
from typing import Any

import yaml

from registry.errors import InvalidInput

MAX_DEPTH = 40
Lines = dict[tuple[str | int, ...], int]
"""path of a value → line in the file, from 1"""

_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]{1,3})?")
_LARGEST = 2**53
"""Beyond this, JSON readers disagree about a number."""


class Unreadable(InvalidInput):
    """The text is not YAML as this registry takes it; the message says in which line and why."""

    def __init__(self, line: int, reason: str) -> None:
        self.line, self.reason = line, reason
        super().__init__({f"line {line}": [reason]})


def parse(text: str) -> tuple[Any, Lines]:
    """The document and the line of each of its values. Raises Unreadable."""
    lines: Lines = {}
    try:
        reader = _Reader(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)), lines)
        return reader.document(), lines
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Unreadable(mark.line + 1 if mark else 1, error.problem or "This is not YAML.") from None
    except yaml.YAMLError as error:  # a character that YAML does not allow
        raise Unreadable(1, " ".join(str(error).split())) from None


class _Reader:
    def __init__(self, events: Iterator[yaml.Event], lines: Lines) -> None:
        self.events, self.lines = events, lines

    def document(self) -> Any:
        next(self.events)  # the stream's start
        if isinstance(next(self.events), yaml.StreamEndEvent):
            raise Unreadable(1, "The file is empty.")
        value = self.value(next(self.events), ())
        next(self.events)  # the document's end
        more = next(self.events)
        if not isinstance(more, yaml.StreamEndEvent):
            raise Unreadable(_line(more), "A second document begins here; one file holds one.")
        return value

    def value(self, event: yaml.Event, path: tuple[str | int, ...]) -> Any:
        self.lines[path] = _line(event)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise Unreadable(_line(event), "Anchors and aliases are not allowed: write the value out.")
        if getattr(event, "tag", None):
            raise Unreadable(_line(event), f"The tag {event.tag} is not allowed.")  # type: ignore[attr-defined]
        if len(path) > MAX_DEPTH:
            raise Unreadable(_line(event), f"This is nested more than {MAX_DEPTH} levels deep.")
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event) if event.implicit[0] and not event.style else event.value
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(path)
        return self.mapping(path)

    def sequence(self, path: tuple[str | int, ...]) -> list[Any]:
        values: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            values.append(self.value(event, (*path, len(values))))
        return values

    def mapping(self, path: tuple[str | int, ...]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            # A key is always text, so that `no: …` and `2024: …` mean what they say.
            if not isinstance(event, yaml.ScalarEvent) or event.anchor or event.tag or event.value == "<<":
                raise Unreadable(_line(event), "A key must be plain text.")
            if event.value in values:
                raise Unreadable(_line(event), f"The key {event.value} stands here a second time.")
            values[event.value] = self.value(next(self.events), (*path, event.value))
            self.lines[(*path, event.value)] = _line(event)
        return values


def _scalar(event: yaml.ScalarEvent) -> Any:
    text = event.value
    if text in ("", "~", "null"):
        return None
    if text in ("true", "false"):
        return text == "true"
    match = _NUMBER.fullmatch(text)
    if not match:
        return text
    if math.isinf(float(text)) or abs(float(text)) > _LARGEST:
        raise Unreadable(_line(event), f"The number {text[:40]} is too large.")
    return float(text) if match[2] or match[3] else int(text)


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1
