"""The registry's own consumers of events: each has a cursor that moves in the transaction of its effects.

A consumer is a name, kinds of events, and two functions: `look` reads, before any lock is taken, and says what there is
to do; `act` does it, together with the cursor's move. So nothing is done twice and nothing left out, whatever is killed
when. One process at a time holds a consumer's lease; its fence, asked for in the same transaction, keeps out who lost
it. Slices on higher floors say what consumers do; worker/consumers.py lists them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Table, delete, exists, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from registry.events.models import Consumer as ConsumerRow
from registry.events.models import DeadLetter
from registry.events.sequencer import EVENT, last_position
from registry.json_text import dumps

LEASE_SECONDS = 30
BATCH = 200
SCAN = 20_000
"""Positions passed in one step where few of them are of the consumer's kinds"""
WAITS = (1, 4, 16, 64)
"""Seconds between the tries of an event that fails; after the last of them it is set aside."""
LONGEST_ERROR = 1000
CONSUMER: Table = ConsumerRow.__table__  # type: ignore[attr-defined]
LETTER: Table = DeadLetter.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Happening:
    """A sequenced event, as consumers see it: all there is to it, whoever may see it. `data`: JSON text."""

    position: int
    uid: str
    type: str
    kind: str
    record_id: int
    record_version: int
    visibility: str
    state: str | None
    organisation_id: int | None
    data: str
    at: datetime


_COLUMNS = [EVENT.c[item.name] for item in fields(Happening)]


@dataclass(frozen=True)
class Consumer:
    """What is done when something happened. Either function may run again for the same events, to no further effect."""

    kinds: frozenset[str]
    """Of events it looks at; the others are passed over"""
    look: Callable[[Session, Sequence[Happening]], Any]
    """With a session that cannot write. What is falsy means: nothing to do."""
    act: Callable[[Session, Any], None]
    """Handed what `look` gave; in the transaction that moves the cursor"""
    meaning: str


@dataclass(frozen=True)
class Claim:
    """A consumer in our hands until the lease ends."""

    name: str
    position: int
    failures: int
    fence: int


class LeaseLost(Exception):
    """Somebody else is at this consumer by now: what this transaction did is taken back."""


def ensure(session: Session, names: Iterable[str], now: datetime) -> None:
    """Let there be a row for each consumer. A new one begins with the oldest event that is kept."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    rows = [{"name": name, "position": 0, "updated_at": now, "failures": 0, "fence": 0} for name in sorted(names)]
    session.execute(dialect.insert(CONSUMER).on_conflict_do_nothing(), rows)


def has_work(session: Session, name: str, now: datetime) -> bool:
    """Whether a claim would find something to do: asked without a lock, since mostly there is nothing."""
    asked = exists().where(LETTER.c.consumer == name, LETTER.c.retry_at <= now)
    behind = CONSUMER.c.position < last_position(session)
    found = select(CONSUMER.c.name).where(_free(name, now), or_(behind, asked))
    return session.execute(found).first() is not None


def claim(session: Session, name: str, owner: str, now: datetime) -> Claim | None:
    """Take the consumer's lease; None where another has it, or it waits after a failure. The caller commits at once."""
    row = session.execute(select(CONSUMER).where(_free(name, now)).with_for_update(skip_locked=True)).first()
    if row is None:
        return None
    taken = Claim(name, row.position, row.failures, row.fence + 1)
    session.execute(
        update(CONSUMER)
        .where(CONSUMER.c.name == name)
        .values(lease_owner=owner[:80], lease_until=now + timedelta(seconds=LEASE_SECONDS), fence=taken.fence)
    )
    return taken


def _free(name: str, now: datetime) -> Any:
    return (
        (CONSUMER.c.name == name)
        & or_(CONSUMER.c.lease_until.is_(None), CONSUMER.c.lease_until <= now)
        & or_(CONSUMER.c.next_at.is_(None), CONSUMER.c.next_at <= now)
    )


def read(session: Session, consumer: Consumer, after: int, limit: int = BATCH) -> tuple[list[Happening], int]:
    """The next events of the consumer's kinds, and the position behind which the ones after them begin."""
    end = min(last_position(session), after + SCAN)
    rows = session.execute(
        select(*_COLUMNS)
        .where(EVENT.c.position > after, EVENT.c.position <= end, EVENT.c.kind.in_(consumer.kinds))
        .order_by(EVENT.c.position)
        .limit(limit)
    ).all()
    return [Happening(*row) for row in rows], rows[-1].position if len(rows) == limit else max(end, after)


def advance(session: Session, held: Claim, position: int, now: datetime) -> None:
    """Move the cursor and renew the lease. First thing in the transaction of the effects; raises LeaseLost."""
    _change(
        session, held, position=position, updated_at=now, failures=0, next_at=None,
        lease_until=now + timedelta(seconds=LEASE_SECONDS),
    )  # fmt: skip


def hold(session: Session, held: Claim, now: datetime) -> None:
    """Renew the lease. First thing in a transaction that does not move the cursor; raises LeaseLost."""
    _change(session, held, lease_until=now + timedelta(seconds=LEASE_SECONDS))


def release(session: Session, held: Claim) -> None:
    """Let go, if it is still ours."""
    session.execute(update(CONSUMER).where(_ours(held)).values(lease_owner=None, lease_until=None))


def postpone(session: Session, held: Claim, error: str, now: datetime) -> None:
    """Note that the event behind the cursor failed once more, and let go until its next try. Raises LeaseLost."""
    wait = WAITS[min(held.failures, len(WAITS) - 1)]
    _change(
        session, held, failures=held.failures + 1, last_error=error, failed_at=now,
        next_at=now + timedelta(seconds=wait), lease_owner=None, lease_until=None,
    )  # fmt: skip


def set_aside(session: Session, held: Claim, happening: Happening, error: str, now: datetime) -> None:
    """The event failed too often: keep it with the reason, and go on behind it. Raises LeaseLost."""
    advance(session, held, happening.position, now)
    _change(session, held, last_error=error, failed_at=now)
    session.execute(delete(LETTER).where(LETTER.c.consumer == held.name, LETTER.c.event_uid == happening.uid))
    session.execute(
        insert(LETTER).values(
            consumer=held.name,
            event_uid=happening.uid,
            event=dumps(asdict(happening)),
            reason=error,
            tries=held.failures + 1,
            set_aside_at=now,
        )
    )


def held_position(session: Session, names: Iterable[str]) -> int | None:
    """Behind this position some of these consumers have not looked; None: there are none yet."""
    lowest: int | None = session.execute(
        select(func.min(CONSUMER.c.position)).where(CONSUMER.c.name.in_(list(names)))
    ).scalar_one()
    return lowest


def happening_of(text: str) -> Happening:
    """An event as a dead letter keeps it."""
    values: Mapping[str, Any] = orjson.loads(text)
    return Happening(**{**values, "at": datetime.fromisoformat(values["at"])})


def words_of(error: BaseException) -> str:
    """What went wrong, for the row: kind and words, of a database's error the database's own."""
    said = f"{type(error).__name__}: {getattr(error, 'orig', None) or error}"
    return "".join(character if character.isprintable() else " " for character in said)[:LONGEST_ERROR]


def _change(session: Session, held: Claim, **values: Any) -> None:
    changed = session.execute(update(CONSUMER).where(_ours(held)).values(**values))
    if not changed.rowcount:  # type: ignore[attr-defined]
        raise LeaseLost(held.name)


def _ours(held: Claim) -> Any:
    return (CONSUMER.c.name == held.name) & (CONSUMER.c.fence == held.fence) & CONSUMER.c.lease_until.is_not(None)
