"""The audit log: append-only, each entry chained by hash to the one before. Never holds secrets."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.accounts.models import AuditEntry, AuditHead
from registry.db import before_commit, utcnow
from registry.json_text import dumps

ENTRY = AuditEntry.__table__  # type: ignore[attr-defined]
SECRET_FIELDS = frozenset({"password", "password_hash", "secret", "secret_sha256", "session_key", "token"})


def record(session: Session, actor: Actor, action: str, subject: str = "", **detail: Any) -> None:
    """Note what `actor` did, as part of this transaction.

    Entries are chained as the last thing before the commit: the chain's head is the one row all writers wait for,
    so it is held for as short a time as can be.
    """
    if leaked := SECRET_FIELDS & detail.keys():
        raise ValueError(f"the audit log takes no secrets: {sorted(leaked)}")
    session.info.setdefault("audit", []).append((utcnow(), actor.label, action, subject, dumps(detail)))
    before_commit(session, "audit", _append, rank=1)


def pending(session: Session) -> int:
    """How many entries wait for this transaction's commit: a mark for `forget_since`."""
    return len(session.info.get("audit", ()))


def forget_since(session: Session, mark: int) -> None:
    """Drop the entries noted since the mark: what they tell of was rolled back to a savepoint."""
    del session.info.get("audit", [])[mark:]


def _append(session: Session) -> None:
    head = session.execute(select(AuditHead).with_for_update()).scalar_one()
    for at, actor, action, subject, detail in session.info.pop("audit", []):
        sha256 = chain_hash(head.sha256, at, actor, action, subject, detail)
        entry = AuditEntry(
            at=at,
            actor=actor,
            action=action,
            subject=subject,
            detail=detail,
            previous_sha256=head.sha256,
            sha256=sha256,
        )
        session.add(entry)
        session.flush()
        head.entry_id, head.sha256 = entry.id or 0, sha256
    session.add(head)
    session.flush()


def chain_hash(previous: str, at: datetime, actor: str, action: str, subject: str, detail: str) -> str:
    """SHA-256 over the previous entry's hash and everything this one says."""
    return hashlib.sha256(dumps([previous, at.isoformat(), actor, action, subject, detail]).encode()).hexdigest()


def latest(
    session: Session, actor: Actor, limit: int, *, subject: str | None = None, action: str | None = None
) -> Sequence[AuditEntry]:
    """The newest entries the actor may see, newest first; of one subject (`need:12`), of one action or `login.`…"""
    found = select(AuditEntry).where(policy.visible(actor, AuditEntry))
    if subject is not None:
        found = found.where(ENTRY.c.subject == subject)
    if action is not None:
        found = found.where(ENTRY.c.action.startswith(action, autoescape=True))
    return session.scalars(found.order_by(ENTRY.c.id.desc()).limit(limit)).all()


@dataclass(frozen=True)
class Break:
    """Where the chain does not hold, and why."""

    entry_id: int
    reason: str


def verify(session: Session) -> tuple[int, Break | None]:
    """Walk the whole chain. Returns (entries read, first break or None)."""
    previous, count, last = "0" * 64, 0, 0
    for entry in _entries(session):
        count += 1
        if entry.previous_sha256 != previous:
            return count, Break(entry.id or 0, "an entry before it was removed or changed")
        if chain_hash(previous, entry.at, entry.actor, entry.action, entry.subject, entry.detail) != entry.sha256:
            return count, Break(entry.id or 0, "its content was changed")
        previous, last = entry.sha256, entry.id or 0
    head = session.execute(select(AuditHead)).scalar_one()
    if head.sha256 != previous:
        return count, Break(last, "entries after it were removed")
    return count, None


def _entries(session: Session) -> Iterator[AuditEntry]:
    last = 0
    while (
        page := session.execute(select(AuditEntry).where(ENTRY.c.id > last).order_by(ENTRY.c.id).limit(1000))
        .scalars()
        .all()
    ):
        yield from page
        last = page[-1].id or 0
        session.expunge_all()
