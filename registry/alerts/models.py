"""Tables of alerts: saved searches, what is known to fit them, notices in the app, e-mails. No behaviour."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from registry.db import BigId, JSONValue, Timestamped, UTCDateTime

IN_APP, AT_ONCE, DAILY, WEEKLY = DELIVERIES = ("in_app", "at_once", "daily", "weekly")
"""How somebody hears of what a search finds; every way has the notice in the app too."""
KINDS = ("programme", "need", "offer")
WAITING, SENT, FAILED, CANCELLED = MAIL_STATUSES = ("waiting", "sent", "failed", "cancelled")
CAUSES = ("at_once", "digest", "webhook")


class SavedSearch(Timestamped, table=True):
    """A list of the catalogue, of needs or of offers that somebody wants to hear of."""

    __tablename__ = "alert"  # names with `_search` are those of the full-text indexes
    __table_args__ = (
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint(f"delivery IN {DELIVERIES}", name="delivery"),
        CheckConstraint("(digest_at IS NOT NULL) = (delivery IN ('daily', 'weekly'))", name="digest_at"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    user_id: int = Field(foreign_key="user_account.id", index=True, sa_type=BigId)
    name: str = Field(max_length=100)
    kind: str = Field(max_length=20, index=True)
    q: str = Field(default="", max_length=500)
    filters: dict[str, list[str]] = Field(default_factory=dict, sa_type=JSONValue)
    """Filter's name → values, any of which will do; the names are those of the list (queries.py)."""
    delivery: str = Field(default=IN_APP, max_length=10)
    digest_at: datetime | None = Field(default=None, sa_type=UTCDateTime, index=True)
    """When what was found is next sent together"""


class SavedSearchFit(SQLModel, table=True):
    """A record that is known to fit a search: it is news no more."""

    __tablename__ = "alert_fit"
    search_id: int = Field(foreign_key="alert.id", ondelete="CASCADE", primary_key=True, sa_type=BigId)
    record_id: int = Field(primary_key=True, sa_type=BigId)


class Mail(SQLModel, table=True):
    """One e-mail to one person. What it says is put together when it is sent, of what the person may see then."""

    __tablename__ = "mail"
    __table_args__ = (
        CheckConstraint(f"status IN {MAIL_STATUSES}", name="status"),
        CheckConstraint(f"cause IN {CAUSES}", name="cause"),
        UniqueConstraint("uid"),
        Index("ix_mail_due", "status", "next_at"),
        Index("ix_mail_of_user", "user_id", "cause", "next_at"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    uid: str = Field(max_length=36)
    """In its Message-ID, the same on every try"""
    user_id: int = Field(foreign_key="user_account.id", sa_type=BigId)
    cause: str = Field(max_length=10)
    status: str = Field(default=WAITING, max_length=10)
    reason: str | None = Field(default=None, max_length=20)
    """Why the last try failed or it will not be sent; see reasons.py"""
    detail: str = Field(default="", max_length=500)
    """What the server said"""
    tries: int = Field(default=0)
    """Since it was last asked for"""
    next_at: datetime = Field(sa_type=UTCDateTime)
    lease_until: datetime | None = Field(default=None, sa_type=UTCDateTime)
    fence: int = Field(default=0)
    created_at: datetime = Field(sa_type=UTCDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UTCDateTime, index=True)


class Notice(SQLModel, table=True):
    """Something a person is told of in the app. It names the record: what it says is read when it is shown."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("user_id", "key"),
        Index("ix_notice_of_user", "user_id", "read_at"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    user_id: int = Field(foreign_key="user_account.id", sa_type=BigId)
    key: str = Field(max_length=60)
    """Of the search and the event: told once, however often the event comes."""
    search_id: int | None = Field(default=None, foreign_key="alert.id", ondelete="CASCADE", sa_type=BigId)
    """null: not because of a search, but since the record is the person's own"""
    kind: str = Field(max_length=20)
    """`programme`, `need`, `offer`; `subscription`: this webhook of theirs was switched off; `proposal`"""
    record_id: int = Field(sa_type=BigId)
    created_at: datetime = Field(sa_type=UTCDateTime)
    read_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    in_digest: bool = Field(default=False)
    """Waits for the search's next e-mail"""
    mail_id: int | None = Field(default=None, foreign_key="mail.id", ondelete="SET NULL", index=True, sa_type=BigId)
