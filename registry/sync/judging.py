"""Reading and judging a batch of remote records: no lock is held meanwhile, since this is where the time goes.

What is unchanged is not read. A record that cannot be read goes to quarantine, with reason and position.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from registry.accounts.actor import Actor
from registry.catalogue.programmes import Incoming
from registry.sync.adapters.contract import Piece, Reader, Record, RecordFault
from registry.sync.classification import Classified
from registry.sync.records import Known
from registry.sync.report import Counts, Refusal
from registry.sync.rules import record_key
from registry.sync.targets import Target

BY_VERDICT = "a person decided that it does not belong here"
Judge = Callable[[dict[str, Any]], Classified]


@dataclass(frozen=True)
class Reading:
    """How one run reads and judges: the same for all of its batches."""

    reader: Reader
    target: Target
    scope: str
    key: str
    """rules.reading_key"""
    classify: Judge
    actor: Actor
    run_id: int


@dataclass(slots=True)
class Item:
    """A piece on its way. `values` are the ledger's columns, `incoming` what goes into the catalogue, if anything."""

    piece: Piece
    known: Known | None
    values: dict[str, Any]
    incoming: Incoming | None = None

    @property
    def target_id(self) -> int | None:
        return self.known.target_id if self.known else None

    def quarantine(self, code: str, reason: str, reader: Reader) -> None:
        """Keep it out, with the reason and the beginning of its text."""
        self.incoming = None
        self.values |= {
            "outcome": "quarantined",
            "reason_code": code,
            "reason": reason[:1000],
            "fragment": reader.fragment(self.piece),
        }


@dataclass
class Judged:
    """A batch ready to be written: what changed, and what of the rest is to be counted."""

    changed: list[Item] = field(default_factory=list)
    moved: list[tuple[int, int | None]] = field(default_factory=list)
    """(record id, line) of quarantined records that stand elsewhere in their file now"""
    counts: Counts = field(default_factory=Counts)
    refusals: list[Refusal] = field(default_factory=list)


def judge_batch(pieces: Sequence[Piece], known: Mapping[str, Known], reading: Reading) -> Judged:
    """Judge the pieces, given what the ledger says of them."""
    judged = Judged()
    for piece in pieces:
        before = known.get(piece.remote_id)
        key = record_key(reading.key, piece.sha256)
        if before is None or before.sha256 != key or before.missing_since is not None:
            judged.changed.append(judge(piece, before, reading))
            continue
        judged.counts.add("unchanged" if before.outcome == "applied" else before.outcome)
        if before.outcome == "quarantined":
            code, reason = before.reason_code or "", before.reason or ""
            judged.refusals.append(Refusal(piece.remote_id, piece.line, code, reason))
            if before.line != piece.line:
                judged.moved.append((before.id, piece.line))
    return judged


def judge(piece: Piece, known: Known | None, reading: Reading) -> Item:
    """Read a piece and decide whether it belongs into the catalogue."""
    values: dict[str, Any] = {
        "sha256": record_key(reading.key, piece.sha256),
        "outcome": "applied",
        "target_id": known.target_id if known else None,
        "title": "",
        "reason_code": None,
        "reason": None,
        "line": piece.line,
        "fragment": None,
        "run_id": reading.run_id,
    }
    item = Item(piece, known, values)
    try:
        if piece.fault:
            raise piece.fault
        record = reading.reader.read(piece)
        judged = reading.classify(record.document)
    except RecordFault as fault:
        item.quarantine(fault.code, fault.reason, reading.reader)
        return item
    except Exception as error:  # noqa: BLE001  (one record the reader was not made for must not end the run)
        item.quarantine("unreadable", f"{type(error).__name__}: {error}", reading.reader)
        return item
    values["title"] = record.title
    verdict = known.verdict if known else None
    if verdict == "ignore":
        values |= {"outcome": "ignored", "reason_code": "verdict", "reason": BY_VERDICT}
    elif judged.relevant or reading.scope == "all" or verdict == "keep":
        relevance = judged.reason if judged.relevant else "kept by a person" if verdict == "keep" else "scope all"
        item.incoming = Incoming(record.document, item.target_id, judged.themes, relevance)
        _note_warnings(values, record)
    else:
        values |= {"outcome": "ignored", "reason_code": "not_relevant", "reason": judged.reason[:1000]}
    return item


def _note_warnings(values: dict[str, Any], record: Record) -> None:
    if record.warnings:
        listed = "; ".join(record.warnings)
        values |= {"reason_code": "warnings", "reason": f"{len(record.warnings)} left out: {listed}"[:1000]}
