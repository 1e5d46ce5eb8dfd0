"""What every adapter gives the runner: a way to prove a document whole, to split it into pieces, to read one piece.

Pieces are cheap (identity and hash), so that an unchanged record is never read. Adapters write nothing anywhere.
docs/adapters.md shows how to write one.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from marshmallow import Schema

from registry.errors import InvalidInput, RegistryError
from registry.events.origin import Origin
from registry.json_text import dumps
from registry.schemas import load

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
        super().__init__(code, reason)  # as its arguments, so that it can go to another process

    def __str__(self) -> str:
        return self.reason


def check_programme(document: dict[str, Any]) -> None:
    """Raise RecordFault unless a programme of a feed can be kept: whichever adapter read it, the same is asked.

    A title is not needed: the identifier stands in its place. Where the identifier was made here, some text is.
    """
    if not document.get("iati_identifier"):
        raise RecordFault("identifier", "the document has no identifier, or one that is too long")
    if document.get("derived_identifier") and not document.get("title") and not document.get("descriptions"):
        raise RecordFault("no_text", "the activity has no identifier, no title and no description")


@dataclass(slots=True)
class Piece:
    """One remote record in its document, identified and hashed but not read."""

    remote_id: str
    sha256: str
    """Equal only where the record says the same: then it is not read. It may differ though nothing changed."""
    line: int | None
    raw: Any
    """The adapter's own handle, good while the document stands. It is pickled: another process may read the record."""
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
    origin: Origin | None = None
    """The registry where it was entered, and the version there; None: it is not from a registry"""


class Reader(Protocol):
    """An adapter set up for one feed. A document of several pages is a folder: see pages_of."""

    def verify(self, path: Path, tick: Tick, /) -> None:
        """Read to the end; raises DocumentRefused unless the document is whole and of this format."""

    def split(self, path: Path, rows: int, tick: Tick, /) -> Iterator[list[Piece]]:
        """Batches of at most so many pieces, in the document's order: the same pieces whenever it is split."""

    def read(self, piece: Piece, /) -> Record:
        """Raises RecordFault."""

    def fragment(self, piece: Piece, /) -> str:
        """The record as it came, at most 4,000 characters: shown beside the reason."""


class Noting(Reader, Protocol):
    """A reader that can say how it reads a document."""

    def notes(self, path: Path, /) -> list[str]:
        """Sentences on what was found out and what is not used. Raises DocumentRefused."""


class Withdrawing(Reader, Protocol):
    """A reader of documents that say themselves what is gone."""

    def withdrawn(self, path: Path, /) -> dict[str, Origin]:
        """Remote id → the version of its origin in which it was withdrawn."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A partner's answer: a page of the document. `headers`: those of outbound.client.KEPT, by lower-case name."""

    path: Path
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Followed:
    """What following came to. `state` is kept with the feed once all of it is applied, JSON values only."""

    whole: bool
    """Everything there is: what is not in it is missing. Else only what changed"""
    state: dict[str, Any]
    nothing: bool
    """Nothing changed"""


class Following(Protocol):
    """How an adapter follows its partner: what it knows, and how it asks."""

    url: str
    """The feed's"""
    state: dict[str, Any] | None
    """Of the last time; None: begin with everything"""
    registry: str
    """This registry's own id"""

    def ask(self, address: str) -> Asked:
        """Fetch an address; its answer is the document's next page. Raises FetchFailed."""

    def begin_again(self) -> None:
        """Drop the pages so far."""


class NoConfig(Schema):
    """For formats in which nothing is to be set."""


@dataclass(frozen=True)
class Adapter:
    """One format. `version` grows whenever the same input would be read differently: then everything is read anew."""

    name: str
    version: str
    label: str
    open: Callable[[dict[str, Any]], Reader]
    """Given what `config` loaded"""
    config: type[Schema] = NoConfig
    """What can be set per feed. A field's metadata: `label` and `description` for people; defaults are the schema's."""
    next_page: Callable[[Path, str], str | None] | None = None
    """For documents of several pages: (a fetched page, its address) → the address of the next, None after the last.

    It may be relative. Raises DocumentRefused where the page is none.
    """
    follow: Callable[[Following], Followed] | None = None
    """For partners that say what changed: asks for it, page by page. Raises FetchFailed, DocumentRefused."""
    target: str = "programme"
    """What its records become: a key of registry.sync.targets.TARGETS"""

    def bind(self, config: Mapping[str, Any]) -> Reader:
        """A reader for a feed of this configuration. Raises InvalidInput, with paths that begin with `config.`."""
        try:
            return self.open(load(self.config(), dict(config)))
        except InvalidInput as error:
            raise InvalidInput({_inside_config(path): words for path, words in error.fields.items()}) from None

    def reads_as(self, config: Mapping[str, Any]) -> str:
        """Version and configuration: what was read under others is read anew."""
        if not config:
            return self.version
        return f"{self.version} {hashlib.sha256(dumps(dict(config)).encode()).hexdigest()}"


def _inside_config(path: str) -> str:
    return "config" if path == "_schema" else f"config.{path}"


def pages_of(path: Path) -> list[Path]:
    """The pages of a document in their order: the files of a folder, or the one file."""
    return sorted(path.iterdir()) if path.is_dir() else [path]
