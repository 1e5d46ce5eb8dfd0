"""How often records of a kind were changed: one number per kind, so that something kept can be known to be still right.

It grows in the transaction of the change itself, and a number that was read stands for a state of the records that is
at least as new: read it first, then what depends on it.
"""

from collections.abc import Collection

from sqlalchemy import Table, func, select
from sqlmodel import Session

from registry.db import before_commit, upsert, waits_for_commit
from registry.events.models import KindVersion

VERSION: Table = KindVersion.__table__  # type: ignore[attr-defined]
VERSIONED = frozenset({"programme", "organisation"})
"""Kinds that large counts and sums depend on"""
RANK = 2
"""Behind the audit log's head: the second row that all writers of these kinds wait for, held until the commit"""
_KEY = "kind_version"


def note(session: Session, kinds: Collection[str]) -> None:
    """Count one more change of these kinds when the transaction commits, as far as they are VERSIONED."""
    if noted := VERSIONED.intersection(kinds):
        session.info.setdefault(_KEY, set()).update(noted)
        before_commit(session, _KEY, _grow, rank=RANK)


def is_changing(session: Session) -> bool:
    """Whether this transaction has changed records itself: nothing kept fits what it sees."""
    return waits_for_commit(session, _KEY)


def version(session: Session, kinds: Collection[str] = VERSIONED) -> int:
    """The number of these kinds together; only ever grows."""
    statement = select(func.coalesce(func.sum(VERSION.c.number), 0)).where(VERSION.c.kind.in_(sorted(kinds)))
    return int(session.connection().execute(statement).scalar_one())


def _grow(session: Session) -> None:
    for kind in sorted(session.info.pop(_KEY, ())):
        connection = session.connection()
        row = {"kind": kind, "number": 1}
        connection.execute(upsert(connection, VERSION, ["kind"], row, number=VERSION.c.number + 1))
