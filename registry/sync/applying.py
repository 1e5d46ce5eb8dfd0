"""One judged batch → catalogue and ledger, in the caller's transaction: a short one, nothing of the source is read.

A record that the database does not take goes to quarantine alone and takes nobody with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlmodel import Session

from registry.accounts import audit
from registry.catalogue.programmes import Stored
from registry.sync import records
from registry.sync.judging import Batch, Item, Writing, candidate, item_of
from registry.sync.reading import BY_VERDICT, judge
from registry.sync.report import Change, Counts, Refusal

MAX_REFUSALS = 1000
NOT_RELEVANT = "no longer about small arms, as far as its codes and words tell"


@dataclass
class Applied:
    """What became of a batch."""

    counts: Counts = field(default_factory=Counts)
    refusals: list[Refusal] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)


def apply_batch(
    session: Session, feed_id: int, batch: Batch, items: Sequence[Item], writing: Writing, now: datetime
) -> Applied:
    """Write what was judged and say what became of it.

    A record whose ledger row changed since it was judged (a person gave a verdict) is judged again.
    """
    applied = Applied(batch.counts, batch.refusals)
    fresh = records.read_known(session, feed_id, [item.piece.remote_id for item in items])
    current = [
        item if fresh.get(item.piece.remote_id) == item.known
        else _again(item, fresh.get(item.piece.remote_id), writing)
        for item in items
    ]  # fmt: skip
    same = [item for item in current if item.values["outcome"] == "same"]
    changed = [item for item in current if item.values["outcome"] != "same"]
    applied.counts.add("unchanged", len(same))
    records.note_bytes(session, [(item.known.id, item.values["sha256"]) for item in same if item.known])
    if changed:
        _store(session, [item for item in changed if item.incoming], f"feed:{feed_id}", writing, applied, now)
        _withdraw(session, changed, writing, applied, now)
        rows = [(item.known, item.piece.remote_id, item.values) for item in changed]
        records.write(session, feed_id, writing.target.column, rows)
    records.move(session, batch.moved)
    for item in changed:
        outcome = item.values["outcome"]
        if outcome != "applied":
            applied.counts.add(outcome)
        if outcome == "quarantined":
            applied.refusals.append(
                Refusal(item.piece.remote_id, item.piece.line, item.values["reason_code"], item.values["reason"])
            )
    return applied


def _again(item: Item, known: records.Known | None, writing: Writing) -> Item:
    verdict = judge(candidate(item.piece, known, writing.reading), writing.reading)
    return item_of(item.piece, known, verdict, writing)


def _store(
    session: Session, items: Sequence[Item], source: str, writing: Writing, applied: Applied, now: datetime
) -> None:
    """Store together; where that fails, one by one, so that only the record at fault stays out."""
    if not items:
        return
    stored = _try(session, items, source, writing, now)
    if isinstance(stored, str):
        for item in items:
            alone = _try(session, [item], source, writing, now)
            if isinstance(alone, str):
                item.quarantine("not_storable", alone, writing.reading.reader.fragment(item.piece))
            else:
                _settle(item, alone[0], applied)
        return
    for item, result in zip(items, stored, strict=True):
        _settle(item, result, applied)


def _try(session: Session, items: Sequence[Item], source: str, writing: Writing, now: datetime) -> list[Stored] | str:
    """What became of the items, or why they cannot be stored."""
    mark = audit.pending(session)
    savepoint = session.begin_nested()
    try:
        stored = writing.target.store(
            session,
            [item.incoming for item in items if item.incoming],
            source=source,
            run_id=writing.run_id,
            actor=writing.actor,
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


def _settle(item: Item, stored: Stored, applied: Applied) -> None:
    item.values["target_id"] = stored.programme_id
    applied.counts.add("updated" if stored.outcome == "revived" else stored.outcome)
    if stored.outcome == "revived":
        applied.counts.add("revived")
    if stored.outcome != "unchanged":
        applied.changes.append(
            Change(item.piece.remote_id, item.values["title"], stored.outcome, list(stored.changed))
        )  # fmt: skip


def _withdraw(session: Session, items: Sequence[Item], writing: Writing, applied: Applied, now: datetime) -> None:
    """Take programmes out of the catalogue whose record now counts as not belonging there."""
    for code, reason in (("not_relevant", NOT_RELEVANT), ("verdict", BY_VERDICT)):
        gone = [item for item in items if item.target_id and item.values["reason_code"] == code]
        ids = [item.target_id for item in gone if item.target_id]
        if ids and (number := writing.target.archive(session, ids, reason, writing.actor, now)):
            applied.counts.add("archived", number)
            applied.changes += [
                Change(item.piece.remote_id, item.values["title"], "archived", [])
                for item in gone
            ]  # fmt: skip
