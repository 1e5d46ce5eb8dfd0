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
from registry.catalogue.same_as.clusters import chunks
from registry.catalogue.same_as.reading import stale
from registry.db import Database, utcnow

PIECE = 10
"""Records per transaction of what goes on in the background: on SQLite it holds the one write lock for that long."""


def look_after(session: Session, kind: str, ids: Collection[int], actor: Actor, now: datetime | None = None) -> Found:
    """Bring pairs, clusters and conflicts of these records up to date, in whatever order and pieces they come."""
    now = now or utcnow()
    found = find_candidates(session, kind, ids, actor, now)
    if kind == "programme":
        refresh_conflicts(session, ids, actor, now)
    return found


def catch_up(
    database: Database,
    kind: str,
    actor: Actor,
    *,
    pause_seconds: float = 0,
    stop: Callable[[], bool] = lambda: False,
    on_batch: Callable[[Found], None] = lambda found: None,
) -> Found:
    """Look after everything that changed since it was last looked at. What is done stays done when it is stopped.

    A transaction per few records and a pause between them, so that nobody who writes has to wait for it.
    """
    total, after = Found(), 0
    while not stop():
        with database.reading() as session:
            ids = stale(session, kind, BATCH, after)
        if not ids and after == 0:
            break
        for part in chunks(ids, PIECE):
            with database.transaction() as session:
                found = look_after(session, kind, part, actor)
            total.add(found)
            on_batch(found)
            time.sleep(pause_seconds)
        # Joining gives records a new version: once round again, until nothing is left.
        after = ids[-1] if ids else 0
    return total
