"""One run of one feed: begun under a lease, kept alive by a heartbeat, ended with its reason. No two at once.

A run whose process died is found by its silence when the next one is to begin: that one takes the run over and goes
on behind the last batch. Its fence grows, so that the old process, should it wake, cannot write any more. Nobody
force-finishes anything.
"""

import contextlib
import logging
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from registry.accounts import audit
from registry.accounts.actor import Actor
from registry.db import Database, utcnow
from registry.errors import N_, Conflict, NotFound, RegistryError
from registry.events.outbox import Change, emit
from registry.sync import timetable
from registry.sync.models import Feed, Run
from registry.sync.reasons import RUN_REASONS
from registry.sync.report import Counts
from registry.sync.rules import is_dead

HEARTBEAT_SECONDS = 10
FEED: Table = Feed.__table__  # type: ignore[attr-defined]
RUN: Table = Run.__table__  # type: ignore[attr-defined]
log = logging.getLogger(__name__)


class RunCancelled(RegistryError):
    """A person asked for the run to stop."""

    status = 409
    code = "cancelled"


class RunLost(RegistryError):
    """Another process has taken this run for dead and gone on: this one must not write any more."""

    status = 409
    code = "abandoned"


def find_feed(session: Session, feed_id: int) -> Feed:
    """Raises NotFound."""
    feed = session.get(Feed, feed_id)
    if feed is None:
        raise NotFound(N_("There is no such feed."))
    return feed


def note_fetch(session: Session, feed_id: int, columns: dict[str, Any]) -> None:
    """Keep what the last fetch said of its document. That is no change of the feed: its version stays."""
    session.execute(update(FEED).where(FEED.c.id == feed_id).values(columns))


def _never(_dead: Run) -> bool:
    return False


def begin(
    session: Session,
    feed_id: int,
    trigger: str,
    actor: Actor,
    now: datetime,
    goes_on: Callable[[Run], bool] = _never,
) -> tuple[Feed, Run]:
    """Begin a run, or take over one whose process died where `goes_on` says so (its fence is then above 1).

    Raises NotFound, and Conflict while another run of the feed is alive.
    """
    feed = session.execute(select(Feed).where(Feed.id == feed_id).with_for_update()).scalar_one_or_none()  # type: ignore[arg-type]
    if feed is None:
        raise NotFound(N_("There is no such feed."))
    alive = select(Run).where(Run.feed_id == feed_id, Run.status == "running")  # type: ignore[arg-type]
    for other in session.execute(alive.with_for_update()).scalars():
        if not is_dead(other.heartbeat_at, now):
            raise Conflict(
                N_("This feed is being synchronised already. A run that was killed is taken over after a minute.")
            )
        if not other.cancel_requested and goes_on(other):
            other.fence += 1
            other.heartbeat_at = now
            session.add(other)
            audit.record(session, actor, "feed.resume", f"feed:{feed_id}", run=other.id, records=other.records)
            return feed, other
        _end(session, other, "failed", "abandoned", RUN_REASONS["abandoned"], now)
    run = Run(feed_id=feed_id, trigger=trigger, started_at=now, heartbeat_at=now)
    session.add(run)
    session.flush()
    audit.record(session, actor, "feed.run", f"feed:{feed_id}", run=run.id, trigger=trigger)
    return feed, run


def running(session: Session) -> list[int]:
    """Ids of all runs that have not ended, dead ones too."""
    return list(session.execute(select(RUN.c.id).where(RUN.c.status == "running")).scalars())


def begin_document(session: Session, run_id: int, fence: int, document: dict[str, Any], size: int) -> None:
    """Note what is being read, from its beginning. Raises RunLost."""
    hold(session, run_id, fence)
    nothing = dict.fromkeys((*_NUMBERS, "records", "done_bytes"), 0)
    session.execute(update(RUN).where(RUN.c.id == run_id).values(document=document, bytes=size, **nothing))


def hold(session: Session, run_id: int, fence: int) -> None:
    """Lock the run for this transaction. Raises RunLost where it is not ours any more."""
    held = select(RUN.c.fence).where(RUN.c.id == run_id, RUN.c.status == "running").with_for_update()
    if session.execute(held).scalar_one_or_none() != fence:
        raise RunLost(N_("This run was taken over by another process."))


def _end(session: Session, run: Run, status: str, code: str | None, reason: str | None, now: datetime) -> None:
    run.status, run.reason_code, run.reason, run.finished_at = status, code, reason, now
    session.add(run)
    session.flush()
    emit(session, finished(run), at=now)


def end_all(session: Session, now: datetime) -> int:
    """End every run that goes on, whose processes are known to be no more. Returns how many."""
    found = session.scalars(select(Run).where(Run.status == "running").order_by(Run.id)).all()  # type: ignore[arg-type]
    for run in found:
        _end(session, run, "failed", "abandoned", RUN_REASONS["abandoned"], now)
    return len(found)


