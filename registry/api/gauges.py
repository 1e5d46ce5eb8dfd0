"""The database's counts for /metrics, and the scheduler's sign of life for /readyz."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from registry.alerts.models import MAIL_STATUSES, Mail
from registry.api.metrics import escape, head
from registry.catalogue.models import Programme
from registry.events.dead_letters import Standing, standings
from registry.events.models import Event
from registry.events.sequencer import last_position
from registry.matching.models import NEED_STATUSES, OFFER_STATUSES, Need, Offer
from registry.sync import heartbeat, jobs
from registry.sync.models import RUN_STATUSES, Feed, Hold, Run, Schedule
from registry.webhooks.models import WAITING, Delivery, Subscription

LATE = timedelta(minutes=15)
"""A feed is late when its sync was due this long ago and nobody is at it."""


def lines(session: Session, now: datetime) -> Iterator[str]:
    """One series per count."""
    in_force = select(func.count()).select_from(Programme).where(col(Programme.archived_at).is_(None))
    yield from _one("casa_programmes", "Programmes in force.", session.execute(in_force).scalar_one())
    yield from _by_status(session, "casa_needs", "Needs by status.", Need.status, NEED_STATUSES)
    yield from _by_status(session, "casa_offers", "Offers by status.", Offer.status, OFFER_STATUSES)
    yield from _by_status(session, "casa_mails", "E-mails of alerts by status.", Mail.status, MAIL_STATUSES)
    yield from _by_status(session, "casa_runs", "Sync runs by status.", Run.status, RUN_STATUSES)
    yield from _one("casa_events_sequenced", "Position of the newest event.", last_position(session))
    waiting = select(func.count()).select_from(Event).where(col(Event.position).is_(None))
    yield from _one("casa_events_unsequenced", "Events without a position yet.", session.execute(waiting).scalar_one())
    waiting_messages = select(func.count()).where(col(Delivery.status) == WAITING)
    yield from _one(
        "casa_webhook_messages_waiting", "Messages to be sent.", session.execute(waiting_messages).scalar_one()
    )
    failing = select(func.count()).where(col(Subscription.enabled), col(Subscription.failing_since).is_not(None))
    yield from _one(
        "casa_webhooks_failing", "Subscriptions that take nothing now.", session.execute(failing).scalar_one()
    )
    held = select(func.count()).select_from(Hold).where(col(Hold.status) == "open")
    yield from _one("casa_feeds_held", "Feeds whose brake waits for a person.", session.execute(held).scalar_one())
    consumers = standings(session)
    for name, help_text, count in CONSUMER_GAUGES:
        yield from _by_consumer(name, help_text, consumers, count)
    work = jobs.standing(session, now)
    yield from head("casa_jobs", "gauge", "Work in the background by state.")
    for state, number in work.counts.items():
        yield f'casa_jobs{{state="{state}"}} {number}'
    yield from _one("casa_jobs_oldest_seconds", "How long the oldest due job waits.", round(work.oldest_seconds))
    yield from _one("casa_feeds_late", f"Feeds due over {LATE.seconds // 60} minutes ago.", feeds_late(session, now))


def feeds_late(session: Session, now: datetime) -> int:
    """How many enabled feeds' syncs were due longer ago than LATE, with nobody at work on them."""
    due = session.execute(
        select(col(Schedule.key)).where(
            col(Schedule.task) == "feed.sync",
            col(Schedule.next_at) < now - LATE,
            col(Schedule.lease_until).is_(None) | (col(Schedule.lease_until) < now),
        )
    ).scalars()
    enabled = {str(key) for key in session.execute(select(col(Feed.id)).where(col(Feed.enabled))).scalars()}
    return sum(1 for key in due if key in enabled)


def scheduler(session: Session, now: datetime) -> dict[str, Any]:
    """When a scheduler was last alive (null: never yet), and whether that is recent enough to call it running."""
    last = heartbeat.last_beat(session)
    return {"last_seen": last, "running": heartbeat.is_alive(last, now)}


def _one(name: str, help_text: str, value: int) -> Iterator[str]:
    yield from head(name, "gauge", help_text)
    yield f"{name} {value}"


CONSUMER_GAUGES: list[tuple[str, str, Callable[[Standing], int]]] = [
    ("casa_consumer_lag", "Events that a consumer of the registry's own has not taken yet.", lambda each: each.lag),
    ("casa_consumer_failures", "Failed tries of the event that is next.", lambda each: each.failures),
    ("casa_dead_letters", "Events set aside because a consumer could not take them.", lambda each: each.dead_letters),
]


def _by_consumer(
    name: str, help_text: str, consumers: Iterable[Standing], count: Callable[[Standing], int]
) -> Iterator[str]:
    yield from head(name, "gauge", help_text)
    for each in consumers:
        yield f'{name}{{consumer="{escape(each.name)}"}} {count(each)}'


def _by_status(session: Session, name: str, help_text: str, column: Any, known: tuple[str, ...]) -> Iterator[str]:
    rows = session.execute(select(column, func.count()).group_by(column)).all()
    counted: dict[str, int] = {status: count for status, count in rows}  # noqa: C416  (rows are tuples only at run time)
    yield from head(name, "gauge", help_text)
    for status in dict.fromkeys((*known, *counted)):
        yield f'{name}{{status="{escape(status)}"}} {counted.get(status, 0)}'
