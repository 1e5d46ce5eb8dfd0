"""Webhooks in tests: subscriptions of people, events that concern everybody, a courier by hand, the log."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from registry.accounts.actor import system
from registry.accounts.models import User
from registry.db import Database, utcnow
from registry.events.outbox import Change, emit_all
from registry.events.sequencer import EVENT, sequence
from registry.settings import Settings
from registry.webhooks.models import Delivery, DeliveryAttempt, Subscription
from registry.webhooks.subscriptions import create_subscription
from registry.worker.courier import deliver_due
from tests.support.fault_server import body
from tests.support.people import make_user

TEST = system("test")


def subscribe(
    database: Database, settings: Settings, url: str, owner: User | None = None, **form: Any
) -> tuple[int, str]:
    """A subscription and its secret; of a coordinator where no owner is named."""
    owner = owner or make_user(database, "coordinator")
    data = {"name": "A follower", "url": url, "types": [], "states": [], **form}
    with database.transaction() as session:
        subscription, secret = create_subscription(session, TEST, owner, data, settings)
    return subscription.id or 0, secret


def happen(database: Database, count: int = 1, type_: str = "need.opened", **what: Any) -> list[str]:
    """So many events of different records, sequenced. Returns their ids."""
    kind = type_.partition(".")[0]
    changes = [Change(type_, kind, number, 1, {"title": f"{kind} {number}"}, **what) for number in range(1, count + 1)]
    with database.transaction() as session:
        emit_all(session, changes)
    sequence(database)
    with database.reading() as session:
        newest = session.execute(select(EVENT.c.uid).order_by(EVENT.c.position.desc()).limit(count)).scalars().all()
    return list(reversed(newest))


def allowing(settings: Settings, *addresses: str) -> Settings:
    """The settings with these `host:port` pairs allowed."""
    return replace(settings, outbound_allow=",".join(addresses))


def deliveries(database: Database, subscription_id: int | None = None) -> list[Delivery]:
    """The log, oldest first."""
    statement = select(Delivery).order_by(Delivery.id)  # type: ignore[arg-type]
    if subscription_id is not None:
        statement = statement.where(Delivery.subscription_id == subscription_id)  # type: ignore[arg-type]
    with database.reading() as session:
        return list(session.scalars(statement))


def attempts(database: Database) -> list[DeliveryAttempt]:
    """All tries in order."""
    with database.reading() as session:
        return list(session.scalars(select(DeliveryAttempt).order_by(DeliveryAttempt.id)))  # type: ignore[arg-type]


def subscription(database: Database, subscription_id: int) -> Subscription:
    """The row as it is now."""
    with database.reading() as session:
        return session.get_one(Subscription, subscription_id)


def let_time_pass(database: Database, seconds: float) -> None:
    """Move everything that waits so much nearer, instead of waiting."""
    back = timedelta(seconds=seconds)
    with database.transaction() as session:
        for row in session.scalars(select(Delivery)):
            row.next_at -= back
            row.lease_until = _earlier(row.lease_until, back)
            session.add(row)
        for row in session.scalars(select(Subscription)):
            row.paused_until = _earlier(row.paused_until, back)
            row.failing_since = _earlier(row.failing_since, back)
            row.previous_until = _earlier(row.previous_until, back)
            session.add(row)


def _earlier(at: datetime | None, back: timedelta) -> datetime | None:
    return None if at is None else at - back


def due_in(delivery: Delivery) -> float:
    """Seconds until its next try."""
    return (delivery.next_at - utcnow()).total_seconds()


OK = body(b"thanks")


def deliver(database: Database, settings: Settings, deadline: float = 5.0) -> Counter[str]:
    """Send what is due; how many messages ended how."""
    return deliver_due(database, settings, owner="test", deadline=deadline)
