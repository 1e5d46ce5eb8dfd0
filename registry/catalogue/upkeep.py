"""What follows when records change: pairs that may be the same, the clusters of rules, conflicts between sources.

Not part of the change itself: called afterwards with the ids that changed, by the worker, by commands. Safe to repeat.
"""

import time
from collections.abc import Callable, Collection
from datetime import datetime

from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.catalogue.conflicts.finding import refresh_conflicts
from registry.catalogue.same_as.candidates import BATCH, Found, find_candidates
from registry.catalogue.same_as.reading import stale
from registry.db import Database, utcnow


def look_after(session: Session, kind: str, ids: Collection[int], actor: Actor, now: datetime | None = None) -> Found:
    """Bring pairs, clusters and conflicts of these records up to date, in whatever order and pieces they come."""
    now = now or utcnow()
    found = find_candidates(session, kind, ids, actor, now)
    if kind == "programme":
        refresh_conflicts(session, ids, actor, now)
    return found


def catch_up(session: Session, kind: str, actor: Actor, now: datetime | None = None) -> Found:
    """Look after one batch of what changed since it was last looked at; `records` 0: all is up to date."""
    return look_after(session, kind, stale(session, kind, BATCH), actor, now)


def catch_up_whole(
    database: Database,
    kind: str,
    actor: Actor,
    *,
    pause_seconds: float = 0,
    stop: Callable[[], bool] = lambda: False,
    on_batch: Callable[[Found], None] = lambda found: None,
) -> Found:
    """Catch up with all that changed, a transaction per batch and a pause between them; what is done stays done."""
    total = Found()
    while not stop():
        with database.transaction() as session:
            found = catch_up(session, kind, actor)
        if not found.records:
            break
        total.add(found)
        on_batch(found)
        time.sleep(pause_seconds)
    return total
