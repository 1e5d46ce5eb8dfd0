"""Records that the source no longer holds. Absence is not deletion: it must last, and be seen in complete snapshots."""

from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.sync import records
from registry.sync.records import RECORD, Known
from registry.sync.rules import absent_once_more, is_brake
from registry.sync.targets import Target

BATCH = 500
REASON = "no longer published by its source"


class Brake(Exception):
    """More records went missing than is plausible; nothing was aged."""

    def __init__(self, missing: int, active: int) -> None:
        self.missing, self.active = missing, active
        super().__init__(
            f"{missing} of the feed's {active} records are missing from the document. That is more than is "
            "plausible, so none was aged; if it is meant, run `casa feed sync` with --accept-losses."
        )


def after_snapshot(
    session: Session,
    feed_id: int,
    target: Target,
    seen: set[str],
    actor: Actor,
    now: datetime,
    *,
    accept_losses: bool = False,
) -> int:
    """Age what a complete snapshot does not hold, archive what was absent long enough; returns how many were archived.

    Raises Brake where too much is missing, unless `accept_losses`. What never came into the catalogue and is gone from
    the source is forgotten, unless a person has given a verdict on it.
    """
    archived = _archived(session, feed_id, target)
    missing: list[Known] = []
    gone: list[int] = []
    active = 0
    for known in records.read_all(session, feed_id):
        absent = known.remote_id not in seen
        if known.target_id is None or known.outcome == "ignored":
            if absent and known.verdict is None and known.target_id is None:
                gone.append(known.id)
        elif known.target_id not in archived:
            active += 1
            if absent:
                missing.append(known)
    if is_brake(len(missing), active, len(seen)) and not accept_losses:
        raise Brake(len(missing), active)
    records.forget(session, gone)
    return _age(session, target, missing, actor, now)


def after_repetition(session: Session, feed_id: int, target: Target, actor: Actor, now: datetime) -> int:
    """The same for a document that is known to be the last one again: what was missing from it still is."""
    archived = _archived(session, feed_id, target)
    missing = [
        known
        for known in records.read_all(session, feed_id)
        if known.missing_since and known.target_id and known.target_id not in archived
    ]
    return _age(session, target, missing, actor, now)


def _age(session: Session, target: Target, missing: list[Known], actor: Actor, now: datetime) -> int:
    absences = [(known, absent_once_more(known.missing_since, known.missing_snapshots, now)) for known in missing]
    records.mark_missing(session, [(known.id, absence.since, absence.snapshots) for known, absence in absences])
    over = [known.target_id for known, absence in absences if known.target_id and absence.is_over(now)]
    return sum(target.archive(session, over[i : i + BATCH], REASON, actor, now) for i in range(0, len(over), BATCH))


def _archived(session: Session, feed_id: int, target: Target) -> set[int]:
    reference = RECORD.c[target.column]
    statement = (
        select(reference)
        .join(target.table, target.table.c.id == reference)
        .where(RECORD.c.feed_id == feed_id, target.table.c.archived_at.is_not(None))
    )
    return set(session.execute(statement).scalars())
