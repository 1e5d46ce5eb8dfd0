"""Table of conflicts. No behaviour."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from registry.db import BigId, LongText, UTCDateTime

STATES = ("open", "decided", "gone")
DECISIONS = ("keep", "take", "both")


class Conflict(SQLModel, table=True):
    """Sources disagree on one field of a programme. History: revisions of `conflict`.

    `open` until a person decides; then `decided` until a value comes that nobody has judged; `gone` as long as there is
    no disagreement. What was judged stays in any case.
    """

    __tablename__ = "conflict"
    __table_args__ = (
        UniqueConstraint("programme_id", "field"),
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint(f"decision IS NULL OR decision IN {DECISIONS}", name="decision"),
        Index("ix_conflict_state", "state", "opened_at", "id"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    version: int = Field(default=1)
    programme_id: int = Field(sa_column=Column(BigId, ForeignKey("programme.id", ondelete="CASCADE"), nullable=False))
    """The record whose value is in force"""
    field: str = Field(max_length=60)
    """Of the document"""
    state: str = Field(default="open", max_length=10)
    sides: str = Field(sa_type=LongText)
    """JSON: what is said, the value in force first: [{programme_id, source, at, user_id, gist}]"""
    judged: str = Field(default="[]", sa_type=LongText)
    """JSON: keys (disagreement.py) of all values that a person has judged"""
    decision: str | None = Field(default=None, max_length=10)
    undo: str | None = Field(default=None, sa_type=LongText)
    """JSON: what taking the decision back restores"""
    user_id: int | None = Field(default=None, foreign_key="user_account.id", sa_type=BigId)
    reason: str = Field(default="", max_length=1000)
    decided_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    opened_at: datetime = Field(sa_type=UTCDateTime)
