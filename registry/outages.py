"""A database that is busy or away: how it is known, and that it is said in one line of the log, not once a request."""

import logging
import sqlite3
import threading
import time

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

RETRY_AFTER = 5
"""Seconds after which it is worth trying again"""
SAID_AGAIN = 60
"""Seconds after which a database that is still away is said once more"""
log = logging.getLogger(__name__)


def is_away(error: BaseException) -> bool:
    """Whether an error says that the database is busy or away, so that the same may succeed in a moment.

    A table or column that does not exist is a fault of ours, although SQLite calls it operational.
    """
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None and code & 0xFF == sqlite3.SQLITE_ERROR:
        return False
    return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)


class Outage:
    """What this process has said of its database being away."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._said_at: float | None = None
        self._unsaid = 0

    def note(self, error: BaseException, what: str) -> None:
        """Say in one line that `what` could not be done; further failures within SAID_AGAIN seconds are counted."""
        now = time.monotonic()
        with self._lock:
            if self._said_at is not None and now - self._said_at < SAID_AGAIN:
                self._unsaid += 1
                return
            unsaid, self._unsaid, self._said_at = self._unsaid, 0, now
        first = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        more = f" ({unsaid} more failed since this was last said)" if unsaid else ""
        log.error("the database is busy or away: %s: %s%s", what, first, more)

    def over(self) -> None:
        """Say that a connection could be made again, where it could not."""
        with self._lock:
            unsaid, was_away = self._unsaid, self._said_at is not None
            self._unsaid, self._said_at = 0, None
        if was_away:
            log.warning("the database answers again; %s more failed meanwhile", unsaid)


OUTAGE = Outage()
"""Of this process"""
