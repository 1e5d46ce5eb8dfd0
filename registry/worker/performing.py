"""Doing work that was claimed, keeping its lease, noting how it ended: the same whichever engine called for it."""

import logging
import threading

from sqlalchemy.exc import SQLAlchemyError

from registry.db import Database, utcnow
from registry.outages import OUTAGE, is_away
from registry.settings import Settings
from registry.sync import heartbeat
from registry.worker import schedule
from registry.worker.owner import owner_name
from registry.worker.schedule import Claim, Outcome
from registry.worker.tasks import TASKS, Busy, SourceFailed

LONGEST_ERROR = 1000
log = logging.getLogger(__name__)


class Hands:
    """One process's hands: the work it is at, whose leases it keeps, and its sign of life."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.settings, self.database, self.owner = settings, database, owner_name()
        self.stop = threading.Event()
        """Set when the process is to end: work then stops at its next step, and comes again"""
        self._running: dict[int, Claim] = {}
        self._lock = threading.Lock()

    @property
    def running(self) -> list[Claim]:
        with self._lock:
            return list(self._running.values())

    def take(self, claim: Claim) -> None:
        """Keep the claim's lease from now on."""
        with self._lock:
            self._running[claim.id] = claim

    def do(self, claim: Claim) -> None:
        """Do the work of a claim that was taken. Never raises for the work's own trouble: that is noted in the row."""
        try:
            outcome = self._outcome(claim)
            with self.database.transaction() as session:
                if not schedule.settle(session, claim, utcnow(), outcome, TASKS[claim.task].patience):
                    log.warning("%s %s: the lease was lost meanwhile", claim.task, claim.key)
        except SQLAlchemyError as error:
            if not is_away(error):
                raise
            OUTAGE.note(error, f"{claim.task} {claim.key} could not be settled; its lease will run out")
        finally:
            with self._lock:
                del self._running[claim.id]

    def renew(self) -> None:
        """Keep the leases of what is going on."""
        if claims := self.running:
            with self.database.transaction() as session:
                schedule.renew(session, claims, utcnow())

    def beat(self) -> None:
        """Leave a sign of life for `casa doctor` and /readyz."""
        with self.database.transaction() as session:
            heartbeat.beat(session, utcnow())

    def _outcome(self, claim: Claim) -> Outcome:
        try:
            TASKS[claim.task].work(self.database, self.settings, claim.key, self.stop)
        except Busy as busy:
            log.info("%s %s: %s", claim.task, claim.key, busy)
            return schedule.LATER
        except SourceFailed as failure:
            log.info("%s %s: %s", claim.task, claim.key, failure)
            return Outcome(failed=True, retry_after=failure.retry_after or 0, error=str(failure)[:LONGEST_ERROR])
        except Exception as error:  # one task's trouble must not end the others'; its reason is kept in the row
            if is_away(error):
                OUTAGE.note(error, f"{claim.task} {claim.key} failed")
            else:
                log.exception("%s %s failed", claim.task, claim.key)
            return Outcome(failed=True, error=f"{type(error).__name__}: {error}"[:LONGEST_ERROR])
        return schedule.DONE
