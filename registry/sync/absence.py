"""Records that the source no longer holds. Absence is not deletion: it must last, and be seen in complete snapshots.

Where more goes missing than is plausible, a person is asked first (holds.py), and nothing asked about goes meanwhile.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.catalogue.writing import PROGRAMME
from registry.sync import holds, records
from registry.sync.records import RECORD, Known
from registry.sync.rules import absent_once_more, is_brake
from registry.sync.targets import Target

BATCH = 500
REASON = "no longer published by its source"


@dataclass(frozen=True)
class Settled:
    """What absence led to. `code` (reasons.py): `brake`, `kept`, or None where there is nothing to say."""

    archived: int
    code: str | None = None
    reason: str | None = None


@dataclass
class _Found:
    """A feed's ledger after a complete snapshot."""

    missing: list[Known] = field(default_factory=list)
    """In the catalogue, and not in the snapshot"""
    active: int = 0
    """In the catalogue"""
    present: int = 0
    """In the snapshot, as far as the ledger knows"""
    gone: list[int] = field(default_factory=list)
    """Never in the catalogue, and not in the snapshot"""
    archived: list[Known] = field(default_factory=list)


@dataclass(frozen=True)
class Settling:
    """In whose name a run settles what its snapshot lacks."""

    feed_id: int
    run_id: int
    target: Target
    actor: Actor
    now: datetime


def after_snapshot(session: Session, run: Settling, seen: set[str]) -> Settled:
    """Age what a complete snapshot does not hold, archive what was absent long enough.

    What never came into the catalogue and is gone from the source is forgotten, unless a person has given a verdict.
    """
    found = _sort(session, run, lambda known: known.remote_id not in seen)
    settled = _settle(session, run, found, len(seen))
    if settled.code != "brake":
        records.forget(session, found.gone)
    return settled


def after_repetition(session: Session, run: Settling) -> Settled:
    """The same for a document that is known to be the last one again: what was missing from it still is."""
    found = _sort(session, run, lambda known: known.missing_since is not None)
    return _settle(session, run, found, found.present)


def _sort(session: Session, run: Settling, is_absent: Callable[[Known], bool]) -> _Found:
    archived, found = _archived(session, run), _Found()
    elsewhere = _given_elsewhere(session, run)
    for known in records.read_all(session, run.feed_id):
        # What a registry no longer hands on may still come from its origin, or by way of another.
        absent = is_absent(known) and known.target_id not in elsewhere
        found.present += not absent
        if known.target_id is None or known.outcome == "ignored":
            if absent and known.verdict is None and known.target_id is None:
                found.gone.append(known.id)
        elif known.target_id in archived:
            if known.hold_id is not None:
                found.archived.append(known)
        else:
            found.active += 1
            if absent:
                found.missing.append(known)
    return found


def _settle(session: Session, run: Settling, found: _Found, held: int) -> Settled:
    """`held`: how many records the snapshot holds."""
    records.let_go(session, [known.id for known in found.archived])
    answers = holds.answers(session, run.feed_id)
    released = [known for known in found.missing if answers.get(known.hold_id or 0) == holds.RELEASE]
    kept = [known for known in found.missing if answers.get(known.hold_id or 0) == holds.REFUSE]
    decided = {known.id for known in (*released, *kept)}
    asked = [known for known in found.missing if known.id not in decided]
    archived = _age(session, run, released, confirmed=True)
    if is_brake(len(asked), found.active, held):
        holds.ask(session, run.feed_id, run.run_id, asked, found.active, run.actor, run.now)
        return Settled(archived, "brake", (
            f"{len(asked)} of the feed's {found.active} records are missing from the document. That is more than is "
            "plausible, so none of them goes before a person says so: see the feed's page, or `casa feed release` and "
            "`casa feed refuse`."
        ))  # fmt: skip
    holds.pass_over(session, run.feed_id, asked, run.actor, run.now)
    archived += _age(session, run, asked)
    if kept:
        return Settled(archived, "kept", f"{len(kept)} records are missing that a person decided to keep.")
    return Settled(archived)


def _age(session: Session, run: Settling, missing: Iterable[Known], *, confirmed: bool = False) -> int:
    absences = [
        (known, absent_once_more(known.missing_since, known.missing_snapshots, run.now, confirmed=confirmed))
        for known in missing
    ]
    records.mark_missing(session, [(known.id, absence.since, absence.snapshots) for known, absence in absences])
    over = [known for known, absence in absences if absence.is_over(run.now)]
    records.let_go(session, [known.id for known in over if known.hold_id is not None])
    ids = [known.target_id for known in over if known.target_id]
    return sum(
        run.target.archive(session, ids[i : i + BATCH], REASON, run.actor, run.now) for i in range(0, len(ids), BATCH)
    )


def _archived(session: Session, run: Settling) -> set[int]:
    reference = RECORD.c[run.target.column]
    statement = (
        select(reference)
        .join(run.target.table, run.target.table.c.id == reference)
        .where(RECORD.c.feed_id == run.feed_id, run.target.table.c.archived_at.is_not(None))
    )
    return set(session.execute(statement).scalars())


def _given_elsewhere(session: Session, run: Settling) -> set[int]:
    """Programmes of other registries that another feed gives too."""
    if run.target.table is not PROGRAMME:
        return set()
    statement = (
        select(PROGRAMME.c.id)
        .join(RECORD, RECORD.c.programme_id == PROGRAMME.c.id)
        .where(PROGRAMME.c.origin_registry.is_not(None), RECORD.c.feed_id != run.feed_id)
        .where(RECORD.c.outcome == "applied", RECORD.c.missing_since.is_(None))
    )
    return set(session.execute(statement).scalars())
