"""Table of screening: names that are like a listed party's, and what a person said of it. No behaviour."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from registry.db import BigId, JSONValue, Timestamped, UTCDateTime

DECISIONS = ("same", "different", "unsure")


class ScreeningHit(Timestamped, SQLModel, table=True):
    """A partner whose name is like a listed party's. The decision outlives the likeness: it counts again with it."""

    __tablename__ = "screening_hit"
    __table_args__ = (
        UniqueConstraint("subject", "party_id"),
        CheckConstraint(f"decision IS NULL OR decision IN {DECISIONS}", name="decision"),
        CheckConstraint("score >= 0 AND score <= 1", name="score"),
        Index("ix_screening_hit_queue", "current", "decision", "score", "id"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    subject: str = Field(max_length=220)
    """`organisation:<id>`, or `name:<folded name>` as programmes name an organisation without an identifier"""
    subject_name: str = Field(max_length=500)
    organisation_id: int | None = Field(default=None, foreign_key="organisation.id", index=True, sa_type=BigId)
    party_id: int = Field(foreign_key="listed_party.id", index=True, sa_type=BigId)
    score: float
    evidence: dict[str, Any] = Field(default_factory=dict, sa_type=JSONValue)
    """{"name", "listed", "quality", "words": [[mine, theirs, likeness 0..1]]}"""
    current: bool = Field(default=True)
    """The names are alike today and the party is on its list; else: kept for what was decided."""
    decision: str | None = Field(default=None, max_length=10)
    reason: str = Field(default="", max_length=500)
    decided_by: int | None = Field(default=None, foreign_key="user_account.id", sa_type=BigId)
    decided_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
