"""The inner consumers at work: a thread each, so that none waits for another; woken within a second of what happens."""

import logging
import threading
from collections.abc import Mapping

from registry.db import Database, utcnow
from registry.events import consumers
from registry.events.consumers import Consumer
from registry.events.consuming import take_turn
from registry.events.sequencer import catch_up, last_position
from registry.events.watching import Watch
from registry.outages import OUTAGE, is_away
from registry.settings import Settings

IDLE_SECONDS = 2.0
"""Without news it is looked this often for what waits after a failure, and for dead letters to be tried again."""
TROUBLE_SECONDS = 2.0
log = logging.getLogger(__name__)


class Consuming:
    """One process's consumers, from `start` to `close`."""

    def __init__(self, database: Database, settings: Settings, owner: str, known: Mapping[str, Consumer]) -> None:
        self._database, self._owner, self._known = database, owner, known
        self._pause = settings.sync_pause_ms / 1000
        self._watch = Watch(database)
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(name,), name=f"consumer-{name}", daemon=True) for name in known
        ]

    def start(self) -> None:
        """Begin."""
        with self._database.transaction() as session:
            consumers.ensure(session, self._known, utcnow())
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop behind the batches that are going on."""
        self._stop.set()
        self._watch.close()
        for thread in self._threads:
            thread.join()
        self._watch.join()

    def _run(self, name: str) -> None:
        while not self._stop.is_set():
            try:
                with self._database.reading() as session:
                    seen = last_position(session)
                take_turn(self._database, name, self._known[name], self._owner, self._stop, self._pause)
                self._watch.wait(seen, IDLE_SECONDS)
            except Exception as error:  # a database that is away for a moment must not end it; nothing is lost
                if is_away(error):
                    OUTAGE.note(error, f"consumer {name} waits")
                else:
                    log.exception("consumer %s waits: something is wrong", name)
                self._stop.wait(TROUBLE_SECONDS)


def consume_all(database: Database, settings: Settings, known: Mapping[str, Consumer], owner: str) -> int:
    """Let each consumer take one turn now, after sequencing. Returns how many events had their effect."""
    with database.transaction() as session:
        consumers.ensure(session, known, utcnow())
    catch_up(database)
    pause = settings.sync_pause_ms / 1000
    return sum(take_turn(database, name, consumer, owner, pause_seconds=pause) for name, consumer in known.items())
