"""What a document that was applied whole says of records that it does not hold: gone by absence, or by word."""

from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from registry.catalogue.models import Programme
from registry.catalogue.origins import withdrawn_since
from registry.catalogue.programmes import archive
from registry.events.origin import Origin
from registry.outbound.client import Fetched
from registry.sync import absence, holds
from registry.sync.absence import Settled, Settling
from registry.sync.following import FetchedByFollowing
from registry.sync.records import RECORD, Known, read_known
from registry.sync.rules import is_brake

WITHDRAWN = "withdrawn where it was entered"
AT_ONCE = 500


def settle_document(session: Session, run: Settling, fetched: Fetched, seen: set[str], reader: Any) -> Settled:
    """Age what a complete snapshot does not hold; archive what a partner that is followed says is withdrawn."""
    if fetched.complete:
        return absence.after_snapshot(session, run, seen)
    if isinstance(fetched, FetchedByFollowing) and fetched.path:
        return _withdraw(session, run, reader.withdrawn(fetched.path))
    return Settled(0)


def _withdraw(session: Session, run: Settling, said: dict[str, Origin]) -> Settled:
    """A withdrawal is the origin's word: it needs no grace. Of too many at once a person is asked all the same."""
    known: dict[str, Known] = {}
    remote_ids = list(said)
    for start in range(0, len(remote_ids), AT_ONCE):
        known |= read_known(session, run.feed_id, remote_ids[start : start + AT_ONCE])
    theirs = {
        record.target_id: said[remote_id]
        for remote_id, record in known.items()
        if record.target_id and record.outcome == "applied"
    }
    gone = _later(session, theirs)
    active = _count_active(session, run.feed_id)
    if is_brake(len(gone), active, 1):
        asked = [record for record in known.values() if record.target_id in gone]
        holds.ask(session, run.feed_id, run.run_id, asked, active, run.actor, run.now)
        return Settled(0, "brake", (
            f"{len(gone)} of the feed's {active} records are said to be withdrawn. That is more than is plausible, so "
            "none of them goes before a person says so: see the feed's page, or `casa feed release` and "
            "`casa feed refuse`."
        ))  # fmt: skip
    return Settled(archive(session, list(gone), WITHDRAWN, run.actor, run.now, gone)) if gone else Settled(0)


def _later(session: Session, withdrawals: dict[int, Origin]) -> dict[int, Origin]:
    return withdrawn_since(session, withdrawals) if withdrawals else {}


def _count_active(session: Session, feed_id: int) -> int:
    programme = Programme.__table__  # type: ignore[attr-defined]
    statement = select(RECORD.c.programme_id).join(programme, programme.c.id == RECORD.c.programme_id)
    return len(session.execute(
        statement.where(RECORD.c.feed_id == feed_id, programme.c.archived_at.is_(None))
    ).all())  # fmt: skip
