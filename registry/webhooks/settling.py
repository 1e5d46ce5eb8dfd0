"""What became of a try: noted, and what follows from it for the message and for its receiver."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlmodel import Session, col

from registry.webhooks import rules
from registry.webhooks.claiming import Job
from registry.webhooks.filling import COURIER
from registry.webhooks.models import CANCELLED, DELIVERED, FAILED, WAITING, Delivery, DeliveryAttempt, Subscription
from registry.webhooks.subscriptions import disable


@dataclass(frozen=True)
class Outcome:
    """One try: `reason` None, it was taken; else why not (reasons.py)."""

    job: Job
    at: datetime
    milliseconds: int
    reason: str | None
    http_status: int | None = None
    detail: str = ""
    """The answer's beginning, or the error"""
    retry_after: int | None = None
    """Seconds that the receiver asked for"""
    chance: float = 0.5
    """0…1, for the jitter"""


def settle(session: Session, outcomes: Sequence[Outcome], now: datetime) -> Counter[str]:
    """Note these tries. Returns how many ended how: `delivered`, `failed`, `retrying`, `lost` (no longer ours)."""
    # Subscriptions first, in one order: whoever changes one locks it before its messages.
    subscriptions = _locked(session, Subscription, {outcome.job.subscription_id for outcome in outcomes})
    deliveries = _locked(session, Delivery, {outcome.job.delivery_id for outcome in outcomes})
    counts: Counter[str] = Counter()
    attempts: list[dict[str, Any]] = []
    for outcome in sorted(outcomes, key=lambda outcome: outcome.at):
        delivery = deliveries.get(outcome.job.delivery_id)
        if delivery is None or delivery.fence != outcome.job.fence:
            counts["lost"] += 1  # taken away, or claimed by another since
            continue
        delivery.lease_owner = delivery.lease_until = None
        delivery.tries += 1
        delivery.attempts += 1
        attempts.append(_attempt(delivery, outcome))
        counts[_settle_one(session, subscriptions[delivery.subscription_id], delivery, outcome, now)] += 1
    session.flush()
    if attempts:
        session.execute(insert(DeliveryAttempt), attempts)
    return counts


def release(session: Session, jobs: Iterable[Job]) -> None:
    """Give claims back as if they had never been taken: nothing was sent, or nobody waited for the answer."""
    for job in jobs:
        session.execute(
            update(Delivery)
            .where(col(Delivery.id) == job.delivery_id, col(Delivery.fence) == job.fence)
            .values(lease_owner=None, lease_until=None)
        )


def _locked(session: Session, model: Any, ids: set[int]) -> dict[int, Any]:
    rows = session.scalars(select(model).where(model.id.in_(ids)).order_by(model.id).with_for_update())
    return {row.id: row for row in rows}


def _settle_one(
    session: Session, subscription: Subscription, delivery: Delivery, outcome: Outcome, now: datetime
) -> str:
    if outcome.reason is None:
        delivery.status, delivery.reason, delivery.finished_at = DELIVERED, None, now
        _took(session, subscription, now)
        return "delivered"
    if delivery.status == CANCELLED:
        return "failed"
    ended = _failed(delivery, outcome, now)
    if delivery.position is not None:  # a test says nothing about how things have been going
        _refused(session, subscription, outcome, now)
    return ended


def _attempt(delivery: Delivery, outcome: Outcome) -> dict[str, Any]:
    return {
        "delivery_id": delivery.id,
        "number": delivery.attempts,
        "at": outcome.at,
        "milliseconds": outcome.milliseconds,
        "http_status": outcome.http_status,
        "reason": outcome.reason,
        "detail": outcome.detail,
    }


def _failed(delivery: Delivery, outcome: Outcome, now: datetime) -> str:
    delivery.reason = outcome.reason
    again = None
    if delivery.position is not None and outcome.reason != "gone":
        again = rules.retry_at(delivery.tries, now, outcome.retry_after, outcome.chance)
    if again is None:
        delivery.status, delivery.finished_at = FAILED, now
        return "failed"
    delivery.next_at = again
    return "retrying"


def _took(session: Session, subscription: Subscription, now: datetime) -> None:
    """The receiver is there. What waited while it was down goes out now, and not when its turn would have come."""
    was_down = rules.hold_seconds(subscription.failures) > 0
    subscription.failures, subscription.failing_since, subscription.paused_until = 0, None, None
    subscription.delivered_at = now
    if was_down:
        session.execute(
            update(Delivery)
            .where(
                col(Delivery.subscription_id) == subscription.id,
                col(Delivery.status) == WAITING,
                col(Delivery.next_at) > now,
            )
            .values(next_at=now)
        )


def _refused(session: Session, subscription: Subscription, outcome: Outcome, now: datetime) -> None:
    subscription.failures += 1
    subscription.failing_since = subscription.failing_since or outcome.at
    pause = max(rules.hold_seconds(subscription.failures), outcome.retry_after or 0)
    if pause:
        until = now + timedelta(seconds=pause)
        subscription.paused_until = max(subscription.paused_until or until, until)
    if outcome.reason == "gone":
        disable(session, COURIER, subscription, "gone", now)
    elif rules.is_given_up(subscription.failing_since, now):
        disable(session, COURIER, subscription, "failing", now)
