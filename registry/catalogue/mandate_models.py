"""The table of mandates: which organisation reports programmes for which. No behaviour."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from registry.db import BigId, UTCDateTime


class ReportingMandate(SQLModel, table=True):
    """That one organisation reports programmes for another, as a coordinator entered it; revoked, never deleted."""

    __tablename__ = "reporting_mandate"
    __table_args__ = (
        CheckConstraint("organisation_id <> reported_id", name="another"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    organisation_id: int = Field(foreign_key="organisation.id", index=True, sa_type=BigId)
    """Who reports"""
    reported_id: int = Field(foreign_key="organisation.id", sa_type=BigId)
    """For whom"""
    reason: str = Field(default="", max_length=1000)
    entered_at: datetime = Field(sa_type=UTCDateTime)
    entered_by: int | None = Field(default=None, foreign_key="user_account.id", sa_type=BigId)
    revoked_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    revoked_by: int | None = Field(default=None, foreign_key="user_account.id", sa_type=BigId)
