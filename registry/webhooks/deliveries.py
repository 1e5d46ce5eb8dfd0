"""The log of messages: listed, looked into, sent again, tested, forgotten in the end."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import delete, func, select
from sqlmodel import Session, col

from registry.accounts import audit, policy
from registry.accounts.actor import Actor
from registry.catalogue.paging import Sort, keyset
from registry.db import utcnow
from registry.errors import N_, Conflict, NotFound
from registry.events.cloudevents import PREFIX
from registry.events.sequencer import EVENT, last_position
from registry.webhooks.models import WAITING, Delivery, DeliveryAttempt, Subscription
from registry.webhooks.subscriptions import get_subscription

TEST = "test"
FIELDS = (
    "id", "subscription_id", "event_uid", "event_type", "subject", "position", "status", "reason", "tries", "attempts",
    "next_at", "created_at", "finished_at",
)  # fmt: skip
ATTEMPT_FIELDS = ("number", "at", "milliseconds", "http_status", "reason", "detail")
NEWEST = Sort((col(Delivery.id),), descending=True, name="newest")
Row = dict[str, Any]


def delivery_rows(
    session: Session, actor: Actor, subscription_id: int, status: str | None, cursor: str | None, limit: int
) -> tuple[list[Row], str | None]:
    """A subscription's messages, newest first, each with its last try; and the next page's cursor. Raises NotFound."""
    held_until = get_subscription(session, actor, subscription_id).paused_until
    statement = select(*[getattr(Delivery, name) for name in FIELDS]).where(
        col(Delivery.subscription_id) == subscription_id
    )
    if status:
        statement = statement.where(col(Delivery.status) == status)
    page = keyset(session, statement, NEWEST, cursor, limit)
    rows = [dict(row._mapping) for row in page.rows]
    for row in rows:
        if held_until is not None and row["position"] is not None:  # a test waits for nothing
            row["next_at"] = max(row["next_at"], held_until)
    last = _last_attempts(session, [row["id"] for row in rows])
    return [delivery_row(row, last.get(row["id"])) for row in rows], page.next


def delivery_row(delivery: Delivery | Row, last_attempt: Row | None = None) -> Row:
    """One message as the API shows it. `next_at` null: it will not be tried again."""
    row = delivery if isinstance(delivery, dict) else {name: getattr(delivery, name) for name in FIELDS}
    waiting = row["status"] == WAITING
    return {**row, "next_at": row["next_at"] if waiting else None, "last_attempt": last_attempt}


def _last_attempts(session: Session, ids: Sequence[int]) -> dict[int, Row]:
    of = col(DeliveryAttempt.delivery_id)
    latest = select(func.max(col(DeliveryAttempt.id))).where(of.in_(ids)).group_by(of)
    rows = session.execute(
        select(of, *[getattr(DeliveryAttempt, name) for name in ATTEMPT_FIELDS]).where(
            col(DeliveryAttempt.id).in_(latest)
        )
    )
    found = [dict(row._mapping) for row in rows]
    return {row.pop("delivery_id"): row for row in found}


def get_delivery(session: Session, actor: Actor, subscription_id: int, delivery_id: int) -> Delivery:
    """Raises NotFound."""
    get_subscription(session, actor, subscription_id)
    found = session.execute(
        select(Delivery).where(col(Delivery.id) == delivery_id, col(Delivery.subscription_id) == subscription_id)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(N_("There is no such message."))
    return found


def attempt_rows(session: Session, delivery: Delivery) -> list[Row]:
    """Its tries, the newest first."""
    columns = [getattr(DeliveryAttempt, name) for name in ATTEMPT_FIELDS]
    rows = session.execute(
        select(*columns)
        .where(col(DeliveryAttempt.delivery_id) == delivery.id)
        .order_by(col(DeliveryAttempt.number).desc())
    )
    return [dict(row._mapping) for row in rows]


def delivery_with_tries(session: Session, actor: Actor, subscription_id: int, delivery_id: int) -> Row:
    """One message with its `body` and all its tries (`tried`). Raises NotFound.

    The body is None for administrators who look after somebody else's subscription: it says what that one may see.
    """
    delivery = get_delivery(session, actor, subscription_id, delivery_id)
    tried = attempt_rows(session, delivery)
    theirs = policy.can(actor, "subscription.update", get_subscription(session, actor, subscription_id))
    row = delivery_row(delivery, tried[0] if tried else None)
    return {**row, "body": delivery.body if theirs else None, "tried": tried}


def counts(session: Session, subscription_id: int) -> dict[str, int]:
    """Status → messages."""
    rows = session.execute(
        select(Delivery.status, func.count())  # type: ignore[call-overload]
        .where(col(Delivery.subscription_id) == subscription_id)
        .group_by(col(Delivery.status))
    )
    return {row[0]: row[1] for row in rows}


def replay_one(
    session: Session, actor: Actor, subscription_id: int, delivery_id: int, now: datetime | None = None
) -> Delivery:
    """Send one message again, the same bytes under the same id; one that waits is due at once.

    Raises NotFound, NotAllowed, and Conflict for a subscription that is off.
    """
    now = now or utcnow()
    subscription = _to_replay(session, actor, subscription_id)
    delivery = get_delivery(session, actor, subscription_id, delivery_id)
    if delivery.status != WAITING:
        delivery.status, delivery.reason, delivery.tries, delivery.finished_at = WAITING, None, 0, None
    delivery.next_at = now
    session.add(delivery)
    # A person says that it will be taken now.
    subscription.paused_until = None
    session.add(subscription)
    session.flush()
    audit.record(session, actor, "subscription.replay", f"subscription:{subscription_id}", delivery=delivery_id)
    return delivery


def replay_from(
    session: Session, actor: Actor, subscription_id: int, position: int, now: datetime | None = None
) -> int:
    """Send everything behind a position of the change feed again that the subscription is for.

    Returns how many events will be looked at. Raises NotFound, NotAllowed, and Conflict for a subscription that is off.
    """
    now = now or utcnow()
    subscription = _to_replay(session, actor, subscription_id)
    # Never forward: what it has not seen yet must not be passed over.
    subscription.position = min(subscription.position, max(position, 0))
    subscription.paused_until = None
    session.add(subscription)
    session.flush()
    audit.record(session, actor, "subscription.replay", f"subscription:{subscription_id}", behind=position)
    return last_position(session) - subscription.position


def position_before(session: Session, since: datetime) -> int:
    """The position behind which every event since then lies."""
    first = session.execute(
        select(func.min(EVENT.c.position)).where(EVENT.c.at >= since, EVENT.c.position.is_not(None))
    ).scalar_one()
    return last_position(session) if first is None else first - 1


def _to_replay(session: Session, actor: Actor, subscription_id: int) -> Subscription:
    subscription = get_subscription(session, actor, subscription_id, lock=True)
    policy.require(actor, "subscription.update", subscription)
    if not subscription.enabled:
        raise Conflict(N_("The subscription is switched off: switch it on first."))
    return subscription


def send_test(
    session: Session, actor: Actor, subscription_id: int, source: str, now: datetime | None = None
) -> Delivery:
    """A message of type `casa.test`, tried once as soon as may be; one that waits already is not made again.

    `source`: our public address. Raises NotFound, NotAllowed. Goes out whether or not the subscription is on.
    """
    now = now or utcnow()
    subscription = get_subscription(session, actor, subscription_id, lock=True)
    policy.require(actor, "subscription.update", subscription)
    mine = (col(Delivery.subscription_id) == subscription_id, col(Delivery.position).is_(None))
    waiting = session.execute(select(Delivery).where(*mine, col(Delivery.status) == WAITING)).scalars().first()
    if waiting is not None:
        return waiting
    uid, subject = str(uuid.uuid4()), f"subscriptions/{subscription_id}"
    event = {
        "specversion": "1.0",
        "id": uid,
        "source": source,
        "type": PREFIX + TEST,
        "time": now,
        "subject": subject,
        "datacontenttype": "application/json",
        "data": {"name": subscription.name, "href": f"{source}/api/v1/{subject}"},
    }
    delivery = Delivery(
        subscription_id=subscription_id,
        event_uid=uid,
        event_type=TEST,
        subject=subject,
        body=orjson.dumps(event, option=orjson.OPT_UTC_Z).decode(),
        next_at=now,
        created_at=now,
    )
    session.add(delivery)
    session.flush()
    audit.record(session, actor, "subscription.test", f"subscription:{subscription_id}")
    return delivery


def prune_deliveries(session: Session, before: datetime, limit: int) -> int:
    """Forget at most `limit` messages that ended before then, with their tries. Returns how many."""
    old = select(col(Delivery.id)).where(col(Delivery.finished_at) < before).limit(limit)
    result = session.execute(
        delete(Delivery).where(col(Delivery.id).in_(old)).execution_options(synchronize_session=False)
    )
    return int(result.rowcount)  # type: ignore[attr-defined]
