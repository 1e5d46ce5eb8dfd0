"""The scheduler process: APScheduler ticks, our own leased table says what is due, a few threads do it.

Two schedulers on one database do no harm. A long synchronisation holds one thread, and its lease is renewed while it
lasts.
"""

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from registry.db import Database, utcnow
from registry.settings import EMBEDDED, Settings
from registry.worker import schedule
from registry.worker.beats import beating
from registry.worker.consumers import CONSUMERS
from registry.worker.consuming import Consuming
from registry.worker.courier import Courier
from registry.worker.performing import Hands
from registry.worker.tasks import LASTING, recurring

THREADS = 4
SHORT = frozenset(recurring(EMBEDDED))


class Ticker(Hands):
    """Claims what is due and does it, in one process."""

    def __init__(self, settings: Settings, database: Database) -> None:
        super().__init__(settings, database)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="task")

    def prepare(self) -> None:
        """Put the registry's own tasks on the schedule."""
        with self.database.transaction() as session:
            schedule.ensure(session, recurring(EMBEDDED), utcnow())

    def tick(self) -> int:
        """Claim what is due, as far as threads are free, and begin it. Returns how many rows were claimed."""
        begun = 0
        for tasks, room in ((SHORT, THREADS), (LASTING, THREADS - 1)):
            free = room - len(self.running)
            if free <= 0 or not self._is_due(tasks):
                continue
            with self.database.transaction() as session:
                claims = schedule.claim_due(session, utcnow(), self.owner, free, tasks)
            for claim in claims:
                self.take(claim)
                self._pool.submit(self.do, claim)
            begun += len(claims)
        return begun

    def _is_due(self, tasks: Iterable[str]) -> bool:
        with self.database.reading() as session:
            return schedule.is_due(session, utcnow(), tasks)

    def close(self) -> None:
        """Ask what is going on to stop at its next step, wait for it, let go."""
        self.stop.set()
        self._pool.shutdown(wait=True)


def run(settings: Settings, database: Database, stop: threading.Event) -> None:
    """Tick until `stop` is set, then finish what is going on."""
    ticker = Ticker(settings, database)
    ticker.prepare()
    scheduler = beating(ticker, ticker.tick)
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
