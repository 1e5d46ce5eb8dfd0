"""Failed logins, counted in the database so that all processes count together.

An attempt is written down as failed before the password is looked at and struck out when it was right: tries made at
the same moment are all counted, and no more of them than the limit ever cost a hash.
"""

import hashlib
import ipaddress
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, func, insert, select
from sqlmodel import Session

from registry.accounts.models import FailedAttempt
from registry.accounts.rules import ACCOUNT, ADDRESS, Limit, wait_seconds
from registry.db import Database
from registry.errors import TooManyAttempts

ATTEMPT = FailedAttempt.__table__  # type: ignore[attr-defined]
PG_LOCK = 4_201_701
"""Advisory lock of PostgreSQL under which attempts are counted; SQLite has one writer anyhow."""


def account_key(email: str) -> str:
    """The account's key, whether it exists or not; what was typed is not kept readable."""
    return f"account:{hashlib.sha256(email.encode()).hexdigest()[:40]}"


def address_key(address: str) -> str:
    """The client's key: its address, or its /64 network, which one IPv6 client has to itself."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return f"address:{address[:80]}"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is None:
            return f"address:{ipaddress.ip_network((parsed, 64), strict=False)}"
        parsed = parsed.ipv4_mapped
    return f"address:{parsed}"


def limits_of(email: str, address: str) -> dict[str, Limit]:
    """The counters that one login attempt falls under."""
    return {account_key(email): ACCOUNT, address_key(address): ADDRESS}


def reserve(database: Database, limits: Mapping[str, Limit], now: datetime) -> Sequence[int]:
    """Count an attempt as failed, in a short transaction of its own. Returns what take_back asks for.

    Raises TooManyAttempts, counting nothing.
    """
    # A siege is turned away by reading alone; only who seems welcome waits for the write lock.
    with database.reading() as session:
        _refuse(session, limits, now)
    with database.transaction() as session:
        if not database.is_sqlite:
            session.execute(select(func.pg_advisory_xact_lock(PG_LOCK)))
        longest = max(limit.window for limit in limits.values())
        session.execute(delete(ATTEMPT).where(ATTEMPT.c.at <= now - longest))
        _refuse(session, limits, now)
        rows = [{"key": key, "at": now} for key in limits]
        return session.scalars(insert(ATTEMPT).returning(ATTEMPT.c.id), rows).all()


def take_back(session: Session, attempt: Sequence[int]) -> None:
    """Strike out a reserved attempt: it did not fail."""
    session.execute(delete(ATTEMPT).where(ATTEMPT.c.id.in_(attempt)))


def forget(session: Session, key: str) -> None:
    """Strike out all failures under a key."""
    session.execute(delete(ATTEMPT).where(ATTEMPT.c.key == key))


def _refuse(session: Session, limits: Mapping[str, Limit], now: datetime) -> None:
    rows = session.execute(select(ATTEMPT.c.key, ATTEMPT.c.at).where(ATTEMPT.c.key.in_(list(limits)))).all()
    wait = max(wait_seconds(limit, [row.at for row in rows if row.key == key], now) for key, limit in limits.items())
    if wait:
        raise TooManyAttempts(wait)
