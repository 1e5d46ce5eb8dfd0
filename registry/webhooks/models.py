"""Tables of webhooks: subscriptions, the messages due to them, each try. No behaviour."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from registry.db import BigId, JSONValue, LongText, Timestamped, UTCDateTime

WAITING, DELIVERED, FAILED, CANCELLED = "waiting", "delivered", "failed", "cancelled"
STATUSES = (WAITING, DELIVERED, FAILED, CANCELLED)


class Subscription(Timestamped, table=True):
    """Who wants to be told of which events at which address. Messages carry what the owner may see.

    `version` counts what people change, and being switched off; the rest is the courier's own book-keeping.
    """

    __tablename__ = "subscription"
    __table_args__ = (
        CheckConstraint("enabled = (disabled_at IS NULL)", name="disabled_at"),
        CheckConstraint("enabled = (disabled_reason IS NULL)", name="disabled_reason"),
        CheckConstraint("(previous_salt IS NULL) = (previous_until IS NULL)", name="previous"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    user_id: int = Field(foreign_key="user_account.id", index=True, sa_type=BigId)
    """Through whose eyes events are seen"""
    state: str | None = Field(default=None, max_length=3)
    organisation_id: int | None = Field(default=None, foreign_key="organisation.id", sa_type=BigId)
    """The owner's State or organisation: colleagues see and manage the subscription too. An owner who acts for somebody
    else by now ends it: what the one may see is not the other's."""
    name: str = Field(max_length=200)
    url: str = Field(max_length=2000)
    origin: str = Field(max_length=300)
    """`host:port` of the address: what is slow there must not hold up others."""
    types: list[str] = Field(default_factory=list, sa_type=JSONValue)
    """Event types, `need.*` for a kind; none: all."""
    states: list[str] = Field(default_factory=list, sa_type=JSONValue)
    """States that an event must concern; none: all."""
    enabled: bool = Field(default=True)
    disabled_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    disabled_reason: str | None = Field(default=None, max_length=20)
    """See registry/webhooks/reasons.py"""
    salt: str = Field(max_length=64)
    """The secret is made of it and the registry's key (keys.py): it is stored nowhere."""
    fingerprint: str = Field(max_length=16)
    """Of the secret: another one shows that the registry's key changed."""
    previous_salt: str | None = Field(default=None, max_length=64)
    previous_until: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """Until then messages are signed with the secret before as well."""
    position: int = Field(sa_type=BigId)
    """Of the change feed: events up to there have been looked at."""
    failures: int = Field(default=0)
    """Failed tries in a row"""
    failing_since: datetime | None = Field(default=None, sa_type=UTCDateTime)
    paused_until: datetime | None = Field(default=None, sa_type=UTCDateTime)
    delivered_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """When the receiver last took a message"""


class Delivery(SQLModel, table=True):
    """One event for one subscription. The body is made once: every try sends the same bytes under the same id."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("subscription_id", "event_uid"),
        CheckConstraint(f"status IN {STATUSES}", name="status"),
        Index("ix_delivery_due", "status", "next_at"),
        Index("ix_delivery_log", "subscription_id", "id"),
        Index("ix_delivery_status", "subscription_id", "status"),
        Index("ix_delivery_finished_at", "finished_at"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    subscription_id: int = Field(foreign_key="subscription.id", ondelete="CASCADE", sa_type=BigId)
    event_uid: str = Field(max_length=36)
    """The `webhook-id`"""
    event_type: str = Field(max_length=80)
    subject: str = Field(max_length=200)
    """`needs/12`"""
    position: int | None = Field(default=None, sa_type=BigId)
    """Of the event; null: a test, which is tried once."""
    body: str = Field(sa_type=LongText)
    status: str = Field(default=WAITING, max_length=10)
    reason: str | None = Field(default=None, max_length=20)
    """Why the last try failed, or why it will not be sent; see registry/webhooks/reasons.py"""
    tries: int = Field(default=0)
    """Since it was last asked for"""
    attempts: int = Field(default=0)
    """Ever"""
    next_at: datetime = Field(sa_type=UTCDateTime)
    lease_owner: str | None = Field(default=None, max_length=80)
    lease_until: datetime | None = Field(default=None, sa_type=UTCDateTime)
    fence: int = Field(default=0)
    created_at: datetime = Field(sa_type=UTCDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class DeliveryAttempt(SQLModel, table=True):
    """One try and what came of it."""

    __tablename__ = "delivery_attempt"
    __table_args__ = (UniqueConstraint("delivery_id", "number"), {"sqlite_autoincrement": True})
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    delivery_id: int = Field(foreign_key="delivery.id", ondelete="CASCADE", sa_type=BigId)
    number: int
    at: datetime = Field(sa_type=UTCDateTime)
    milliseconds: int
    http_status: int | None = None
    reason: str | None = Field(default=None, max_length=20)
    """null: it was taken"""
    detail: str = Field(default="", max_length=1000)
    """The beginning of the answer's body, or what went wrong on the way"""
