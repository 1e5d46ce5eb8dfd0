"""The sequencer: gives committed events their position, so that a reader who pages by position never misses one.

Ids are taken when an event is written, but transactions commit in another order: a reader of `id > last` would pass
over what commits late. Positions are given afterwards, by one sequencer at a time, to what is committed, in the order
of ids; they are dense and only grow. Events of one record keep their order, as its writers wait for each other.
"""

from sqlalchemy import Table, exists, func, select, text, update
from sqlmodel import Session

from registry.db import Database
from registry.events.models import Event

LOCK = 0x0CA5A001
"""PostgreSQL's advisory lock of the one sequencer; on SQLite the write lock serves."""
BATCH = 5000
EVENT: Table = Event.__table__  # type: ignore[attr-defined]


def sequence(database: Database) -> int:
    """Give every committed event its position. Returns how many; 0 also where another sequencer is at work."""
    total = 0
    while True:
        with database.transaction() as session:
            count = sequence_batch(session, BATCH)
        total += count
        if count < BATCH:
            return total


def catch_up(database: Database) -> None:
    """Sequence if anything waits: what a reader does first, so that it sees what was committed before it asked."""
    with database.reading() as session:
        waiting = unsequenced(session)
    if waiting:
        sequence(database)


def sequence_batch(session: Session, limit: int) -> int:
    """Position at most `limit` events in this transaction, which must hold nothing else. Returns how many."""
    if not _alone(session):
        return 0
    last = last_position(session)
    waiting = (
        select(EVENT.c.id, (func.row_number().over(order_by=EVENT.c.id) + last).label("position"))
        .where(EVENT.c.position.is_(None))
        .order_by(EVENT.c.id)
        .limit(limit)
        .subquery()
    )
    result = session.execute(update(EVENT).where(EVENT.c.id == waiting.c.id).values(position=waiting.c.position))
    return int(result.rowcount)  # type: ignore[attr-defined]


def _alone(session: Session) -> bool:
    """Whether this transaction is the one sequencer, to its end: the next one's statements see what it committed."""
    if session.get_bind().dialect.name == "sqlite":
        return True  # BEGIN IMMEDIATE holds the one write lock
    return advisory_lock(session, LOCK)


def advisory_lock(session: Session, key: int) -> bool:
    """Whether this transaction has PostgreSQL's advisory lock of this key, to its end; nobody waits for it."""
    return bool(session.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": key}).scalar_one())


def unsequenced(session: Session) -> bool:
    """Whether committed events wait for their position."""
    return bool(session.execute(select(exists().where(EVENT.c.position.is_(None)))).scalar_one())


def last_position(session: Session) -> int:
    """The highest position given; 0 where none was. The newest event is never pruned, so positions never repeat."""
    return session.execute(select(func.max(EVENT.c.position))).scalar_one() or 0
