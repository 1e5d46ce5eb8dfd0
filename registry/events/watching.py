"""Waiting for events: one poller per process however many wait, and none while nobody does."""

import logging
import threading
import time

from sqlalchemy.exc import SQLAlchemyError

from registry.db import Database
from registry.events.sequencer import catch_up, last_position
from registry.outages import OUTAGE

POLL_SECONDS = 0.5
log = logging.getLogger(__name__)


class Watch:
    """Knows the newest position as long as somebody waits. Threads may share it; a process makes its own."""

    def __init__(self, database: Database, poll_seconds: float = POLL_SECONDS) -> None:
        self._database, self._poll_seconds = database, poll_seconds
        self._news = threading.Condition()
        self._waiting = 0
        self._last = 0
        self._poller: threading.Thread | None = None
        self.closed = False
        """The process is to stop: nobody waits any more."""

    def close(self) -> None:
        """Let everybody go, within a poll. Only sets a flag, so that a signal's handler may call it."""
        self.closed = True

    def join(self) -> None:
        """Wait until the poller has let go of the database, once nobody waits or after close()."""
        poller = self._poller
        if poller is not None:
            poller.join()

    def wait(self, position: int, seconds: float) -> bool:
        """Stand until something is sequenced behind `position`, at most so long. Returns whether there is."""
        until = time.monotonic() + seconds
        with self._news:
            self._waiting += 1
            try:
                if self._poller is None and not self.closed:
                    self._poller = threading.Thread(target=self._poll, name="event-watch", daemon=True)
                    self._poller.start()
                while not self.closed and self._last <= position and (left := until - time.monotonic()) > 0:
                    self._news.wait(left)
                return self._last > position
            finally:
                self._waiting -= 1
                if not self._waiting:
                    self._news.notify_all()

    def _poll(self) -> None:
        while True:
            last = self._last
            try:
                catch_up(self._database)
                with self._database.reading() as session:
                    last = last_position(session)
            except SQLAlchemyError as error:  # busy or away for a moment: those who wait go on waiting
                OUTAGE.note(error, "events cannot be watched")
            with self._news:
                if last > self._last:
                    self._last = last
                    self._news.notify_all()
                until = time.monotonic() + self._poll_seconds
                while self._waiting and not self.closed and (left := until - time.monotonic()) > 0:
                    self._news.wait(left)
                if self.closed or not self._waiting:
                    self._poller = None
                    self._news.notify_all()
                    return
