"""Tables of compliance: loaded editions of standards, assessments, answers. No behaviour."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from registry.db import BigId, JSONValue, LongText, Timestamped, UTCDateTime

ASSESSMENT_STATUSES = ("draft", "submitted", "reviewed", "published")
EXTENTS = ("yes", "partly", "no", "unknown")
"""How far something stands in law, or is done in practice."""
_SAID = ("", *EXTENTS)


class Standard(SQLModel, table=True):
    """One edition of a standard, as loaded: an assessment pins (slug, version, sha256) and scores the same for ever."""

    __tablename__ = "standard"
    __table_args__ = (UniqueConstraint("slug", "version"), {"sqlite_autoincrement": True})
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    slug: str = Field(max_length=60)
    version: str = Field(max_length=20)
    sha256: str = Field(max_length=64)
    document: str = Field(sa_type=LongText)
    """The file's content as canonical JSON."""
    current: bool = Field(default=True)
    loaded_at: datetime = Field(sa_type=UTCDateTime)


class Assessment(Timestamped, table=True):
    """A State's answers to one edition of one standard. Only the State changes or publishes it."""

    __tablename__ = "assessment"
    __table_args__ = (
        CheckConstraint(f"status IN {ASSESSMENT_STATUSES}", name="status"),
        Index("ix_assessment_state", "state", "standard", "status"),
        Index("ix_assessment_list", "updated_at", "id"),
        # One assessment of a standard at a time, whoever begins it in the same instant.
        Index(
            "uq_assessment_open",
            "state",
            "standard",
            unique=True,
            sqlite_where=text("status <> 'published'"),
            postgresql_where=text("status <> 'published'"),
        ),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    state: str = Field(max_length=3)
    standard_id: int = Field(foreign_key="standard.id", index=True, sa_type=BigId)
    standard: str = Field(max_length=60)
    """The slug, beside the edition, so that a State's assessments of all editions list together."""
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSONValue)
    """fact → true | false | null, as they were for this assessment"""
    carried_from: int | None = Field(default=None, foreign_key="assessment.id", sa_type=BigId)
    """The earlier assessment whose answers this one began with."""
    status: str = Field(default="draft", max_length=12)
    status_reason: str | None = Field(default=None, max_length=500)
    created_by: int | None = Field(default=None, foreign_key="user_account.id", sa_type=BigId)
    submitted_by: int | None = Field(default=None, foreign_key="user_account.id", sa_type=BigId)
    submitted_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    reviewed_by: int | None = Field(default=None, foreign_key="user_account.id", sa_type=BigId)
    reviewed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    published_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class Answer(SQLModel, table=True):
    """One answer: a code of the standard's scale (or a number, date, text), with reason where it is not applicable."""

    __tablename__ = "answer"
    __table_args__ = (
        UniqueConstraint("assessment_id", "clause"),
        CheckConstraint("NOT not_applicable OR length(reason) > 0", name="na_reason"),
        CheckConstraint(f"in_law IN {_SAID}", name="in_law"),
        CheckConstraint(f"in_practice IN {_SAID}", name="in_practice"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    assessment_id: int = Field(foreign_key="assessment.id", index=True, sa_type=BigId)
    clause: str = Field(max_length=60)
    value: str = Field(max_length=500)
    not_applicable: bool = Field(default=False)
    """The scale gives this value no fulfilment: it asks for a reason, and counts after a review."""
    reason: str = Field(default="", sa_type=LongText)
    evidence: str = Field(default="", sa_type=LongText)
    """Where the proof is: a document's name, a link."""
    in_law: str = Field(default="", max_length=7, sa_column_kwargs={"server_default": ""})
    """One of EXTENTS, "" where nothing is said; scores know neither this nor `in_practice`."""
    in_practice: str = Field(default="", max_length=7, sa_column_kwargs={"server_default": ""})
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    """The assessment's version with which it was given: it only grows, also where an answer is taken back between."""
    answered_by: int | None = Field(default=None, foreign_key="user_account.id", sa_type=BigId)
    answered_at: datetime = Field(sa_type=UTCDateTime)


class SuggestionVerdict(SQLModel, table=True):
    """What a State made of an answer that followed from one it had given elsewhere."""

    __tablename__ = "suggestion_verdict"
    __table_args__ = (
        UniqueConstraint("assessment_id", "clause", "source"),
        CheckConstraint("decision IN ('accepted', 'refused')", name="decision"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    assessment_id: int = Field(foreign_key="assessment.id", index=True, sa_type=BigId)
    clause: str = Field(max_length=60)
    source: str = Field(max_length=125)
    """`<standard>#<clause>` that was answered"""
    decision: str = Field(max_length=10)
    decided_by: int | None = Field(default=None, foreign_key="user_account.id", sa_type=BigId)
    decided_at: datetime = Field(sa_type=UTCDateTime)
