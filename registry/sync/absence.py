"""Records that the source no longer holds. Absence is not deletion: it must last, and be seen in complete snapshots."""

from datetime import datetime

from sqlalchemy import Table, select
from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.catalogue.models import Programme
from registry.catalogue.programmes import archive
from registry.sync import records
from registry.sync.records import RECORD, Known
from registry.sync.rules import absent_once_more, is_brake

PROGRAMME: Table = Programme.__table__  # type: ignore[attr-defined]
BATCH = 500
REASON = "no longer published by its source"


class Brake(Exception):
    """More records went missing than is plausible; nothing was aged."""

    def __init__(self, missing: int, active: int) -> None:
        self.missing, self.active = missing, active
        super().__init__(
            f"{missing} of the feed's {active} programmes are missing from the document. That is more than is "
            "plausible, so none was aged; if it is meant, run `casa feed sync` with --accept-losses."
        )


def after_snapshot(
    session: Session, feed_id: int, seen: set[str], actor: Actor, now: datetime, *, accept_losses: bool = False
) -> int:
    """Age what a complete snapshot does not hold, archive what was absent long enough; returns how many were archived.

    Raises Brake where too much is missing, unless `accept_losses`. What never came into the catalogue and is gone from
    the source is forgotten, unless a person has given a verdict on it.
    """
    archived = _archived_programmes(session, feed_id)
    missing: list[Known] = []
    gone: list[int] = []
    active = 0
    for known in records.read_all(session, feed_id):
        absent = known.remote_id not in seen
        if known.programme_id is None or known.outcome == "ignored":
            if absent and known.verdict is None and known.programme_id is None:
                gone.append(known.id)
        elif known.programme_id not in archived:
            active += 1
            if absent:
                missing.append(known)
    if is_brake(len(missing), active, len(seen)) and not accept_losses:
        raise Brake(len(missing), active)
    records.forget(session, gone)
    return _age(session, missing, actor, now)


def after_repetition(session: Session, feed_id: int, actor: Actor, now: datetime) -> int:
    """The same for a document that is known to be the last one again: what was missing from it still is."""
    archived = _archived_programmes(session, feed_id)
    missing = [
        known
        for known in records.read_all(session, feed_id)
        if known.missing_since and known.programme_id and known.programme_id not in archived
    ]
    return _age(session, missing, actor, now)


def _age(session: Session, missing: list[Known], actor: Actor, now: datetime) -> int:
    absences = [(known, absent_once_more(known.missing_since, known.missing_snapshots, now)) for known in missing]
    records.mark_missing(session, [(known.id, absence.since, absence.snapshots) for known, absence in absences])
    over = [known.programme_id for known, absence in absences if known.programme_id and absence.is_over(now)]
    return sum(archive(session, over[i : i + BATCH], REASON, actor, now) for i in range(0, len(over), BATCH))


def _archived_programmes(session: Session, feed_id: int) -> set[int]:
    statement = (
        select(RECORD.c.programme_id)
        .join(PROGRAMME, PROGRAMME.c.id == RECORD.c.programme_id)
        .where(RECORD.c.feed_id == feed_id, PROGRAMME.c.archived_at.is_not(None))
    )
    return set(session.execute(statement).scalars())
