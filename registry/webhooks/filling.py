"""From the change feed to messages: each subscription's cursor moves on, what is for it becomes a delivery.

A subscription has at most ROOM messages waiting: the rest stays in the feed until some are taken, so a burst of events
costs no more rows than receivers can take, and pruning the feed waits for the slowest that is not switched off.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Row, Table, bindparam, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import system
from registry.accounts.models import User
from registry.accounts.users import actor_of_user
from registry.events.cloudevents import HIDDEN, to_json
from registry.events.feed import NAMES
from registry.events.models import Event
from registry.events.sequencer import EVENT, last_position
from registry.webhooks.models import WAITING, Delivery, Subscription
from registry.webhooks.rules import is_about, is_wanted
from registry.webhooks.subscriptions import disable, is_owners

ROOM = 100
PAGE = 500
"""Events looked at in one step, for those who stand at the same place"""
SCAN = 20_000
"""Positions passed in one step where few of them are visible"""
SUBSCRIPTIONS_AT_ONCE = 500
COURIER = system("courier")
DELIVERY: Table = Delivery.__table__  # type: ignore[attr-defined]
SUBSCRIPTION: Table = Subscription.__table__  # type: ignore[attr-defined]
_COLUMNS = [EVENT.c[name] for name in (*NAMES, "state")]
_MOVE = update(SUBSCRIPTION).where(SUBSCRIPTION.c.id == bindparam("the_id")).values(position=bindparam("reached"))


def behind(last: int) -> ColumnElement[bool]:
    """Subscriptions that have events before them and room for messages."""
    waiting = (
        select(func.count())
        .where(DELIVERY.c.subscription_id == SUBSCRIPTION.c.id, DELIVERY.c.status == WAITING)
        .correlate(SUBSCRIPTION)
        .scalar_subquery()
    )
    return SUBSCRIPTION.c.enabled & (SUBSCRIPTION.c.position < last) & (waiting < ROOM)


def fill(session: Session, source: str, now: datetime) -> int:
    """One step for subscriptions that are behind. Returns how many messages it made. `source`: our public address.

    Rows that another courier is filling are left to it.
    """
    last = last_position(session)
    groups: dict[tuple[str, int], list[Subscription]] = defaultdict(list)
    owners: dict[str, User] = {}
    for subscription, owner in _subscriptions(session, last):
        if not is_owners(subscription, owner):
            disable(session, COURIER, subscription, "owner", now)
            continue
        audience = policy.audience(actor_of_user(owner))
        owners[audience] = owner
        groups[audience, subscription.position].append(subscription)
    rooms = _rooms(session, [s.id or 0 for group in groups.values() for s in group])
    made: list[dict[str, Any]] = []
    moved: list[dict[str, int]] = []
    for (audience, position), group in groups.items():
        events, reached = _events(session, owners[audience], position, last)
        made_of: dict[int, tuple[str, str]] = {}
        for subscription in group:
            rows, at = _messages(subscription, events, rooms[subscription.id or 0], made_of, source, now)
            made += rows
            moved.append({"the_id": subscription.id or 0, "reached": reached if at is None else at})
    if made:
        session.execute(_insert(session), made)
    if moved:
        session.execute(_MOVE, moved)
    return len(made)


def _subscriptions(session: Session, last: int) -> list[tuple[Subscription, User]]:
    rows = session.execute(
        select(Subscription, User)
        .join(User, SUBSCRIPTION.c.user_id == User.id)
        .where(behind(last))
        .order_by(SUBSCRIPTION.c.id)
        .limit(SUBSCRIPTIONS_AT_ONCE)
        .with_for_update(of=SUBSCRIPTION, skip_locked=True)
    )
    return [(row[0], row[1]) for row in rows]


def _rooms(session: Session, ids: list[int]) -> dict[int, int]:
    waiting = session.execute(
        select(DELIVERY.c.subscription_id, func.count())
        .where(DELIVERY.c.subscription_id.in_(ids), DELIVERY.c.status == WAITING)
        .group_by(DELIVERY.c.subscription_id)
    )
    return dict.fromkeys(ids, ROOM) | {row[0]: ROOM - row[1] for row in waiting}


def _events(session: Session, owner: User, position: int, last: int) -> tuple[Sequence[Row[Any]], int]:
    """A page of what the owner may see behind the position, and the position behind which the next one begins."""
    actor = actor_of_user(owner)
    visible, end = policy.visible(actor, Event), min(last, position + SCAN)
    concerned = or_(visible, policy.lost_events(actor))
    rows = session.execute(
        select(*_COLUMNS, visible.label("shown"))
        .where(EVENT.c.position > position, EVENT.c.position <= end, concerned)
        .order_by(EVENT.c.position)
        .limit(PAGE)
    ).all()
    return rows, rows[-1].position if len(rows) == PAGE else end


def _messages(
    subscription: Subscription,
    events: Sequence[Row[Any]],
    room: int,
    made_of: dict[int, tuple[str, str]],
    source: str,
    now: datetime,
) -> tuple[list[dict[str, Any]], int | None]:
    """What of the events is for this subscription, and where it stops for want of room (None: it does not)."""
    rows: list[dict[str, Any]] = []
    for event in events:
        type_ = event.type if event.shown else f"{event.kind}.{HIDDEN}"
        if not is_wanted(subscription.types, type_) or not is_about(subscription.states, _states(subscription, event)):
            continue
        if len(rows) >= room:
            return rows, rows[-1]["position"] if rows else subscription.position
        if event.position not in made_of:  # once for all subscriptions that it is for
            body = to_json([event], source)[1:-1].decode()
            made_of[event.position] = orjson.loads(body)["subject"], body
        subject, body = made_of[event.position]
        rows.append(
            {
                "subscription_id": subscription.id,
                "event_uid": event.uid,
                "event_type": type_,
                "subject": subject,
                "position": event.position,
                "body": body,
                "status": WAITING,
                "tries": 0,
                "attempts": 0,
                "fence": 0,
                "next_at": now,
                "created_at": now,
            }
        )
    return rows, None


def _states(subscription: Subscription, event: Row[Any]) -> set[str | None]:
    """The States that an event concerns, found out only where somebody asks."""
    if not subscription.states:
        return set()
    data = orjson.loads(event.data)
    return {event.state, data.get("state"), *data.get("countries", ())}


def _insert(session: Session) -> Any:
    """A message that is there already (the cursor was set back for a replay) is sent again, the same bytes."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(DELIVERY)
    again = {"status": WAITING, "reason": None, "tries": 0, "next_at": statement.excluded.next_at, "finished_at": None}
    return statement.on_conflict_do_update(
        index_elements=["subscription_id", "event_uid"], set_=again, where=DELIVERY.c.status != WAITING
    )
