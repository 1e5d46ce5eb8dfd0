"""The brake's questions: which of a feed's records went missing all at once, and what a person says of them.

A run asks, a person releases (they are gone: they age like others) or refuses (they stay, and are not asked about
again). Both can be taken back as long as the records are still missing. Where they return, nobody needs to answer.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from registry.accounts import audit, policy
from registry.accounts.actor import Actor
from registry.accounts.finding import visible_one
from registry.db import utcnow
from registry.errors import N_, Conflict, InvalidInput, NotFound, VersionMismatch
from registry.events.outbox import Change, emit
from registry.sync import records
from registry.sync.models import Hold
from registry.sync.records import Known

RELEASE, REFUSE = "released", "refused"
EVENTS = {"open": "feed.held", RELEASE: "feed.released", REFUSE: "feed.refused", "passed": "feed.recovered"}


def answers(session: Session, feed_id: int) -> dict[int, str]:
    """Hold id → status, of all that records of the feed may stand in."""
    statement = select(col(Hold.id), col(Hold.status)).where(col(Hold.feed_id) == feed_id)
    return {row[0]: row[1] for row in session.execute(statement)}


def ask(
    session: Session, feed_id: int, run_id: int, missing: Sequence[Known], live: int, actor: Actor, now: datetime
) -> Hold:
    """Ask a person about these records; a question that is open already changes with its set."""
    hold = _open(session, feed_id)
    if hold is None:
        hold = Hold(
            feed_id=feed_id, run_id=run_id, missing=len(missing), live=live, begun_at=now, changed_at=now
        )  # fmt: skip
    elif hold.missing == len(missing) and all(known.hold_id == hold.id for known in missing):
        return hold
    else:
        hold.run_id, hold.missing, hold.live, hold.changed_at = run_id, len(missing), live, now
        hold.version += 1
    session.add(hold)
    session.flush()
    records.hold(session, [known.id for known in missing if known.hold_id != hold.id], hold.id or 0, now)
    _note(session, actor, hold, now)
    return hold


def pass_over(session: Session, feed_id: int, missing: Sequence[Known], actor: Actor, now: datetime) -> None:
    """End the feed's open question, if there is one: what is missing now is no more than usual."""
    hold = _open(session, feed_id)
    if hold is not None:
        records.let_go(session, [known.id for known in missing if known.hold_id == hold.id])
        hold.status, hold.decided_at, hold.changed_at = "passed", now, now
        hold.version += 1
        session.add(hold)
        session.flush()
        _note(session, actor, hold, now)


def decide(
    session: Session,
    actor: Actor,
    hold_id: int,
    decision: str,
    reason: str,
    expected_version: int | None,
    now: datetime | None = None,
) -> Hold:
    """Release or refuse what a question asks about. `expected_version`: of the question as the person saw it.

    Raises NotFound; VersionMismatch where other records are missing by now; Conflict where none is any more;
    InvalidInput where what stays has no reason.
    """
    policy.require(actor, "feed.manage")
    now = now or utcnow()
    hold = get_hold(session, actor, hold_id, lock=True)
    if expected_version is not None and hold.version != expected_version:
        raise VersionMismatch(hold.version)
    if decision == REFUSE and not reason:
        raise InvalidInput({"reason": [N_("Say why they stay, for whoever asks later.")]})
    if hold.status == decision:
        return hold
    if hold.status == "passed" or not left(session, hold):
        raise Conflict(N_("None of these records waits for an answer any more."))
    before, hold.status = hold.status, decision
    hold.decided_at, hold.decided_by, hold.reason, hold.changed_at = now, actor.label[:100], reason, now
    hold.version += 1
    session.add(hold)
    session.flush()
    act = "feed.release" if decision == RELEASE else "feed.refuse"
    audit.record(
        session, actor, act, f"feed:{hold.feed_id}", hold=hold_id, missing=hold.missing, reason=reason, before=before
    )
    _note(session, actor, hold, now)
    return hold


def get_hold(session: Session, actor: Actor, hold_id: int, lock: bool = False) -> Hold:
    """Raises NotFound where there is none that the actor may see."""
    return visible_one(session, actor, Hold, hold_id, N_("There is no such question."), lock=lock)


def standing(session: Session, actor: Actor, feed_ids: Sequence[int] | None = None) -> list[tuple[Hold, int]]:
    """Questions in force, each with how many of its records are still missing: open ones first, then the newest.

    `feed_ids` None: of all feeds. Nothing for who may not see them.
    """
    statement = select(Hold).where(col(Hold.status) != "passed", policy.visible(actor, Hold))
    if feed_ids is not None:
        statement = statement.where(col(Hold.feed_id).in_(feed_ids))
    found = session.execute(statement.order_by(col(Hold.id).desc())).scalars().all()
    counts = records.count_held(session, [hold.id or 0 for hold in found])
    rows = [(hold, counts.get(hold.id or 0, 0)) for hold in found]
    return sorted(((hold, count) for hold, count in rows if count), key=lambda row: row[0].status != "open")


def current(session: Session, actor: Actor, feed_id: int) -> tuple[Hold, int]:
    """The feed's open question, else the one answered last that still holds. Raises NotFound where there is none."""
    found = standing(session, actor, [feed_id])
    if not found:
        raise NotFound(N_("Nothing is held back in this feed."))
    return found[0]


def left(session: Session, hold: Hold) -> int:
    """How many of the records it asks about are missing still, and not archived."""
    return records.count_held(session, [hold.id or 0]).get(hold.id or 0, 0)


def _open(session: Session, feed_id: int) -> Hold | None:
    statement = select(Hold).where(col(Hold.feed_id) == feed_id, col(Hold.status) == "open")
    return session.execute(statement.with_for_update()).scalar_one_or_none()


def _note(session: Session, actor: Actor, hold: Hold, now: datetime) -> None:
    data: dict[str, Any] = {
        "feed": hold.feed_id, "run": hold.run_id, "missing": hold.missing, "live": hold.live,
        "since": hold.begun_at.isoformat(), "reason": hold.reason,
    }  # fmt: skip
    change = Change(EVENTS[hold.status], "hold", hold.id or 0, hold.version, data, visibility="members")
    emit(session, change, at=now)
    if hold.status in ("open", "passed"):
        audit.record(
            session, actor, "feed.hold" if hold.status == "open" else "feed.recover", f"feed:{hold.feed_id}",
            hold=hold.id, missing=hold.missing, live=hold.live,
        )  # fmt: skip
