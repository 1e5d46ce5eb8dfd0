"""Counts and sums over the catalogue, kept until it changes: in each process, and in the database for all of them.

Only changes of programmes and organisations empty what is kept (events/versions.py). What took long is kept through
changes for a time in proportion, so that an import, which changes something all the time, does not make every reader
count anew. Holds no query of its own.
"""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

import orjson
from sqlalchemy import Table, delete, select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue.models import KeptAnswer
from registry.db import TRY_ONLY, upsert, utcnow
from registry.errors import Busy
from registry.events import versions
from registry.json_text import dumps
from registry.rooms import Room

KEPT: Table = KeptAnswer.__table__  # type: ignore[attr-defined]
PLACES = Room(2)
"""Sums over the catalogue, or over all that is open, that one process makes at the same time"""
PLACE_SECONDS, RETRY_SECONDS = 5.0, 10
"""How long a request waits for a place, and when one that was sent away may come again"""
MOST_KEPT = 512
"""In each process"""
SHARED_SECONDS = 0.02
"""What took at least so long is shared through the database"""
SLOW_SECONDS = 0.1
"""What took at least so long is kept through changes, PATIENCE times as long and at most STALE_SECONDS"""
PATIENCE, STALE_SECONDS = 50, 30.0
KEPT_FOR = timedelta(hours=6)
"""In the database, where nobody asks again"""
SWEEP = 50
"""Every so many answers that a process shares, old ones are deleted"""


@dataclass(slots=True)
class _Kept:
    version: int
    until: float
    """time.monotonic() until which it is given out although something changed"""
    value: Any
    being_made: bool = False


class _Answers:
    """What one process keeps of one database."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self.shared = 0


T = TypeVar("T")
_answers: WeakKeyDictionary[Any, _Answers] = WeakKeyDictionary()


@contextmanager
def place() -> Iterator[None]:
    """Hold one of this process's places for sums over the catalogue. Raises Busy where none becomes free in time."""
    held = PLACES.enter(wait=PLACE_SECONDS)
    if held is None:
        raise Busy(RETRY_SECONDS)
    try:
        yield
    finally:
        held.leave()


def counted(session: Session, actor: Actor, key: Hashable, count: Callable[[], T], *, heavy: bool = False) -> T:
    """Return the value of `count()` (JSON values only: tuples may come back as lists), perhaps from before.

    `key` says what is counted; whoever may see the same programmes shares the answer. `heavy`: it takes one of PLACES
    while it is made; raises Busy where all are taken.
    """
    if versions.is_changing(session):
        return count()
    answers = _answers.setdefault(session.get_bind(), _Answers())
    full_key = (policy.catalogue_audience(actor), key)
    version = versions.version(session)
    with answers.lock:
        found = answers.kept.get(full_key)
        if found is not None:
            answers.kept.move_to_end(full_key)
            if found.version == version or found.being_made or time.monotonic() < found.until:
                return cast(T, found.value)
            found.being_made = True  # others are given the former value meanwhile
    try:
        with place() if heavy else nullcontext():
            made = _shared(session, full_key, version) or _make(session, answers, full_key, version, count)
    finally:
        if found is not None:
            found.being_made = False
    with answers.lock:
        answers.kept[full_key] = made
        while len(answers.kept) > MOST_KEPT:
            answers.kept.popitem(last=False)
    return cast(T, made.value)


def _make(session: Session, answers: _Answers, key: Hashable, version: int, count: Callable[[], Any]) -> _Kept:
    started, worked = time.monotonic(), time.thread_time()
    value = count()
    now = time.monotonic()
    # On a busy machine the clock runs on while others work.
    seconds = max(time.thread_time() - worked, (now - started) / 4)
    if now - started >= SHARED_SECONDS:
        _share(session, answers, key, version, seconds, value)
    return _Kept(version, now + _patience(seconds), value)


def _patience(seconds: float) -> float:
    return min(STALE_SECONDS, PATIENCE * seconds) if seconds >= SLOW_SECONDS else 0.0


def _digest(key: Hashable) -> str:
    return hashlib.sha256(repr(key).encode()).hexdigest()


def _shared(session: Session, key: Hashable, version: int) -> _Kept | None:
    """What another process made of it, where it is still right or was slow to make."""
    columns = (KEPT.c.version, KEPT.c.made_at, KEPT.c.seconds, KEPT.c.value)
    row = session.connection().execute(select(*columns).where(KEPT.c.key == _digest(key))).first()
    if row is None or row.version > version:
        return None  # of a database that was set back
    left = _patience(row.seconds) - (utcnow() - row.made_at).total_seconds()
    if row.version != version and left <= 0:
        return None
    return _Kept(row.version, time.monotonic() + max(left, 0.0), orjson.loads(row.value))


def _share(session: Session, answers: _Answers, key: Hashable, version: int, seconds: float, value: Any) -> None:
    """Store it for the other processes, unless somebody else is writing just now: it is not worth waiting for."""
    bind = session.get_bind()
    engine = cast(Engine, bind).execution_options(casa_read=False, postgresql_readonly=False, **TRY_ONLY)
    now = utcnow()
    row = {"key": _digest(key), "version": version, "made_at": now, "seconds": seconds, "value": dumps(value)}
    answers.shared += 1
    with suppress(DBAPIError), engine.begin() as connection:
        connection.execute(upsert(connection, KEPT, ["key"], row))
        if answers.shared % SWEEP == 0:
            connection.execute(delete(KEPT).where(KEPT.c.made_at < now - KEPT_FOR))
