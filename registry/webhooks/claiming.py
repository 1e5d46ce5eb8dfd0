"""Messages that are due, claimed under a lease: however many couriers ask, each try is one courier's.

A claim carries a fence that grows each time: who lost the lease cannot settle the message any more. A courier that is
killed on the way leaves its claims behind; when their leases end they are sent again, under the same id.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, false, func, literal, or_, select, true, update
from sqlmodel import Session

from registry.accounts.models import User
from registry.webhooks.filling import COURIER, DELIVERY, SUBSCRIPTION, behind
from registry.webhooks.keys import KeyChanged, Keys
from registry.webhooks.models import WAITING, Delivery, Subscription
from registry.webhooks.subscriptions import disable, is_owners

LEASE_SECONDS = 60
"""Several times what a try may last"""
PER_SUBSCRIPTION = 4
"""Messages on their way to one subscription at once, over all couriers; one where the last try failed."""
PER_ORIGIN = 8
"""Connections of one courier to one host and port at once"""


@dataclass(frozen=True)
class Job:
    """One try in our hands until the lease ends."""

    delivery_id: int
    fence: int
    subscription_id: int
    origin: str
    url: str
    event_uid: str
    body: bytes
    secrets: Sequence[bytes] = field(repr=False)
    suspect: bool
    """The receiver's last try failed: it may be slow to fail again."""


def has_work(session: Session, last: int, now: datetime) -> bool:
    """Whether filling or claiming would find anything: asked without a lock first, since mostly there is nothing."""
    filling = select(literal(1)).select_from(SUBSCRIPTION).where(behind(last)).exists()
    due = select(literal(1)).select_from(_joined()).where(_due(now), _free(now)).exists()
    return bool(session.execute(select(or_(filling, due))).scalar_one())


def _joined() -> Any:
    return DELIVERY.join(SUBSCRIPTION, DELIVERY.c.subscription_id == SUBSCRIPTION.c.id)


def _free(now: datetime) -> ColumnElement[bool]:
    return or_(DELIVERY.c.lease_until.is_(None), DELIVERY.c.lease_until <= now)


def _due(now: datetime) -> ColumnElement[bool]:
    """A test goes out whatever the subscription's state: it is to find out."""
    taking = and_(
        SUBSCRIPTION.c.enabled, or_(SUBSCRIPTION.c.paused_until.is_(None), SUBSCRIPTION.c.paused_until <= now)
    )
    return and_(DELIVERY.c.status == WAITING, DELIVERY.c.next_at <= now, or_(taking, DELIVERY.c.position.is_(None)))


def claim(
    session: Session,
    keys: Keys,
    owner: str,
    now: datetime,
    *,
    healthy: int,
    suspect: int,
    busy: Mapping[str, int],
    only: int | None = None,
) -> list[Job]:
    """Claim due messages, longest due first, at most so many to healthy and to suspect receivers.

    `busy`: origin → connections this courier has open there. `only`: the one delivery that is wanted. Subscriptions
    whose owner or key no longer fit are switched off on the way. The caller commits at once.
    """
    found: list[int] = []
    for failing, room in ((False, healthy), (True, suspect)):
        if room > 0:
            found += _pick(_candidates(session, now, failing, room, busy, only), room, busy)
    if not found:
        return []
    # The conditions again: another courier may have been faster. Nobody waits for a row here, so there is no circle.
    ours = session.execute(
        select(DELIVERY.c.id)
        .where(DELIVERY.c.id.in_(found), DELIVERY.c.status == WAITING, _free(now))
        .with_for_update(skip_locked=True)
    ).scalars()
    claimed = list(ours)
    if not claimed:
        return []
    until = now + timedelta(seconds=LEASE_SECONDS)
    session.execute(
        update(DELIVERY)
        .where(DELIVERY.c.id.in_(claimed))
        .values(lease_owner=owner, lease_until=until, fence=DELIVERY.c.fence + 1)
    )
    return _jobs(session, keys, claimed, now)


def _candidates(
    session: Session, now: datetime, failing: bool, room: int, busy: Mapping[str, int], only: int | None
) -> Sequence[Row[Any]]:
    """(id, origin) by when they fell due. No more per subscription and origin than may be on their way at once."""
    full = [origin for origin, count in busy.items() if count >= PER_ORIGIN]
    on_their_way_first = case((_free(now), 1), else_=0)
    per_subscription = 1 if failing else PER_SUBSCRIPTION
    ranked = (
        select(
            DELIVERY.c.id,
            DELIVERY.c.next_at,
            SUBSCRIPTION.c.origin,
            case((_free(now), true()), else_=false()).label("free"),
            _rank(DELIVERY.c.subscription_id, on_their_way_first, DELIVERY.c.next_at, DELIVERY.c.id).label("turn"),
            _rank(SUBSCRIPTION.c.origin, DELIVERY.c.next_at, DELIVERY.c.id).label("turn_there"),
        )
        .select_from(_joined())
        .where(
            _due(now),
            SUBSCRIPTION.c.failures > 0 if failing else SUBSCRIPTION.c.failures == 0,
            SUBSCRIPTION.c.origin.not_in(full) if full else true(),
            DELIVERY.c.id == only if only is not None else true(),
        )
        .subquery()
    )
    return session.execute(
        select(ranked.c.id, ranked.c.origin)
        .where(ranked.c.free, ranked.c.turn <= per_subscription, ranked.c.turn_there <= PER_ORIGIN * 2)
        .order_by(ranked.c.next_at, ranked.c.id)
        .limit(room * 4)
    ).all()


def _rank(partition: ColumnElement[Any], *order: ColumnElement[Any]) -> ColumnElement[int]:
    return func.row_number().over(partition_by=partition, order_by=order)


def _pick(candidates: Sequence[Row[Any]], room: int, busy: Mapping[str, int]) -> list[int]:
    """The first that find room, in all and at their origin."""
    open_there = Counter(busy)
    picked: list[int] = []
    for candidate in candidates:
        if len(picked) < room and open_there[candidate.origin] < PER_ORIGIN:
            open_there[candidate.origin] += 1
            picked.append(candidate.id)
    return picked


def _jobs(session: Session, keys: Keys, ids: list[int], now: datetime) -> list[Job]:
    rows = session.execute(
        select(Delivery, Subscription, User)
        .join(Subscription, DELIVERY.c.subscription_id == SUBSCRIPTION.c.id)
        .join(User, SUBSCRIPTION.c.user_id == User.id)
        .where(DELIVERY.c.id.in_(ids))
        .order_by(DELIVERY.c.next_at, DELIVERY.c.id)
    ).all()
    jobs, unfit = [], {}
    for delivery, subscription, user in rows:
        if not is_owners(subscription, user):
            unfit[subscription.id] = "owner"
            continue
        try:
            secrets = keys.in_force(subscription, now)
        except KeyChanged:
            unfit[subscription.id] = "key"
            continue
        jobs.append(
            Job(
                delivery.id,
                delivery.fence,
                subscription.id,
                subscription.origin,
                subscription.url,
                delivery.event_uid,
                delivery.body.encode(),
                secrets,
                subscription.failures > 0,
            )
        )
    for subscription_id, reason in sorted(unfit.items()):
        locked = session.execute(
            select(Subscription)
            .where(SUBSCRIPTION.c.id == subscription_id)
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        ).scalar_one_or_none()
        if locked is not None:  # else somebody is changing it: its claims end with their leases
            disable(session, COURIER, locked, reason, now)
    return jobs
