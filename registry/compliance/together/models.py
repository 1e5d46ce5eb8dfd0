"""Tables of working together: comments and assignments. No behaviour; nobody outside the State sees any of it."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from registry.db import BigId, LongText, UTCDateTime


class Comment(SQLModel, table=True):
    """What somebody said about a clause; it is never changed."""

    __tablename__ = "assessment_comment"
    __table_args__ = (Index("ix_assessment_comment_clause", "assessment_id", "clause"), {"sqlite_autoincrement": True})
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    assessment_id: int = Field(foreign_key="assessment.id", sa_type=BigId)
    clause: str = Field(max_length=60)
    text: str = Field(sa_type=LongText)
    written_by: int | None = Field(default=None, foreign_key="user_account.id", sa_type=BigId)
    written_at: datetime = Field(sa_type=UTCDateTime)


class Assignment(SQLModel, table=True):
    """Who answers a section of an assessment; anybody of the State still may."""

    __tablename__ = "assessment_assignment"
    __table_args__ = (UniqueConstraint("assessment_id", "section"), {"sqlite_autoincrement": True})
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    assessment_id: int = Field(foreign_key="assessment.id", sa_type=BigId)
    section: str = Field(max_length=60)
    user_id: int = Field(foreign_key="user_account.id", index=True, sa_type=BigId)
    assigned_by: int | None = Field(default=None, foreign_key="user_account.id", sa_type=BigId)
    assigned_at: datetime = Field(sa_type=UTCDateTime)
