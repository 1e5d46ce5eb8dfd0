"""E-mails as rows: made by what happens and by digests, claimed under a lease, settled, tried again, given up.

Nothing here talks to a server (posting.py) or puts words together (composing.py).
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, delete, func, or_, select, update
from sqlmodel import Session, col

from registry.accounts import audit, policy
from registry.accounts.actor import Actor
from registry.accounts.models import User
from registry.alerts import rules
from registry.alerts.models import CANCELLED, FAILED, SENT, WAITING, Mail, Notice, SavedSearch
from registry.errors import N_, NotFound

LEASE = timedelta(minutes=5)
AT_ONCE = 20
"""Claimed in one step"""
MAIL: Table = Mail.__table__  # type: ignore[attr-defined]
NOTICE: Table = Notice.__table__  # type: ignore[attr-defined]
SEARCH: Table = SavedSearch.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Claim:
    """An e-mail in our hands until the lease ends."""

    id: int
    fence: int
    tries: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a try ended. `status` WAITING: it failed and may be tried again."""

    status: str
    reason: str | None = None
    detail: str = ""


def mail_at_once(session: Session, user_id: int, cause: str, now: datetime) -> int | None:
    """The e-mail that a notice goes into: one that waits, else a new one. None: the person wants none."""
    if session.get_one(User, user_id).no_mail_since is not None:
        return None
    mine = (MAIL.c.user_id == user_id, MAIL.c.cause == cause)
    free = or_(MAIL.c.lease_until.is_(None), MAIL.c.lease_until <= now)
    waiting = select(MAIL.c.id).where(*mine, MAIL.c.status == WAITING, free)
    found = session.execute(waiting.order_by(MAIL.c.id.desc()).limit(1).with_for_update()).scalar()
    if found is not None:
        return int(found)
    last = session.execute(select(func.max(MAIL.c.created_at)).where(*mine)).scalar()
    return _make(session, user_id, cause, rules.at_once(last, now), now)


