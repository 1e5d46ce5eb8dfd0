"""The beats of a process that works in the background: looking what is due, renewing leases, a sign of life."""

import logging
from collections.abc import Callable

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import SQLAlchemyError

from registry.db import utcnow
from registry.outages import OUTAGE, is_away
from registry.sync import heartbeat
from registry.worker.performing import Hands

TICK_SECONDS = 1
RENEW_SECONDS = 20


def beating(hands: Hands, look: Callable[[], object]) -> BackgroundScheduler:
    """A scheduler, not yet started, that looks what is due every second and keeps what these hands are at.

    APScheduler cannot share its jobs between processes, so it holds none but these three beats in memory.
    """
    scheduler = BackgroundScheduler(
        timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    scheduler.add_job(_calm(look), "interval", seconds=TICK_SECONDS)
    scheduler.add_job(_calm(hands.renew), "interval", seconds=RENEW_SECONDS)
    scheduler.add_job(_calm(hands.beat), "interval", seconds=heartbeat.BEAT_SECONDS, next_run_time=utcnow())
    # Each tick would be a line of the log.
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    return scheduler


def _calm(beat: Callable[[], object]) -> Callable[[], None]:
    """The beat, left out with one line of the log while the database is away: the next one will do."""

    def beaten() -> None:
        try:
            beat()
        except SQLAlchemyError as error:
            if not is_away(error):
                raise
            OUTAGE.note(error, "a beat is left out")

    return beaten
