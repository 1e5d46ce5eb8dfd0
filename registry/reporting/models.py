"""The table of national reports. No behaviour."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from registry.db import BigId, JSONValue, LongText, Timestamped, UTCDateTime

STATUSES = ("draft", "submitted", "published")


class NationalReport(Timestamped, table=True):
    """A State's report on a period. A draft is composed anew each time; from its submission on it is as it was."""

    __tablename__ = "national_report"
    __table_args__ = (
        CheckConstraint(f"status IN {STATUSES}", name="status"),
        CheckConstraint("period_start <= period_end", name="period"),
        CheckConstraint("(status = 'draft') = (content IS NULL)", name="frozen"),
        Index("ix_national_report_list", "state", "period_end", "id"),
        # One draft at a time, whoever begins it in the same instant.
        Index(
            "uq_national_report_draft",
            "state",
            "template",
            "period_start",
            "period_end",
            unique=True,
            sqlite_where=text("status = 'draft'"),
            postgresql_where=text("status = 'draft'"),
        ),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    state: str = Field(max_length=3)
    template: str = Field(max_length=40)
    template_version: str = Field(max_length=10)
    template_sha256: str = Field(max_length=64)
    template_document: str = Field(sa_type=LongText)
    """The template's content as canonical JSON: a later edition of the file changes no report that was begun."""
    period_start: date
    period_end: date
    entries: dict[str, Any] = Field(default_factory=dict, sa_type=JSONValue)
    """Entry id → what the State wrote itself (schemas.py: OwnForm), with the hash of what stood there pre-filled"""
    status: str = Field(default="draft", max_length=12)
    content: str | None = Field(default=None, sa_type=LongText)
    """From submission on: the whole report as canonical JSON (content.py)"""
    submitted_on: date | None = None
    """The day on which the State filed it, as the State says"""
    submitted_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    published_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    created_by: int | None = Field(default=None, foreign_key="user_account.id", sa_type=BigId)