def finished(run: Run) -> Change:
    """The event of a run's end."""
    numbers = ("records", "created", "updated", "unchanged", "ignored", "quarantined", "archived", "revived")
    data: dict[str, Any] = {name: getattr(run, name) for name in numbers}
    data |= {"feed": run.feed_id, "status": run.status, "reason_code": run.reason_code, "reason": run.reason}
    return Change("run.finished", "run", run.id or 0, 1, data, visibility="members")


def settle(
    session: Session,
    run_id: int,
    fence: int,
    status: str,
    code: str | None,
    reason: str | None,
    now: datetime,
    **columns: Any,
) -> Run:
    """End a run of ours. Raises RunLost where another process has taken it over."""
    hold(session, run_id, fence)
    run = session.execute(select(Run).where(Run.id == run_id)).scalar_one()  # type: ignore[arg-type]
    for name, value in columns.items():
        setattr(run, name, value)
    run.heartbeat_at = now
    _end(session, run, status, code, reason, now)
    if status in ("succeeded", "not_modified") and run.trigger != "import":
        timetable.relieve(session, run.feed_id, now)
    return run


_NUMBERS = ("created", "updated", "unchanged", "ignored", "quarantined", "archived", "revived")
_ADVANCE = (
    update(RUN)
    .where(RUN.c.id == bindparam("the_id"), RUN.c.fence == bindparam("the_fence"), RUN.c.status == "running")
    .values({name: RUN.c[name] + bindparam(f"more_{name}") for name in (*_NUMBERS, "records")})
    .values(heartbeat_at=bindparam("now"), stage="apply", done_bytes=bindparam("done"))
)


def advance(session: Session, run_id: int, fence: int, counts: Counts, done: int, now: datetime) -> None:
    """Count a batch, in its transaction: rows and numbers commit together. `done`: bytes of the document read.

    Raises RunLost or RunCancelled, and with it the batch is rolled back.
    """
    more = {f"more_{name}": number for name, number in counts.as_dict().items()} | {"more_records": counts.records}
    values = {"the_id": run_id, "the_fence": fence, "now": now, "done": done, **more}
    if not session.execute(_ADVANCE, values).rowcount:  # type: ignore[attr-defined]
        raise RunLost(N_("This run was taken over by another process."))
    if session.execute(select(RUN.c.cancel_requested).where(RUN.c.id == run_id)).scalar_one():
        raise RunCancelled(N_("A person stopped this run."))


def cancel(session: Session, actor: Actor, run_id: int) -> Run:
    """Ask a run to stop after its present batch. Raises NotFound, and Conflict where it has ended."""
    run = session.execute(select(Run).where(Run.id == run_id).with_for_update()).scalar_one_or_none()  # type: ignore[arg-type]
    if run is None:
        raise NotFound(N_("There is no such run."))
    if run.status != "running":
        raise Conflict(N_("This run has ended already."))
    run.cancel_requested = True
    session.add(run)
    audit.record(session, actor, "run.cancel", f"run:{run_id}")
    return run


class Heartbeat:
    """Keeps a run alive while this process works on it, whatever it is doing; notes its stage."""

    def __init__(self, database: Database, run_id: int, fence: int, seconds: float = HEARTBEAT_SECONDS) -> None:
        self.database, self.run_id, self.fence, self.seconds = database, run_id, fence, seconds
        self.stage = "fetch"
        self.lost = False
        self.cancelled = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"run-{run_id}-heartbeat", daemon=True)

    def __enter__(self) -> "Heartbeat":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def check(self) -> None:
        """Raise where the run was cancelled or lost: asked for between two steps."""
        if self.lost:
            raise RunLost(N_("This run was taken over by another process."))
        if self.cancelled:
            raise RunCancelled(N_("A person stopped this run."))

    def _beat(self) -> None:
        while not self._stop.wait(self.seconds):
            with contextlib.suppress(OperationalError):  # a busy database: the next beat will do
                self._once()

    def _once(self) -> None:
        ours = (RUN.c.id == self.run_id, RUN.c.fence == self.fence, RUN.c.status == "running")
        statement = update(RUN).where(*ours)
        with self.database.transaction() as session:
            result = session.execute(statement.values(heartbeat_at=utcnow(), stage=self.stage))
            if not result.rowcount:  # type: ignore[attr-defined]
                self.lost = True
                log.warning("run %s was taken over by another process", self.run_id)
            elif session.execute(select(RUN.c.cancel_requested).where(RUN.c.id == self.run_id)).scalar_one():
                self.cancelled = True


Progress = Callable[[str, int, int | None], None]
"""(stage, done, all or None): bytes of the download, then bytes of the document"""


def no_progress(_stage: str, _done: int, _all: int | None) -> None:
    """For callers that show none."""
