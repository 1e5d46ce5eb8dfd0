"""What every adapter gives the runner: a way to prove a document whole, to split it into pieces, to read one piece.

Pieces are cheap (identity and hash), so that an unchanged record is never read. Adapters write nothing anywhere.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from registry.errors import RegistryError

Tick = Callable[[int], None]
"""Told how many bytes of the document have been read so far."""


class DocumentRefused(RegistryError):
    """The document as a whole is not what it should be; nothing of it is used. `code`: see docs/sync.md."""

    status = 422

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class RecordFault(Exception):
    """One record cannot be used. It goes to quarantine with code and reason, the run goes on."""

    def __init__(self, code: str, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(reason)


@dataclass(slots=True)
class Piece:
    """One remote record in its document, identified and hashed but not read."""

    remote_id: str
    sha256: str
    """Canonical: equal for records that say the same, whatever their layout."""
    line: int | None
    raw: Any
    """The adapter's own handle; valid until the next batch is asked for."""
    derived: bool = False
    """The source gave no identifier: `remote_id` is made from its content."""
    fault: RecordFault | None = None
    """Known before reading: too large, the same identifier a second time."""


@dataclass(slots=True)
class Record:
    """A piece read: a document as in docs/programme-document.md. `warnings`: optional parts that were left out."""

    document: dict[str, Any]
    title: str
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Adapter:
    """One format. `version` grows whenever the same input would be read differently: then everything is read anew."""

    name: str
    version: str
    label: str
    verify: Callable[[Path, Tick], None]
    """Read to the end; raises DocumentRefused unless the document is whole and of this format."""
    split: Callable[[Path, int, Tick], Iterator[list[Piece]]]
    """Batches of at most so many pieces, in the document's order."""
    read: Callable[[Piece], Record]
    """Raises RecordFault."""
    fragment: Callable[[Piece], str]
    """The record as it came, at most 4,000 characters: shown beside the reason."""
