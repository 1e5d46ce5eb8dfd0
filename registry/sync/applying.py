"""One batch of remote records → catalogue, in the caller's transaction. What is unchanged is neither read nor written.

A record that cannot be read or stored goes to quarantine, with reason and position, and takes nobody with it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlmodel import Session

from registry.accounts import audit
from registry.accounts.actor import Actor
from registry.catalogue.programmes import Incoming, Stored, archive, store_batch
from registry.sync import records
from registry.sync.adapters.contract import Adapter, Piece, Record, RecordFault
from registry.sync.classification import Classified
from registry.sync.records import Known
from registry.sync.report import Counts, Refusal
from registry.sync.rules import record_key

MAX_REFUSALS = 1000
NOT_RELEVANT = "no longer about small arms, as far as its codes and words tell"
BY_VERDICT = "a person decided that it does not belong here"
Judge = Callable[[dict[str, Any]], Classified]


@dataclass(frozen=True)
class Reading:
    """How one run reads and judges: the same for all of its batches."""

    adapter: Adapter
    scope: str
    key: str
    """rules.reading_key"""
    classify: Judge
    actor: Actor
    run_id: int


@dataclass
class Applied:
    """What became of a batch."""

    counts: Counts = field(default_factory=Counts)
    refusals: list[Refusal] = field(default_factory=list)


@dataclass(slots=True)
class _Item:
    """A piece on its way. `values` are the ledger's columns."""

    piece: Piece
    known: Known | None
    values: dict[str, Any]
    incoming: Incoming | None = None

    @property
    def programme_id(self) -> int | None:
        return self.known.programme_id if self.known else None


def apply_batch(session: Session, feed_id: int, pieces: Sequence[Piece], reading: Reading, now: datetime) -> Applied:
    """Apply the pieces and say what became of each."""
    applied = Applied()
    known = records.read_known(session, feed_id, [piece.remote_id for piece in pieces])
    changed: list[_Item] = []
    moved: list[tuple[int, int | None]] = []
    for piece in pieces:
        before = known.get(piece.remote_id)
        key = record_key(reading.key, piece.sha256)
        if before is not None and before.sha256 == key and before.missing_since is None:
            applied.counts.add("unchanged" if before.outcome == "applied" else before.outcome)
            if before.outcome == "quarantined":
                applied.refusals.append(
                    Refusal(piece.remote_id, piece.line, before.reason_code or "", before.reason or "")
                )
                if before.line != piece.line:
                    moved.append((before.id, piece.line))
            continue
        changed.append(_judge(piece, before, key, reading))
    if changed:
        source = f"feed:{feed_id}"
        _store(session, [item for item in changed if item.incoming], reading, source, applied.counts, now)
        _withdraw(session, changed, reading, applied.counts, now)
        records.write(session, feed_id, [(item.known, item.piece.remote_id, item.values) for item in changed])
    records.move(session, moved)
    for item in changed:
        outcome = item.values["outcome"]
        if outcome != "applied":
            applied.counts.add(outcome)
        if outcome == "quarantined":
            applied.refusals.append(
                Refusal(item.piece.remote_id, item.piece.line, item.values["reason_code"], item.values["reason"])
            )
    return applied


def _judge(piece: Piece, known: Known | None, key: str, reading: Reading) -> _Item:
    """Read a piece and decide whether it belongs into the catalogue."""
    values: dict[str, Any] = {
        "sha256": key,
        "outcome": "applied",
        "programme_id": known.programme_id if known else None,
        "title": "",
        "reason_code": None,
        "reason": None,
        "line": piece.line,
        "fragment": None,
        "run_id": reading.run_id,
    }
    item = _Item(piece, known, values)
    try:
        if piece.fault:
            raise piece.fault
        record = reading.adapter.read(piece)
        judged = reading.classify(record.document)
    except RecordFault as fault:
        _quarantine(item, fault.code, fault.reason, reading)
        return item
    except Exception as error:  # noqa: BLE001  (one record the reader was not made for must not end the run)
        _quarantine(item, "unreadable", f"{type(error).__name__}: {error}", reading)
        return item
    values["title"] = record.title
    verdict = known.verdict if known else None
    if verdict == "ignore":
        values |= {"outcome": "ignored", "reason_code": "verdict", "reason": BY_VERDICT}
    elif judged.relevant or reading.scope == "all" or verdict == "keep":
        relevance = judged.reason if judged.relevant else "kept by a person" if verdict == "keep" else "scope all"
        item.incoming = Incoming(record.document, item.programme_id, judged.themes, relevance)
        _note_warnings(values, record)
    else:
        values |= {"outcome": "ignored", "reason_code": "not_relevant", "reason": judged.reason[:1000]}
    return item


def _note_warnings(values: dict[str, Any], record: Record) -> None:
    if record.warnings:
        listed = "; ".join(record.warnings)
        values |= {"reason_code": "warnings", "reason": f"{len(record.warnings)} left out: {listed}"[:1000]}


def _quarantine(item: _Item, code: str, reason: str, reading: Reading) -> None:
    item.incoming = None
    item.values |= {
        "outcome": "quarantined",
        "reason_code": code,
        "reason": reason[:1000],
        "fragment": reading.adapter.fragment(item.piece),
    }


def _store(
    session: Session, items: Sequence[_Item], reading: Reading, source: str, counts: Counts, now: datetime
) -> None:
    """Store together; where that fails, one by one, so that only the record at fault stays out."""
    if not items:
        return
    stored = _try(session, items, reading, source, now)
    if isinstance(stored, str):
        for item in items:
            alone = _try(session, [item], reading, source, now)
            if isinstance(alone, str):
                _quarantine(item, "not_storable", alone, reading)
            else:
                _settle(item, alone[0], counts)
        return
    for item, result in zip(items, stored, strict=True):
        _settle(item, result, counts)


def _try(session: Session, items: Sequence[_Item], reading: Reading, source: str, now: datetime) -> list[Stored] | str:
    """What became of the items, or why they cannot be stored."""
    mark = audit.pending(session)
    savepoint = session.begin_nested()
    try:
        stored = store_batch(
            session,
            [item.incoming for item in items if item.incoming],
            source=source,
            run_id=reading.run_id,
            actor=reading.actor,
            now=now,
        )
        savepoint.commit()
    except (OperationalError, InterfaceError):
        raise  # the database is in trouble, not the record
    except Exception as error:  # noqa: BLE001  (the record that the database does not take is found one by one)
        savepoint.rollback()
        audit.forget_since(session, mark)
        return f"{type(error).__name__}: {str(error).splitlines()[0]}"
    return stored


def _settle(item: _Item, stored: Stored, counts: Counts) -> None:
    item.values["programme_id"] = stored.programme_id
    counts.add("updated" if stored.outcome == "revived" else stored.outcome)
    if stored.outcome == "revived":
        counts.add("revived")


def _withdraw(session: Session, items: Sequence[_Item], reading: Reading, counts: Counts, now: datetime) -> None:
    """Take programmes out of the catalogue whose record now counts as not belonging there."""
    for code, reason in (("not_relevant", NOT_RELEVANT), ("verdict", BY_VERDICT)):
        ids = [item.programme_id for item in items if item.programme_id and item.values["reason_code"] == code]
        if ids:
            counts.add("archived", archive(session, ids, reason, reading.actor, now))
