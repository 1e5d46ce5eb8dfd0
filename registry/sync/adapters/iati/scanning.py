"""Where the activities stand in a file: found in its bytes, without building anything. Memory is flat.

The file is known to be well-formed (verifying.py), so `<iati-activity` outside of comments, CDATA and processing
instructions is a tag. What stands between the activities goes through a real parser, which knows what they inherit.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

from registry.sync.adapters.contract import DocumentRefused, Tick

BLOCK = 1 << 20
MAX_BYTES = 4_000_000
BEGINNING = 1 << 16
"""What is kept of an activity that is larger than MAX_BYTES"""
_OPENER = re.compile(rb"<(?:!(?:--|\[CDATA\[)|\?|/?(?:[\w.\-]{1,40}:)?iati-activity(?=[\s/>]))")
_LONGEST_OPENER = 64
_UNTIL = {b"<!--": b"-->", b"<![CDATA[": b"]]>", b"<?": b"?>"}
_TAG_END = re.compile(rb"""[^>"']*(?:"[^"]*"[^>"']*|'[^']*'[^>"']*)*>""")
_SLOT = b"casa-slot"


@dataclass(frozen=True, slots=True)
class Context:
    """The tags that stand open around an activity: it is read between them, so that it inherits what it should."""

    opening: bytes = b""
    closing: bytes = b""
    depth: int = 0


@dataclass(slots=True)
class Found:
    """An activity's bytes. `content` is only the beginning where `whole` is False (it is larger than MAX_BYTES)."""

    start: int
    """Byte of the file"""
    length: int
    line: int
    head: int
    """Bytes of its start tag"""
    content: bytes
    whole: bool
    plain: bool
    """Holds no comment, CDATA or processing instruction: its bytes can be searched as they stand"""
    context: Context


@dataclass(slots=True)
class _Open:
    start: int
    line: int
    head: int
    plain: bool = True
    beginning: bytes | None = None


class _Surroundings:
    """What is outside of activities, parsed as it comes."""

    def __init__(self) -> None:
        self._parser: Any = etree.XMLPullParser(events=("start", "end"), resolve_entities=False, no_network=True)
        self._open: list[Any] = []
        self._context = Context()

    def feed(self, content: bytes) -> None:
        try:
            self._parser.feed(content)
            events = list(self._parser.read_events())
        except etree.XMLSyntaxError as error:
            raise DocumentRefused("oversize", f"The file holds something too large to read: {error.msg}.") from None
        for event, node in events:
            if event == "start":
                self._open.append(node)
            else:
                self._open.pop()
                node.clear()
        if events:
            self._context = self._written()

    def _written(self) -> Context:
        inner: Any = None
        for node in self._open:
            made = etree.Element(node.tag, dict(node.attrib), nsmap=node.nsmap)
            if inner is not None:
                inner.append(made)
            inner = made
        if inner is None:
            return Context()
        inner.text = _SLOT.decode()
        opening, _, closing = etree.tostring(inner.getroottree()).rpartition(_SLOT)
        return Context(opening, closing, len(self._open))

    @property
    def context(self) -> Context:
        return self._context


def activities(path: Path, tick: Tick) -> Iterator[Found]:
    """Every activity of a file in UTF-8, in the order in which they end; one inside another is found too."""
    surroundings = _Surroundings()
    open_: list[_Open] = []
    buffer, base = b"", 0
    at = outside = counted = 0
    """In the buffer: where to go on; where what is outside of activities begins; up to where lines are counted"""
    line = 1
    until: bytes | None = None
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            buffer += block
            while True:
                if until:
                    end = buffer.find(until, at)
                    if end < 0:
                        at = max(at, len(buffer) - len(until) + 1)
                        break
                    at, until = end + len(until), None
                opener = _OPENER.search(buffer, at)
                if opener is None:
                    cut = buffer.rfind(b"<", max(at, len(buffer) - _LONGEST_OPENER))
                    at = len(buffer) if cut < 0 else cut
                    break
                if opener[0] in _UNTIL:
                    until, at = _UNTIL[opener[0]], opener.end()
                    for activity in open_:
                        activity.plain = False
                    continue
                tag = _TAG_END.match(buffer, opener.end())
                if tag is None:
                    at = opener.start()
                    if len(buffer) - at > MAX_BYTES:
                        raise DocumentRefused("oversize", "The file holds a start tag of more than 4 MB.")
                    break
                begin, at = opener.start(), tag.end()
                if not opener[0].startswith(b"</"):
                    line += buffer.count(b"\n", counted, begin)
                    counted = begin
                    if not open_:
                        surroundings.feed(buffer[outside:begin])
                    open_.append(_Open(base + begin, line, at - begin))
                    if buffer[at - 2] != 0x2F:
                        continue
                activity = open_.pop()
                yield _found(activity, buffer, base, at, surroundings.context)
                if not open_:
                    outside = at
            if not open_:
                surroundings.feed(buffer[outside:at])
                outside = keep = at
            elif base + at - open_[0].start <= MAX_BYTES and open_[0].beginning is None:
                keep = open_[0].start - base
            else:
                for activity in open_:
                    if activity.beginning is None:
                        activity.beginning = buffer[activity.start - base :][:BEGINNING]
                keep = at
            if counted < keep:
                line += buffer.count(b"\n", counted, keep)
                counted = keep
            buffer, base = buffer[keep:], base + keep
            at, outside, counted = at - keep, outside - keep, counted - keep
            tick(base + len(buffer))


def _found(activity: _Open, buffer: bytes, base: int, end: int, context: Context) -> Found:
    length = base + end - activity.start
    whole = activity.beginning is None and length <= MAX_BYTES
    content = activity.beginning if activity.beginning is not None else buffer[activity.start - base : end]
    return Found(
        activity.start, length, activity.line, activity.head,
        content if whole else content[:BEGINNING], whole, activity.plain, context,
    )  # fmt: skip
