"""Counts over large tables, kept per process for as long as nothing has changed. Holds no query of its own.

What a count depends on changes with an event at the latest, so the newest event's id says whether a kept one is still
right. A count that took long is kept through changes for half a minute: an import changes something all the time.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

from sqlalchemy import text
from sqlmodel import Session

from registry.accounts.actor import Actor

MOST_KEPT = 256
_NEWEST = text("SELECT max(id) FROM event")
SLOW_SECONDS = 0.2
STALE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class _Kept:
    event_id: int
    made_at: float
    slow: bool
    value: Any


T = TypeVar("T")
_kept: WeakKeyDictionary[Any, OrderedDict[Hashable, _Kept]] = WeakKeyDictionary()


def counted(session: Session, actor: Actor, key: Hashable, count: Callable[[], T]) -> T:
    """The value of `count()`, perhaps from before; `key` says what is counted, the actor who may see what."""
    event_id = session.connection().execute(_NEWEST).scalar() or 0
    bind = session.get_bind()
    kept = _kept.setdefault(bind, OrderedDict())
    full_key = (actor.role, actor.state, actor.organisation_id, actor.scopes, key)
    found = kept.get(full_key)
    now = time.monotonic()
    if found and (found.event_id == event_id or (found.slow and now - found.made_at < STALE_SECONDS)):
        return cast(T, found.value)
    value = count()
    made_at = time.monotonic()
    kept[full_key] = _Kept(event_id, made_at, made_at - now > SLOW_SECONDS, value)
    while len(kept) > MOST_KEPT:
        kept.popitem(last=False)
    return value