def make_digests(session: Session, now: datetime, limit: int = 100) -> int:
    """E-mails of what was found for searches whose digest is due, one a person. Returns how many searches."""
    due = session.scalars(
        select(SavedSearch)
        .where(SEARCH.c.digest_at <= now)
        .order_by(SEARCH.c.user_id, SEARCH.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    of_user: dict[int, list[int]] = {}
    for search in due:
        search.digest_at = rules.next_digest(search.delivery, now)
        session.add(search)
        of_user.setdefault(search.user_id, []).append(search.id or 0)
    session.flush()
    for user_id, ids in of_user.items():
        waiting = (NOTICE.c.search_id.in_(ids), NOTICE.c.in_digest)
        if session.execute(select(NOTICE.c.id).where(*waiting).limit(1)).first() is None:
            continue
        wanted = session.get_one(User, user_id).no_mail_since is None
        mail_id = _make(session, user_id, "digest", now, now) if wanted else None
        session.execute(update(NOTICE).where(*waiting).values(in_digest=False, mail_id=mail_id))
    return len(due)


def _make(session: Session, user_id: int, cause: str, next_at: datetime, now: datetime) -> int:
    mail = Mail(uid=str(uuid.uuid4()), user_id=user_id, cause=cause, next_at=next_at, created_at=now)
    session.add(mail)
    session.flush()
    return mail.id or 0


def _due(now: datetime) -> Any:
    free = or_(MAIL.c.lease_until.is_(None), MAIL.c.lease_until <= now)
    return (MAIL.c.status == WAITING) & (MAIL.c.next_at <= now) & free


def has_work(session: Session, now: datetime) -> bool:
    """Whether an e-mail or a digest is due: asked without a lock."""
    if session.execute(select(MAIL.c.id).where(_due(now)).limit(1)).first():
        return True
    return session.execute(select(SEARCH.c.id).where(SEARCH.c.digest_at <= now).limit(1)).first() is not None


def claim(session: Session, now: datetime, limit: int = AT_ONCE) -> list[Claim]:
    """Claim e-mails that are due, the longest due first. The caller commits at once."""
    chosen = select(MAIL.c.id, MAIL.c.fence, MAIL.c.tries).where(_due(now)).order_by(MAIL.c.next_at, MAIL.c.id)
    rows = session.execute(chosen.limit(limit).with_for_update(skip_locked=True)).all()
    claims = [Claim(row.id, row.fence + 1, row.tries) for row in rows]
    for each in claims:
        session.execute(update(MAIL).where(MAIL.c.id == each.id).values(lease_until=now + LEASE, fence=each.fence))
    return claims


def settle(session: Session, held: Claim, outcome: Outcome, now: datetime, chance: float) -> str | None:
    """Note how a try ended. Returns the status by now; None: the e-mail was another's by then."""
    values: dict[str, Any] = {"reason": outcome.reason, "detail": outcome.detail[:500], "lease_until": None}
    status = outcome.status
    if status != CANCELLED:
        values["tries"] = held.tries + 1
    if status == WAITING:
        again = rules.retry_at(held.tries + 1, now, chance)
        if again is None:
            status = FAILED
        else:
            values["next_at"] = again
    values |= {"status": status, "finished_at": None if status == WAITING else now}
    ours = (MAIL.c.id == held.id) & (MAIL.c.fence == held.fence) & (MAIL.c.status == WAITING)
    changed: Any = session.execute(update(MAIL).where(ours).values(**values))
    return status if changed.rowcount else None


def release(session: Session, claims: Collection[Claim]) -> None:
    """Give claims back as if they had never been taken."""
    for each in claims:
        session.execute(update(MAIL).where(MAIL.c.id == each.id, MAIL.c.fence == each.fence).values(lease_until=None))


def cancel_waiting(session: Session, reason: str, now: datetime) -> int:
    """Send nothing of what is due. Returns how many e-mails that were."""
    cancelled = update(MAIL).where(_due(now)).values(status=CANCELLED, reason=reason, finished_at=now)
    changed: Any = session.execute(cancelled)
    return int(changed.rowcount)


def prune(session: Session, before: datetime, limit: int) -> int:
    """Forget e-mails that were sent or called off before this instant, at most `limit`. Returns how many."""
    old = select(MAIL.c.id).where(MAIL.c.status.in_((SENT, CANCELLED)), MAIL.c.finished_at < before).limit(limit)
    changed: Any = session.execute(delete(MAIL).where(MAIL.c.id.in_(old)))
    return int(changed.rowcount)


def failed_rows(session: Session, actor: Actor, limit: int | None = None) -> list[dict[str, Any]]:
    """E-mails that were given up, or fail at the moment: the oldest first, to whom, and why. Raises NotAllowed."""
    policy.require(actor, "mail.manage")
    failing = (MAIL.c.status == FAILED) | ((MAIL.c.status == WAITING) & (MAIL.c.tries > 0))
    names = ("id", "cause", "status", "reason", "detail", "tries", "next_at", "created_at")
    columns: list[Any] = [*[MAIL.c[name] for name in names], User.name, User.email]
    statement = select(*columns).join(User, MAIL.c.user_id == col(User.id)).where(failing)
    return [dict(row._mapping) for row in session.execute(statement.order_by(MAIL.c.id).limit(limit))]


def count_given_up(session: Session) -> int:
    """How many e-mails were given up and wait for a person."""
    return session.execute(select(func.count()).select_from(MAIL).where(MAIL.c.status == FAILED)).scalar_one()


def retry(session: Session, actor: Actor, mail_id: int | None, now: datetime) -> int:
    """Have one that was given up, or all that fail, tried again now. Returns how many. Raises NotAllowed, NotFound."""
    ids = _failed_ids(session, actor, mail_id)
    again = {"status": WAITING, "tries": 0, "next_at": now, "finished_at": None}
    session.execute(update(MAIL).where(MAIL.c.id.in_(ids)).values(**again))
    for found in ids:
        audit.record(session, actor, "mail.retry", f"mail:{found}")
    return len(ids)


def discard(session: Session, actor: Actor, mail_id: int, now: datetime) -> None:
    """Give one up for good: its notices stay in the app. Raises NotAllowed, NotFound."""
    ids = _failed_ids(session, actor, mail_id)
    session.execute(update(MAIL).where(MAIL.c.id.in_(ids)).values(status=CANCELLED, finished_at=now))
    audit.record(session, actor, "mail.discard", f"mail:{mail_id}")


def _failed_ids(session: Session, actor: Actor, mail_id: int | None) -> list[int]:
    ids = [row["id"] for row in failed_rows(session, actor) if mail_id in (None, row["id"])]
    if mail_id is not None and not ids:
        raise NotFound(N_("There is no such e-mail: it was sent by now, or given up."))
    return ids
