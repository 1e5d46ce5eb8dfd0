"""A batch on its way: what the ledger says of its pieces, which of them must be read, and what then became of them.

What is unchanged is not read. Reading itself (reading.py) may happen in another process.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from registry.accounts.actor import Actor
from registry.catalogue.programmes import Incoming
from registry.sync.adapters.contract import Piece
from registry.sync.reading import Candidate, Reading, Verdict
from registry.sync.records import Known
from registry.sync.report import Counts, Refusal
from registry.sync.rules import record_key
from registry.sync.targets import Target


@dataclass(frozen=True)
class Writing:
    """In whose name one run writes: the same for all of its batches."""

    reading: Reading
    actor: Actor
    target: Target
    run_id: int
    fence: int
    """See runs.begin"""


@dataclass(slots=True)
class Item:
    """A record that is to be written. `values` are the ledger's columns, `incoming` what goes into the catalogue."""

    piece: Piece
    known: Known | None
    values: dict[str, Any]
    incoming: Incoming | None = None

    @property
    def target_id(self) -> int | None:
        return self.known.target_id if self.known else None

    def quarantine(self, code: str, reason: str, fragment: str | None) -> None:
        """Keep it out, with the reason and the beginning of its text."""
        self.incoming = None
        self.values |= {
            "outcome": "quarantined",
            "reason_code": code,
            "reason": reason[:1000],
            "fragment": fragment,
            "content_sha256": None,
        }


@dataclass
class Batch:
    """Pieces of one batch. `changed` goes to the readers and comes back as items; the rest is counted already."""

    remote_ids: list[str] = field(default_factory=list)
    changed: list[tuple[Piece, Known | None]] = field(default_factory=list)
    moved: list[tuple[int, int | None]] = field(default_factory=list)
    """(record id, line) of quarantined records that stand elsewhere in their file now"""
    counts: Counts = field(default_factory=Counts)
    refusals: list[Refusal] = field(default_factory=list)

    def candidates(self, reading: Reading) -> list[Candidate]:
        """What the readers are asked."""
        return [candidate(piece, known, reading) for piece, known in self.changed]


def sift(pieces: Sequence[Piece], known: Mapping[str, Known], reading: Reading) -> Batch:
    """Set apart what did not change since it was last read in this way."""
    batch = Batch([piece.remote_id for piece in pieces])
    for piece in pieces:
        before = known.get(piece.remote_id)
        key = record_key(reading.key, piece.sha256)
        if before is None or before.sha256 != key or before.missing_since is not None:
            batch.changed.append((piece, before))
            continue
        batch.counts.add("unchanged" if before.outcome == "applied" else before.outcome)
        if before.outcome == "quarantined":
            code, reason = before.reason_code or "", before.reason or ""
            batch.refusals.append(Refusal(piece.remote_id, piece.line, code, reason))
            if before.line != piece.line:
                batch.moved.append((before.id, piece.line))
    return batch


def candidate(piece: Piece, known: Known | None, reading: Reading) -> Candidate:
    """What a reader needs to know of a piece."""
    if known is None:
        return Candidate(piece)
    # One that was missing is written again whatever it says: that is what revives it.
    settled = known.outcome == "applied" and known.missing_since is None
    return Candidate(piece, known.content_sha256 if settled else None, known.verdict)


def item_of(piece: Piece, known: Known | None, verdict: Verdict, writing: Writing) -> Item:
    """What is to be written of a record that was read."""
    values: dict[str, Any] = {
        "sha256": record_key(writing.reading.key, piece.sha256),
        "content_sha256": verdict.content,
        "outcome": verdict.outcome,
        "target_id": known.target_id if known else None,
        "title": verdict.title,
        "reason_code": verdict.reason_code,
        "reason": verdict.reason,
        "line": piece.line,
        "fragment": verdict.fragment,
        "run_id": writing.run_id,
    }
    item = Item(piece, known, values)
    if verdict.outcome == "applied" and verdict.text is not None:
        item.incoming = Incoming.read(
            verdict.text, item.target_id, verdict.themes, verdict.relevance, verdict.derived, verdict.origin
        )  # fmt: skip
    return item


def items_of(batch: Batch, verdicts: Iterable[Verdict], writing: Writing) -> list[Item]:
    """The batch's changed records, each with what became of it."""
    return [
        item_of(piece, known, verdict, writing)
        for (piece, known), verdict in zip(batch.changed, verdicts, strict=True)
    ]  # fmt: skip
