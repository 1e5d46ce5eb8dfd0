"""Reading records and judging them: what takes the time of a run, and needs no database. So it can be done elsewhere.

`main` is a reader for a run in another process (crew.py): batches come in on its standard input, what became of them
goes out on its standard output, and it ends when the input does.
"""

import pickle
import struct
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, BinaryIO

from registry import priority
from registry.catalogue.rows import Derived, derive
from registry.events.origin import Origin
from registry.json_text import dumps
from registry.sync.adapters import ADAPTERS
from registry.sync.adapters.contract import Piece, Reader, Record, RecordFault
from registry.sync.classification import Classified
from registry.sync.collector import collecting_seldom
from registry.sync.judges import JUDGES, Judge
from registry.sync.rules import content_key

BY_VERDICT = "a person decided that it does not belong here"
OWN = "this registry's own record, come back by way of another"
LENGTH = struct.Struct("!Q")


@dataclass(frozen=True)
class Reading:
    """How one run reads and judges: the same for all of its batches, and in every process."""

    adapter: str
    config: dict[str, Any]
    """The feed's"""
    scope: str
    key: str
    """rules.reading_key"""
    source: str
    """`feed:<id>`"""
    registry: str = ""
    """This registry's own id"""

    @cached_property
    def reader(self) -> Reader:
        """The adapter, set up for the feed."""
        return ADAPTERS[self.adapter].bind(self.config)

    @property
    def target(self) -> str:
        """What the records become."""
        return ADAPTERS[self.adapter].target

    @cached_property
    def judge(self) -> Judge:
        """Says what belongs here."""
        return JUDGES[self.target]()

    def __reduce__(self) -> Any:
        # The reader is made anew at the other end.
        return Reading, (self.adapter, self.config, self.scope, self.key, self.source, self.registry)


@dataclass(slots=True)
class Candidate:
    """A piece that must be read, with what decides about it besides its content."""

    piece: Piece
    content: str | None = None
    """rules.content_key of what it said when it was last applied"""
    verdict: str | None = None


@dataclass(slots=True)
class Verdict:
    """What is to become of a record. `text`, `derived` …: what goes into the catalogue, where it does."""

    outcome: str
    """`applied`, `ignored`, `quarantined`, or `same`: it says what it said when it was last applied"""
    title: str = ""
    reason_code: str | None = None
    reason: str | None = None
    fragment: str | None = None
    content: str | None = None
    text: str | None = None
    """The document, JSON"""
    themes: list[str] = field(default_factory=list)
    relevance: str = ""
    derived: Derived | None = None
    origin: Origin | None = None

    def __reduce__(self) -> Any:
        # Ten thousand of these go through a pipe: a plain tuple is pickled in a third of the time.
        return Verdict, (
            self.outcome, self.title, self.reason_code, self.reason, self.fragment, self.content, self.text,
            self.themes, self.relevance, self.derived, self.origin,
        )  # fmt: skip


def judge_all(candidates: Iterable[Candidate], reading: Reading) -> list[Verdict]:
    """Read and judge each; one that cannot be read is quarantined with the reason."""
    return [judge(candidate, reading) for candidate in candidates]


def judge(candidate: Candidate, reading: Reading) -> Verdict:
    """Read a piece and decide whether it belongs into the catalogue."""
    piece = candidate.piece
    try:
        if piece.fault:
            raise piece.fault
        record = reading.reader.read(piece)
        text = dumps(record.document)
        content = content_key(reading.key, text, record.document.get("last_updated"), record.origin)
        if content == candidate.content:
            return Verdict("same", content=content)
        judged = reading.judge.classify(record.document)
        return _decide(candidate, record, text, content, judged, reading)
    except RecordFault as fault:
        return refused(piece, fault.code, fault.reason, reading)
    except Exception as error:  # noqa: BLE001  (one record the reader was not made for must not end the run)
        return refused(piece, "unreadable", f"{type(error).__name__}: {error}", reading)


def refused(piece: Piece, code: str, reason: str, reading: Reading) -> Verdict:
    """Keep a record out, with the reason and the beginning of its text."""
    return Verdict("quarantined", reason_code=code, reason=reason[:1000], fragment=reading.reader.fragment(piece))


def _decide(
    candidate: Candidate, record: Record, text: str, content: str, judged: Classified, reading: Reading
) -> Verdict:
    if record.origin and record.origin.registry == reading.registry:
        return Verdict("ignored", record.title, "own", OWN, content=content)
    if candidate.verdict == "ignore":
        return Verdict("ignored", record.title, "verdict", BY_VERDICT, content=content)
    if not (judged.relevant or reading.scope == "all" or candidate.verdict == "keep"):
        return Verdict("ignored", record.title, "not_relevant", judged.reason[:1000], content=content)
    kept = "kept by a person" if candidate.verdict == "keep" else "scope all"
    relevance = judged.reason if judged.relevant else kept
    derived = None
    if reading.target == "programme":
        derived = derive(record.document, themes=judged.themes, source=reading.source, relevance=relevance)
    code, reason = _warnings(record)
    return Verdict(
        "applied", record.title, code, reason, None, content, text, judged.themes, relevance, derived, record.origin
    )  # fmt: skip


def _warnings(record: Record) -> tuple[str | None, str | None]:
    if not record.warnings:
        return None, None
    listed = "; ".join(record.warnings)
    return "warnings", f"{len(record.warnings)} left out: {listed}"[:1000]


def pack(value: Any) -> bytes:
    """What goes through a pipe."""
    return pickle.dumps(value, protocol=5)


def unpack(content: bytes) -> Any:
    """What came through it: from our own child or parent, and nobody else holds the other end."""
    return pickle.loads(content)  # noqa: S301


def send(stream: BinaryIO, content: bytes) -> None:
    """One message to the other end."""
    stream.write(LENGTH.pack(len(content)))
    stream.write(content)
    stream.flush()


def receive(stream: BinaryIO) -> bytes:
    """The next message. Raises EOFError where the other end is gone."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        raise EOFError
    return stream.read(LENGTH.unpack(head)[0])


def main() -> None:
    """Read batches until there are no more, at low priority: pages and small writes go first."""
    priority.lower()
    inward, outward = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # nothing else may get in between
    try:
        reading: Reading = unpack(receive(inward))
        with collecting_seldom():
            while True:
                batch: Sequence[Candidate] = unpack(receive(inward))
                send(outward, pack(judge_all(batch, reading)))
    except EOFError:
        return
