"""The table of points of contact. Offices, not persons: there is no column for anybody's name. No behaviour."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from registry.db import BigId, Timestamped, UTCDateTime

ROLES = ("point_of_contact", "tracing", "reporting", "licensing", "other")


class Contact(Timestamped, table=True):
    """An office of a State that answers for instruments. Once `published` everybody sees it."""

    __tablename__ = "contact"
    __table_args__ = (
        UniqueConstraint("state", "office", "role"),
        CheckConstraint(f"role IN {ROLES}", name="role"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    state: str = Field(max_length=3, index=True)
    office: str = Field(max_length=200)
    role: str = Field(default="point_of_contact", max_length=20)
    email: str = Field(default="", max_length=254)
    phone: str = Field(default="", max_length=40)
    languages: str = Field(default="", max_length=60)
    """Codes, each with a space before and behind: ` en fr `"""
    instruments: str = Field(max_length=600)
    """Ids of instruments, in the same way"""
    published: bool = Field(default=False)
    source: str = Field(max_length=500)
    confirmed_on: date
    """When somebody last said that it is right"""
    asked_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """When its State was last asked whether it still is"""
