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
from registry.sync.judging import BY_VERDICT, Item, Judged, Reading, judge
from registry.sync.report import Counts, Refusal

MAX_REFUSALS = 1000
NOT_RELEVANT = "no longer about small arms, as far as its codes and words tell"


@dataclass
class Applied:
    """What became of a batch."""

    counts: Counts = field(default_factory=Counts)
    refusals: list[Refusal] = field(default_factory=list)


def apply_batch(session: Session, feed_id: int, judged: Judged, reading: Reading, now: datetime) -> Applied:
    """Write what was judged and say what became of it.

    A record whose ledger row changed since it was judged (a person gave a verdict) is judged again.
    """
    applied = Applied(judged.counts, judged.refusals)
    fresh = records.read_known(session, feed_id, [item.piece.remote_id for item in judged.changed])
    changed = [
        item if fresh.get(item.piece.remote_id) == item.known
        else judge(item.piece, fresh.get(item.piece.remote_id), reading)
        for item in judged.changed
    ]  # fmt: skip
    if changed:
        source = f"feed:{feed_id}"
        _store(session, [item for item in changed if item.incoming], reading, source, applied.counts, now)
        _withdraw(session, changed, reading, applied.counts, now)
        rows = [(item.known, item.piece.remote_id, item.values) for item in changed]
        records.write(session, feed_id, reading.target.column, rows)
    records.move(session, judged.moved)
    for item in changed:
        outcome = item.values["outcome"]
        if outcome != "applied":
            applied.counts.add(outcome)
        if outcome == "quarantined":
            applied.refusals.append(
                Refusal(item.piece.remote_id, item.piece.line, item.values["reason_code"], item.values["reason"])
            )
    return applied


def _store(
    session: Session, items: Sequence[Item], reading: Reading, source: str, counts: Counts, now: datetime
) -> None:
    """Store together; where that fails, one by one, so that only the record at fault stays out."""
    if not items:
        return
    stored = _try(session, items, reading, source, now)
    if isinstance(stored, str):
        for item in items:
            alone = _try(session, [item], reading, source, now)
            if isinstance(alone, str):
                item.quarantine("not_storable", alone, reading.reader)
            else:
                _settle(item, alone[0], counts)
        return
    for item, result in zip(items, stored, strict=True):
        _settle(item, result, counts)


def _try(session: Session, items: Sequence[Item], reading: Reading, source: str, now: datetime) -> list[Stored] | str:
    """What became of the items, or why they cannot be stored."""
    mark = audit.pending(session)
    savepoint = session.begin_nested()
    try:
        stored = reading.target.store(
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


def _settle(item: Item, stored: Stored, counts: Counts) -> None:
    item.values["target_id"] = stored.programme_id
    counts.add("updated" if stored.outcome == "revived" else stored.outcome)
    if stored.outcome == "revived":
        counts.add("revived")


def _withdraw(session: Session, items: Sequence[Item], reading: Reading, counts: Counts, now: datetime) -> None:
    """Withdraw what came of records that now count as not belonging here."""
    for code, reason in (("not_relevant", NOT_RELEVANT), ("verdict", BY_VERDICT)):
        ids = [item.target_id for item in items if item.target_id and item.values["reason_code"] == code]
        if ids:
            counts.add("archived", reading.target.archive(session, ids, reason, reading.actor, now))
