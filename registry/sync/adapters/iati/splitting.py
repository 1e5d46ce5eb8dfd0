"""Second pass over a spooled file: its activities, one after the other, identified and with a fingerprint each.

Nothing is built here: an activity that did not change since the last run is never parsed. What is needed of one is
found in its bytes where they are plain, and by parsing it where they are not.
"""

import codecs
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from registry.sync.adapters.contract import DocumentRefused, Piece, RecordFault, Tick
from registry.sync.adapters.iati.encoding import encoding_of
from registry.sync.adapters.iati.identity import MAX_IDENTIFIER, identity_of
from registry.sync.adapters.iati.parsing import Parsed, beginning
from registry.sync.adapters.iati.scanning import MAX_BYTES, Context, Found, activities

MAX_ELEMENTS = 20_000
BATCH_BYTES = 4_000_000
_IDENTIFIER = re.compile(rb"<iati-identifier(?:\s[^<>]*)?>([^<>&]*)</iati-identifier\s*>")
_TOUCHED = re.compile(rb"""\slast-updated-datetime\s*=\s*(?:"[^"]*"|'[^']*')""")
"""Exporters stamp every activity anew each night, and that changes nothing."""


@dataclass(frozen=True, slots=True)
class Extract:
    """Where an activity stands: what Piece.raw is. Cheap to hand to another process."""

    path: str
    start: int
    length: int
    context: Context
    held: bytes | None = None
    """Its bytes, where they do not stand so in the file: it is in another encoding"""

    def content(self, most: int = MAX_BYTES) -> bytes:
        """At most so many of its bytes, in UTF-8."""
        if self.held is not None:
            return self.held[:most]
        with Path(self.path).open("rb") as file:
            file.seek(self.start)
            return file.read(min(self.length, most))

    def parse(self) -> Parsed:
        """Raises RecordFault beyond the limits."""
        return Parsed(self.content(), self.context)


def split(path: Path, rows: int, tick: Tick) -> Iterator[list[Piece]]:
    """Batches of at most `rows` activities, fewer where they are large; the same ones each time the file is split."""
    seen: dict[str, int] = {}
    batch: list[Piece] = []
    batch_bytes = 0
    fingerprint = _Fingerprint()
    with _in_utf8(path) as file:
        for found in activities(file, tick):
            held = None if file is path else found.content
            raw = Extract(str(file), found.start, found.length, found.context, held)
            batch.append(_piece(found, raw, seen, fingerprint))
            batch_bytes += found.length
            if len(batch) >= rows or batch_bytes >= BATCH_BYTES:
                yield batch
                batch, batch_bytes = [], 0
        if batch:
            yield batch


@contextmanager
def _in_utf8(path: Path) -> Iterator[Path]:
    """The file itself, or a copy of it in UTF-8 while it is split."""
    encoding = encoding_of(path)
    if encoding == "utf-8":
        yield path
        return
    with TemporaryDirectory(prefix="casa-utf8-") as folder:
        copy = Path(folder) / "document.xml"
        try:
            with path.open("rb") as source, copy.open("w", encoding="utf-8", newline="") as target:
                decoder = codecs.getincrementaldecoder(encoding)()
                beginning = True
                while block := source.read(1 << 20):
                    text = decoder.decode(block)
                    target.write(_without_declaration(text) if beginning else text)
                    beginning = False
                target.write(decoder.decode(b"", True))
        except (UnicodeDecodeError, LookupError) as error:
            raise DocumentRefused("encoding", f"The file cannot be read as {encoding}: {error}.") from None
        yield copy


def _without_declaration(text: str) -> str:
    """The declaration names the old encoding; its lines stay, so that positions hold."""
    text = text.lstrip("\ufeff")
    if not text.startswith("<?xml"):
        return text
    declaration, end, rest = text.partition("?>")
    return "\n" * declaration.count("\n") + rest if end else text


class _Fingerprint:
    """SHA-256 of an activity's bytes and of what surrounds it, the time of its last export left out."""

    def __init__(self) -> None:
        self._context: Context | None = None
        self._begun = hashlib.sha256()

    def of(self, found: Found) -> str:
        """Hex, 64 characters."""
        if found.context is not self._context:
            self._context, self._begun = found.context, hashlib.sha256(found.context.opening)
        digest = self._begun.copy()
        digest.update(_TOUCHED.sub(b"", found.content[: found.head], count=1))
        digest.update(found.content[found.head :])
        return digest.hexdigest()


def _piece(found: Found, raw: Extract, seen: dict[str, int], fingerprint: _Fingerprint) -> Piece:
    identifier, derived = _identity(found)
    fault = _limits(found)
    if len(identifier) > MAX_IDENTIFIER:
        fault = RecordFault("identifier", f"the identifier is longer than {MAX_IDENTIFIER} characters")
        identifier = f"{identifier[:100]}… {hashlib.sha256(identifier.encode()).hexdigest()[:40]}"
    times = seen[identifier] = seen.get(identifier, 0) + 1
    if times > 1:
        fault = RecordFault("duplicate_identifier", f"“{identifier}” stands in this file already: this is no. {times}")
        identifier = f"{identifier} [no. {times}]"
    return Piece(identifier, fingerprint.of(found), found.line, raw, derived, fault)


def _limits(found: Found) -> RecordFault | None:
    if not found.whole:
        return RecordFault("oversize", f"the activity is larger than {MAX_BYTES // 1_000_000} MB")
    # Every element has an end, or ends in its own tag.
    if found.length > 4 * MAX_ELEMENTS and found.content.count(b"</") + found.content.count(b"/>") > MAX_ELEMENTS:
        return RecordFault("oversize", f"the activity has more than {MAX_ELEMENTS:,} elements")
    return None


def _identity(found: Found) -> tuple[str, bool]:
    """(identifier, whether it was derived), as identity_of says it of the parsed element."""
    content = found.content
    if found.plain and (match := _IDENTIFIER.search(content, found.head)):
        # A child of the activity itself: all that was begun before it has ended.
        before = content[found.head : match.start()]
        if before.count(b"<") == 2 * before.count(b"</") + before.count(b"/>") and (
            text := " ".join(match[1].decode("utf-8", "replace").split())
        ):
            return text, False
    if not found.whole:
        return identity_of(beginning(content, found.context))
    try:
        return identity_of(Parsed(content, found.context).activity)
    except RecordFault:
        return identity_of(beginning(content, found.context))
