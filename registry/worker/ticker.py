"""The scheduler process: APScheduler ticks, our own leased table says what is due, a few threads do it.

APScheduler cannot share its jobs between processes, so it holds none but three beats in memory; two schedulers on one
database do no harm. A long synchronisation holds one thread, and its lease is renewed while it lasts.
"""

import logging
import os
import socket
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import OperationalError

from registry.db import Database, utcnow
from registry.settings import Settings
from registry.sync import heartbeat, timetable
from registry.worker import schedule
from registry.worker.consumers import CONSUMERS
from registry.worker.consuming import Consuming
from registry.worker.courier import Courier
from registry.worker.schedule import Claim, Outcome
from registry.worker.tasks import RECURRING, TASKS, Busy, SourceFailed

TICK_SECONDS = 1
RENEW_SECONDS = 20
THREADS = 4
LONG = frozenset(timetable.TASKS)
"""May last: these never take the last thread, so that the short ones always get their turn."""
log = logging.getLogger(__name__)


class Ticker:
    """Claims what is due and does it, in one process."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.settings, self.database = settings, database
        self.owner = f"{socket.gethostname()}:{os.getpid()}"[:80]
        self._running: dict[int, Claim] = {}
        self._lock = threading.Lock()
        self.stop = threading.Event()
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="task")

    def prepare(self) -> None:
        """Put the registry's own tasks on the schedule."""
        with self.database.transaction() as session:
            schedule.ensure(session, RECURRING, utcnow())

    def tick(self) -> int:
        """Claim what is due, as far as threads are free, and begin it. Returns how many rows were claimed."""
        begun = 0
        for tasks, room in ((set(TASKS) - LONG, THREADS), (LONG, THREADS - 1)):
            free = room - len(self.running)
            if free <= 0 or not self._is_due(tasks):
                continue
            with self.database.transaction() as session:
                claims = schedule.claim_due(session, utcnow(), self.owner, free, tasks)
            for claim in claims:
                with self._lock:
                    self._running[claim.id] = claim
                self._pool.submit(self._do, claim)
            begun += len(claims)
        return begun

    def _is_due(self, tasks: Iterable[str]) -> bool:
        with self.database.reading() as session:
            return schedule.is_due(session, utcnow(), tasks)

    @property
    def running(self) -> list[Claim]:
        with self._lock:
            return list(self._running.values())

    def renew(self) -> None:
        """Keep the leases of what is going on."""
        if claims := self.running:
            with self.database.transaction() as session:
                schedule.renew(session, claims, utcnow())

    def beat(self) -> None:
        """Leave a sign of life for `casa doctor` and /readyz."""
        with self.database.transaction() as session:
            heartbeat.beat(session, utcnow())

    def close(self) -> None:
        """Ask what is going on to stop at its next step, wait for it, let go."""
        self.stop.set()
        self._pool.shutdown(wait=True)

    def _do(self, claim: Claim) -> None:
        outcome = schedule.DONE
        try:
            TASKS[claim.task].work(self.database, self.settings, claim.key, self.stop)
        except Busy as busy:
            outcome = schedule.LATER
            log.info("%s %s: %s", claim.task, claim.key, busy)
        except SourceFailed as failure:
            outcome = Outcome(failed=True, retry_after=failure.retry_after or 0)
            log.info("%s %s: %s", claim.task, claim.key, failure)
        except Exception:  # one task's trouble must not end the scheduler; the row comes again
            outcome = schedule.FAILED
            log.exception("%s %s failed", claim.task, claim.key)
        finally:
            with self._lock:
                del self._running[claim.id]
        try:
            with self.database.transaction() as session:
                if not schedule.settle(session, claim, utcnow(), outcome, TASKS[claim.task].patience):
                    log.warning("%s %s: the lease was lost meanwhile", claim.task, claim.key)
        except OperationalError:
            log.exception("%s %s could not be settled; its lease will run out", claim.task, claim.key)


def run(settings: Settings, database: Database, stop: threading.Event) -> None:
    """Tick until `stop` is set, then finish what is going on."""
    ticker = Ticker(settings, database)
    ticker.prepare()
    scheduler = BackgroundScheduler(
        timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    scheduler.add_job(ticker.tick, "interval", seconds=TICK_SECONDS)
    scheduler.add_job(ticker.renew, "interval", seconds=RENEW_SECONDS)
    scheduler.add_job(ticker.beat, "interval", seconds=heartbeat.BEAT_SECONDS, next_run_time=utcnow())
    # Each tick would be a line of the log.
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    # On a thread of its own: what happened is to be told within a second, whatever else the scheduler is at.
    courier = Courier(database, settings, ticker.owner)
    telling = threading.Thread(target=courier.run, args=(stop,), name="courier")
    consuming = Consuming(database, settings, ticker.owner, CONSUMERS)
    scheduler.start()
    telling.start()
    consuming.start()
    try:
        stop.wait()
    finally:
        scheduler.shutdown(wait=True)
        ticker.close()
        consuming.close()
        telling.join()
        courier.close()
