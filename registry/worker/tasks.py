"""What may stand on the schedule: task name → what it does. Each runs in its own transactions, and may run again."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session

from registry.accounts.actor import system
from registry.accounts.idempotency import prune_idempotency
from registry.alerts import mails
from registry.catalogue.same_as.models import KINDS as SAME_AS_KINDS
from registry.catalogue.upkeep import catch_up
from registry.compliance.contacts import upkeep
from registry.db import Database, fall_due, utcnow
from registry.errors import Conflict, NotFound
from registry.events import consumers
from registry.events.feed import prune_events
from registry.events.outbox import SEQUENCE
from registry.events.sequencer import last_position, sequence, unsequenced
from registry.matching.everything import refresh_all
from registry.matching.expiry import expire_due
from registry.matching.ledger.reviewing import review_all
from registry.matching.ledger.upkeep import tend
from registry.matching.rounds import service as rounds
from registry.settings import BACKGROUNDS, PROCRASTINATE, Settings
from registry.sync import timetable
from registry.sync.models import Feed
from registry.sync.runner import run_feed
from registry.sync.turns import is_taken
from registry.webhooks import claiming
from registry.webhooks.deliveries import prune_deliveries
from registry.webhooks.subscriptions import held_position
from registry.worker import mailing
from registry.worker.consumers import CONSUMERS
from registry.worker.consuming import consume_all
from registry.worker.courier import deliver_due
from registry.worker.owner import owner_name
from registry.worker.schedule import Patience

PRUNE_BATCH = 1000
WITH_PARTNERS = Patience(longest_seconds=6 * 3600, beyond_usual=True, spread=0.05)
"""A source that is down is left alone ever longer, also one that is asked every five minutes."""
BY_CALL = frozenset({PROCRASTINATE})
Work = Callable[[Database, Settings, str, threading.Event], None]
"""(database, settings, the row's key, set when the process is to stop)"""


@dataclass(frozen=True)
class Task:
    """`every_seconds` None: rows are made by the slices (a feed's own interval, a run asked for)."""

    work: Work
    every_seconds: int | None
    meaning: str
    patience: Patience = Patience()
    is_told: bool = False
    """Done as soon as something is told of (see db.fall_due), also before its time"""
    engines: frozenset[str] = frozenset(BACKGROUNDS)
    """For which it stands on the schedule; the embedded engine has threads that do the others all the time"""
    has_work: Callable[[Session], bool] | None = None
    """Whether it would find anything: asked without a lock before somebody is called"""


class Busy(Exception):
    """Somebody else is at this very work: it is not done, and no error either."""


class SourceFailed(Exception):
    """What was to be fetched did not come; noted already. `retry_after`: seconds that its server asked for."""

    def __init__(self, reason: str, retry_after: int | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


def _sync(trigger: str) -> Work:
    def work(database: Database, settings: Settings, key: str, stop: threading.Event) -> None:
        with database.reading() as session:
            feed = session.get(Feed, int(key))
            if feed and is_taken(session, feed, settings, utcnow()):
                raise Busy("its server is being asked by another feed")
        try:
            report = run_feed(
                database, settings, int(key), trigger=trigger, actor=system("scheduler"), stop=stop.is_set
            )
        except NotFound:
            return  # the feed is gone
        except Conflict as error:
            raise Busy(str(error)) from None
        if report.run.status == "cancelled" and stop.is_set():
            raise Busy("stopped on the way")
        # Who asked for a run sees how it went, and may ask again: only the schedule goes on by itself.
        if report.run.status == "failed" and trigger == "schedule":
            raise SourceFailed(report.run.reason or "", report.retry_after)

    return work


def _allocate(database: Database, _settings: Settings, key: str, _stop: threading.Event) -> None:
    rounds.work_off(database, system("scheduler"), int(key))


def _tend_proposals(database: Database, settings: Settings, _key: str, stop: threading.Event) -> None:
    review_all(database, utcnow(), stop.is_set)
    done = 1
    while done and not stop.is_set():
        with database.transaction() as session:
            done = tend(session, system("scheduler"), settings, utcnow())


def _ask_contacts(database: Database, _settings: Settings, _key: str, stop: threading.Event) -> None:
    done = 1
    while done and not stop.is_set():
        with database.transaction() as session:
            done = upkeep.ask(session, utcnow())


def _sequence(database: Database, _settings: Settings, _key: str, _stop: threading.Event) -> None:
    sequence(database)
    with database.reading() as session:
        wanted = [name for name in FOLLOWING if _is_wanted(session, TASKS[name])]
    if wanted:
        with database.transaction() as session:
            for name in wanted:
                fall_due(session, name)


def _is_wanted(session: Session, task: Task) -> bool:
    return task.has_work is None or task.has_work(session)


def _deliver(database: Database, settings: Settings, _key: str, stop: threading.Event) -> None:
    deliver_due(database, settings, owner=owner_name(), stop=stop)


def _waiting_messages(session: Session) -> bool:
    return claiming.has_work(session, last_position(session), utcnow())


def _consume(database: Database, settings: Settings, _key: str, _stop: threading.Event) -> None:
    consume_all(database, settings, CONSUMERS, owner_name())


def _waiting_events(session: Session) -> bool:
    now = utcnow()
    return any(consumers.has_work(session, name, now) for name in CONSUMERS)


def _send_mail(database: Database, settings: Settings, _key: str, stop: threading.Event) -> None:
    with database.reading() as session:
        if not mails.has_work(session, utcnow()):
            return
    mailing.send_due(database, settings, stop)


def _prune_alerts(database: Database, settings: Settings, _key: str, stop: threading.Event) -> None:
    before = utcnow() - timedelta(days=settings.delivery_log_days)
    while not stop.is_set():
        with database.transaction() as session:
            pruned = mailing.prune(session, before, utcnow())
        if pruned < PRUNE_BATCH:
            return
        time.sleep(settings.sync_pause_ms / 1000)


def _expire(database: Database, _settings: Settings, _key: str, _stop: threading.Event) -> None:
    while True:
        with database.transaction() as session:
            if not expire_due(session, system("scheduler"), utcnow()):
                return


def _look_after(database: Database, settings: Settings, _key: str, stop: threading.Event) -> None:
    for kind in SAME_AS_KINDS:
        pause = settings.sync_pause_ms / 1000  # so that a page's small write never waits
        catch_up(database, kind, system("scheduler"), pause_seconds=pause, stop=stop.is_set)


def _match(database: Database, settings: Settings, _key: str, stop: threading.Event) -> None:
    pause = settings.sync_pause_ms / 1000
    refresh_all(database, system("scheduler"), utcnow(), pause_seconds=pause, stop=stop.is_set)


def _prune_keys(database: Database, _settings: Settings, _key: str, _stop: threading.Event) -> None:
    with database.transaction() as session:
        prune_idempotency(session, utcnow())


def _prune_events(database: Database, settings: Settings, _key: str, stop: threading.Event) -> None:
    if not settings.event_retention_days:
        return
    before = utcnow() - timedelta(days=settings.event_retention_days)
    while not stop.is_set():
        with database.transaction() as session:
            pruned = prune_events(session, before, PRUNE_BATCH, _not_yet_read(session))
        if pruned < PRUNE_BATCH:
            return
        time.sleep(settings.sync_pause_ms / 1000)  # so that a page's small write never waits


def _not_yet_read(session: Session) -> int | None:
    """Behind this position events are still to be looked at, for a subscription or by a consumer of our own."""
    held = (held_position(session), consumers.held_position(session, CONSUMERS))
    return min((position for position in held if position is not None), default=None)


def _prune_deliveries(database: Database, settings: Settings, _key: str, stop: threading.Event) -> None:
    before = utcnow() - timedelta(days=settings.delivery_log_days)
    while not stop.is_set():
        with database.transaction() as session:
            pruned = prune_deliveries(session, before, PRUNE_BATCH)
        if pruned < PRUNE_BATCH:
            return
        time.sleep(settings.sync_pause_ms / 1000)


TASKS: dict[str, Task] = {
    timetable.SYNC: Task(_sync("schedule"), None, "Synchronise a feed at its interval.", WITH_PARTNERS),
    timetable.SYNC_NOW: Task(_sync("hand"), None, "Synchronise a feed once, because a person asked."),
    timetable.SYNC_NOTIFIED: Task(_sync("notify"), None, "Synchronise a feed once, because its partner pinged."),
    SEQUENCE: Task(
        _sequence, 2, "Give committed events their position in the change feed.", is_told=True, has_work=unsequenced
    ),
    "webhooks.deliver": Task(
        _deliver, 2, "Bring webhook messages that are due.", is_told=True, engines=BY_CALL, has_work=_waiting_messages
    ),
    "events.consume": Task(
        _consume,
        2,
        "Let the registry's own consumers take what happened.",
        is_told=True,
        engines=BY_CALL,
        has_work=_waiting_events,
    ),
    "alerts.mail": Task(_send_mail, 10, "Send e-mails of alerts, and digests that are due."),
    "alerts.prune": Task(_prune_alerts, 3600, "Forget old notices, and e-mails as webhook messages are forgotten."),
    "events.prune": Task(_prune_events, 3600, "Forget events older than CASA_EVENT_RETENTION_DAYS."),
    "webhooks.prune": Task(_prune_deliveries, 3600, "Forget webhook messages that ended CASA_DELIVERY_LOG_DAYS ago."),
    "catalogue.look_after": Task(
        _look_after, 60, "Look whether records that changed are the same as others, and where their sources disagree."
    ),
    "matching.expire": Task(_expire, 3600, "Expire offers and needs that have run out."),
    "matching.refresh": Task(_match, 24 * 3600, "Match everything anew: scores grow as a need waits."),
    "matching.tend": Task(
        _tend_proposals, 3600, "Remind of proposals, let them lapse, show commitments, ask after a year."
    ),
    "contacts.ask": Task(_ask_contacts, 24 * 3600, "Ask States whether their points of contact are still right."),
    rounds.SOLVE: Task(_allocate, None, "Freeze an allocation round and solve its scenarios."),
    "idempotency.prune": Task(_prune_keys, 3600, "Forget answers kept for retried requests."),
}
LASTING = frozenset(name for name, task in TASKS.items() if task.every_seconds is None)
"""Asked for one by one, and may last: these never take the last thread, so that the short ones always get their turn"""
FOLLOWING = [name for name, task in TASKS.items() if task.engines == BY_CALL]
"""What there may be to do once events have their position"""


def recurring(engine: str) -> dict[str, int]:
    """What the registry itself needs under this engine: name → seconds between two runs."""
    return {name: task.every_seconds for name, task in TASKS.items() if task.every_seconds and engine in task.engines}
