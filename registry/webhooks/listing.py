"""Subscriptions as lists and the API show them: never a secret, nor what one is made of."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue.paging import Sort, keyset
from registry.events.sequencer import last_position
from registry.webhooks.models import WAITING, Delivery, Subscription

FIELDS = (
    "id", "name", "url", "types", "states", "user_id", "state", "organisation_id", "enabled", "disabled_at",
    "disabled_reason", "failures", "failing_since", "paused_until", "delivered_at", "previous_until", "version",
    "created_at", "updated_at",
)  # fmt: skip
OLDEST = Sort((col(Subscription.id),), name="oldest")
Row = dict[str, Any]


def subscription_rows(session: Session, actor: Actor, cursor: str | None, limit: int) -> tuple[list[Row], str | None]:
    """Those the actor may see, oldest first, and the next page's cursor."""
    statement = select(*[getattr(Subscription, name) for name in (*FIELDS, "position")])
    page = keyset(session, statement.where(policy.visible(actor, Subscription)), OLDEST, cursor, limit)
    return _rows(session, [dict(row._mapping) for row in page.rows]), page.next


def subscription_row(session: Session, subscription: Subscription) -> Row:
    """One of them."""
    return _rows(session, [{name: getattr(subscription, name) for name in (*FIELDS, "position")}])[0]


def _rows(session: Session, rows: Sequence[Row]) -> list[Row]:
    """With how many messages wait, and how many events have not been looked at yet."""
    mine = col(Delivery.subscription_id).in_([row["id"] for row in rows])
    waiting = session.execute(
        select(Delivery.subscription_id, func.count())  # type: ignore[call-overload]
        .where(mine, col(Delivery.status) == WAITING)
        .group_by(col(Delivery.subscription_id))
    )
    counted: dict[int, int] = {row[0]: row[1] for row in waiting}
    last = last_position(session)
    return [
        {
            **{name: row[name] for name in FIELDS},
            "waiting": counted.get(row["id"], 0),
            "behind": last - row["position"] if row["enabled"] else 0,
        }
        for row in rows
    ]
