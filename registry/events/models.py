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
    origin_registry: str | None = Field(default=None, max_length=36)
    """Of a record that came from another registry: where it was entered (origin.py); null: here"""
    origin_id: int | None = Field(default=None, sa_type=BigId)
    origin_generation: int | None = Field(default=None, sa_type=BigId)
    origin_version: int | None = None
    data: str = Field(sa_type=LongText)
    """JSON: the record's summary after the change"""
    at: datetime = Field(sa_type=UTCDateTime)
    position: int | None = Field(default=None, sa_type=BigId)


class KindVersion(SQLModel, table=True):
    """How many transactions changed records of a kind (versions.py)."""

    __tablename__ = "kind_version"
    kind: str = Field(primary_key=True, max_length=30)
    number: int = Field(sa_type=BigId)


class Consumer(SQLModel, table=True):
    """How far one of the registry's own consumers of events has come, and who is at it. See consumers.py."""

    __tablename__ = "consumer"
    name: str = Field(primary_key=True, max_length=40)
    position: int = Field(default=0, sa_type=BigId)
    """Events up to there have had their effect."""
    updated_at: datetime = Field(sa_type=UTCDateTime)
    failures: int = Field(default=0)
    """Failed tries in a row of the event behind `position`"""
    last_error: str | None = Field(default=None, max_length=1000)
    """What went wrong last; kept when it goes on"""
    failed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    next_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """After a failure: not before"""
    lease_owner: str | None = Field(default=None, max_length=80)
    lease_until: datetime | None = Field(default=None, sa_type=UTCDateTime)
    fence: int = Field(default=0)
    """Grows with each claim: who lost the lease can move nothing any more."""


class DeadLetter(SQLModel, table=True):
    """An event that a consumer could not take after several tries: set aside until somebody has it tried again."""

    __tablename__ = "dead_letter"
    __table_args__ = (UniqueConstraint("consumer", "event_uid"), {"sqlite_autoincrement": True})
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    consumer: str = Field(max_length=40)
    event_uid: str = Field(max_length=36)
    event: str = Field(sa_type=LongText)
    """JSON of the whole event: the feed forgets it one day, this does not"""
    reason: str = Field(max_length=1000)
    tries: int
    set_aside_at: datetime = Field(sa_type=UTCDateTime)
    """When it was set aside, or last tried again in vain"""
    retry_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """A person asked for another try"""
