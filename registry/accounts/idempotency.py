"""Answers once given to requests with an Idempotency-Key: claimed before the work, kept with it in one transaction.

The claim is the first write of the transaction, so that of two equal requests at once the second waits for the first
and then finds its answer: on SQLite for the write lock, on PostgreSQL for the row.
"""

from datetime import datetime, timedelta

from sqlalchemy import Row, Table, delete, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from registry.accounts.models import IdempotencyKey
from registry.errors import N_, Conflict, RegistryError
from registry.json_text import dumps

KEY: Table = IdempotencyKey.__table__  # type: ignore[attr-defined]
KEPT = timedelta(hours=24)
WAIT_SECONDS = 10


class KeyReused(RegistryError):
    """The same key came with another request before."""

    status = 422
    code = "idempotency-key-reused"


def claim(session: Session, owner: str, key: str, request_sha256: str, now: datetime) -> Row | None:
    """Take the key for this request, or return what was answered under it before.

    Raises KeyReused where the key came with another request, Conflict where one is still at work after ten seconds.
    """
    session.execute(delete(KEY).where(KEY.c.owner == owner, KEY.c.key == key, KEY.c.at <= now - KEPT))
    if _insert(session, owner, key, request_sha256, now):
        return None
    known = session.execute(select(KEY).where(KEY.c.owner == owner, KEY.c.key == key)).one()
    if known.request_sha256 != request_sha256:
        raise KeyReused(N_("This Idempotency-Key was used for another request: take a new key for a new request."))
    return known


def _insert(session: Session, owner: str, key: str, request_sha256: str, now: datetime) -> bool:
    dialect = session.get_bind().dialect.name
    row = {"owner": owner, "key": key, "request_sha256": request_sha256, "at": now}
    row |= {"status": 0, "headers": "[]", "body": ""}
    insert_new = (postgresql if dialect == "postgresql" else sqlite).insert(KEY)
    if dialect == "postgresql":
        session.execute(text(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'"))
    try:
        new = session.execute(
            insert_new.values(row).on_conflict_do_nothing(index_elements=["owner", "key"]).returning(KEY.c.id)
        ).first()
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != "55P03":  # lock_not_available
            raise
        raise Conflict(N_("The first request with this Idempotency-Key is still at work. Try again later.")) from None
    if dialect == "postgresql":
        session.execute(text("SET LOCAL lock_timeout TO DEFAULT"))
    return new is not None


def keep(session: Session, owner: str, key: str, status: int, headers: list[tuple[str, str]], body: str) -> None:
    """Note the answer under the claimed key, as part of the transaction of the work itself."""
    session.execute(
        update(KEY)
        .where(KEY.c.owner == owner, KEY.c.key == key)
        .values(status=status, headers=dumps(headers), body=body)
    )


def prune_idempotency(session: Session, now: datetime) -> int:
    """Forget answers older than 24 hours. Returns how many."""
    result = session.execute(delete(KEY).where(KEY.c.at <= now - KEPT))
    return int(result.rowcount)  # type: ignore[attr-defined]
