"""Table of events. No behaviour."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from registry.db import BigId, LongText, UTCDateTime


class Event(SQLModel, table=True):
    """One thing that happened, written in the transaction of the change. `position` is given after the commit."""

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("position"),
        UniqueConstraint("uid"),
        Index("ix_event_subject", "kind", "record_id", "record_version"),
        # AUTOINCREMENT: a reused id would let a reader's cursor skip an event.
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    uid: str = Field(max_length=36)
    """CloudEvents id"""
    type: str = Field(max_length=80)
    """`need.opened` …; see registry/events/types.py"""
    kind: str = Field(max_length=30)
    record_id: int = Field(sa_type=BigId)
    record_version: int
    visibility: str = Field(default="public", max_length=10)
    state: str | None = Field(default=None, max_length=3)
    """Owner, where a State owns the record: sees it whatever the visibility."""
    organisation_id: int | None = Field(default=None, sa_type=BigId)
    lost_visibility: str | None = Field(default=None, max_length=10)
    """The record's visibility before, where this event took it out of somebody's sight (rules.py: lost)."""
    lost_organisation_id: int | None = Field(default=None, sa_type=BigId)
    """Its owner before, likewise."""
    data: str = Field(sa_type=LongText)
    """JSON: the record's summary after the change"""
    at: datetime = Field(sa_type=UTCDateTime)
    position: int | None = Field(default=None, sa_type=BigId)
