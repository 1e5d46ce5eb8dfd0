"""The courier: brings events to subscriptions' receivers, many at once, so that no receiver waits for another.

It looks five times a second whether something happened or fell due, and writes in one transaction what came back, what
is new and what it claims. Threads of its own do nothing but send. Healthy receivers and those whose last try failed
have threads apart, and no host gets more than a few: the slow and the dead keep only each other waiting.
"""

import logging
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType

from registry.db import Database, utcnow
from registry.events.sequencer import catch_up, last_position
from registry.outages import OUTAGE, is_away
from registry.outbound.addresses import Allowed
from registry.settings import Settings
from registry.webhooks.claiming import LEASE_SECONDS, Job, claim, has_work
from registry.webhooks.filling import fill
from registry.webhooks.keys import Keys
from registry.webhooks.settling import Outcome, release, settle
from registry.worker.sending import send

POLL_SECONDS = 0.2
GATHER_SECONDS = 0.02
"""While much comes back it is noted together, in one transaction, after so long."""
DEADLINE_SECONDS = 15.0
"""One try, from the name's resolution to the answer"""
HEALTHY, SUSPECT = 48, 16
"""Threads for receivers that took their last message, and for those that did not"""
GRACE_SECONDS = 2.0
"""What is on its way when the process is to stop may still be answered for so long."""
TROUBLE_SECONDS = 2.0
log = logging.getLogger(__name__)


class Courier:
    """One process's courier. `run` until told to stop, or `step` by hand."""

    def __init__(self, database: Database, settings: Settings, owner: str, deadline: float = DEADLINE_SECONDS) -> None:
        self._database, self._source = database, settings.public_url
        self._owner, self._deadline = owner[:80], deadline
        self._keys, self._allowed = Keys(settings), Allowed.parse(settings.outbound_allow)
        self._pool = ThreadPoolExecutor(HEALTHY + SUSPECT, thread_name_prefix="courier")
        self._lock = threading.Lock()
        self._on_their_way: dict[int, Job] = {}
        self._back: list[Outcome] = []
        self._unsent: list[Job] = []
        self._news = threading.Event()
        self._cut_at: float | None = None
        self.counts: Counter[str] = Counter()
        """How many tries ended how, see settle"""

    def __enter__(self) -> "Courier":
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        self.close()

    def run(self, stop: threading.Event) -> None:
        """Deliver until `stop` is set; after trouble try again a little later."""
        while not stop.is_set():
            try:
                busy = self.step()
            except Exception as error:  # a database that is away must not end it; nothing that came back is lost
                if is_away(error):
                    OUTAGE.note(error, "webhooks wait")
                else:
                    log.exception("webhooks wait: something is wrong")
                stop.wait(TROUBLE_SECONDS)
                continue
            if busy:
                stop.wait(GATHER_SECONDS)
            else:
                self.wait(POLL_SECONDS)

    def step(self) -> bool:
        """Note what came back, make messages of new events, send what is due. Returns whether there was anything."""
        catch_up(self._database)
        now = utcnow()
        with self._database.reading() as session:
            work = has_work(session, last_position(session), now)
        back, unsent = self._take_back()
        if not (back or unsent or work):
            return False
        flying = self.on_their_way
        suspects = sum(job.suspect for job in flying)
        try:
            with self._database.transaction() as session:
                counts = settle(session, back, now)
                release(session, unsent)
                made = fill(session, self._source, now) if work else 0
                jobs = claim(
                    session,
                    self._keys,
                    self._owner,
                    now,
                    healthy=HEALTHY - (len(flying) - suspects),
                    suspect=SUSPECT - suspects,
                    busy=Counter(job.origin for job in flying),
                )
        except BaseException:
            self._put_back(back, unsent)
            raise
        self.counts += counts
        for job in jobs:
            self._begin(job)
        return bool(back or unsent or made or jobs)

    @property
    def on_their_way(self) -> list[Job]:
        """Messages being sent."""
        with self._lock:
            return list(self._on_their_way.values())

    def wait(self, seconds: float) -> None:
        """Until something comes back, at most so long."""
        self._news.wait(seconds)
        self._news.clear()

    def close(self) -> None:
        """Let what is on its way be answered for a moment, cut the rest, note what came of all."""
        self._cut_at = time.monotonic() + GRACE_SECONDS
        self._pool.shutdown(wait=True)
        back, unsent = self._take_back()
        if back or unsent:
            with self._database.transaction() as session:
                self.counts += settle(session, back, utcnow())
                release(session, unsent)

    def _begin(self, job: Job) -> None:
        with self._lock:
            self._on_their_way[job.delivery_id] = job
        self._pool.submit(self._send, job, time.monotonic())

    def _send(self, job: Job, claimed_at: float) -> None:
        outcome = None
        # Not begun where the process slept meanwhile: by the time it is answered the lease would be another's.
        if time.monotonic() - claimed_at < LEASE_SECONDS / 2:
            outcome = send(job, self._allowed, self._deadline, self._is_cut)
        with self._lock:
            del self._on_their_way[job.delivery_id]
            if outcome is None:
                self._unsent.append(job)
            else:
                self._back.append(outcome)
        self._news.set()

    def _is_cut(self) -> bool:
        return self._cut_at is not None and time.monotonic() >= self._cut_at

    def _take_back(self) -> tuple[list[Outcome], list[Job]]:
        with self._lock:
            back, self._back = self._back, []
            unsent, self._unsent = self._unsent, []
        return back, unsent

    def _put_back(self, back: list[Outcome], unsent: list[Job]) -> None:
        with self._lock:
            self._back[:0], self._unsent[:0] = back, unsent


def deliver_due(
    database: Database,
    settings: Settings,
    *,
    owner: str,
    stop: threading.Event | None = None,
    deadline: float = DEADLINE_SECONDS,
) -> Counter[str]:
    """Deliver what is due now and what becomes due meanwhile, then return how many tries ended how (see settle).

    However many processes call this at once, each try is made by one of them.
    """
    with Courier(database, settings, owner, deadline) as courier:
        while not (stop and stop.is_set()):
            idle = not courier.on_their_way
            if not courier.step() and idle:
                break
            if courier.on_their_way:
                courier.wait(POLL_SECONDS)
    return courier.counts


def deliver_one(
    database: Database, settings: Settings, delivery_id: int, *, owner: str, deadline: float = DEADLINE_SECONDS
) -> Outcome | None:
    """Try one message if it is due and nobody else is at it. None: it is not, or the other is."""
    keys, now = Keys(settings), utcnow()
    with database.transaction() as session:
        jobs = claim(session, keys, owner, now, healthy=1, suspect=1, busy={}, only=delivery_id)
    if not jobs:
        return None
    outcome = send(jobs[0], Allowed.parse(settings.outbound_allow), deadline, lambda: False)
    if outcome is not None:
        with database.transaction() as session:
            settle(session, [outcome], utcnow())
    return outcome
