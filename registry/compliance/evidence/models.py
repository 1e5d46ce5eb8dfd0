"""Tables of evidence. No behaviour.

A file's bytes stand in the database, in parts: one backup holds everything, either engine restores it, and no row is
large. An assessment that carries evidence on refers to the same file.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from registry.db import BigId, UTCDateTime

KINDS = ("file", "link", "document")
STATE_ONLY, PUBLIC = VISIBILITIES = ("state_only", "public")
PART_BYTES = 64 * 1024


class EvidenceFile(SQLModel, table=True):
    """A file that was sent once; it goes with the last evidence that refers to it."""

    __tablename__ = "evidence_file"
    __table_args__ = ({"sqlite_autoincrement": True},)
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    sha256: str = Field(max_length=64)


class Evidence(SQLModel, table=True):
    """One piece of evidence of one clause's answer; it is added or removed, never changed."""

    __tablename__ = "evidence"
    __table_args__ = (
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint(f"visibility IN {VISIBILITIES}", name="visibility"),
        CheckConstraint("(kind = 'file') = (file_id IS NOT NULL)", name="file"),
        CheckConstraint("(kind = 'link') = (url <> '')", name="link"),
        Index("ix_evidence_assessment", "assessment_id", "clause"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    assessment_id: int = Field(foreign_key="assessment.id", sa_type=BigId)
    clause: str = Field(max_length=60)
    kind: str = Field(max_length=8)
    title: str = Field(max_length=300)
    url: str = Field(default="", max_length=2000)
    file_name: str = Field(default="", max_length=200)
    media_type: str = Field(default="", max_length=120)
    size: int = Field(default=0)
    """Bytes of a file."""
    sha256: str = Field(default="", max_length=64)
    file_id: int | None = Field(default=None, foreign_key="evidence_file.id", index=True, sa_type=BigId)
    expires_on: date | None = Field(default=None)
    """The last day on which it proves anything; None: it does not expire."""
    visibility: str = Field(default=STATE_ONLY, max_length=10)
    """state_only: the State's own people; public: everybody, once the assessment is published."""
    added_by: int | None = Field(default=None, foreign_key="user_account.id", sa_type=BigId)
    added_at: datetime = Field(sa_type=UTCDateTime)


class EvidencePart(SQLModel, table=True):
    """At most PART_BYTES of a file, numbered from 0."""

    __tablename__ = "evidence_part"
    __table_args__ = (UniqueConstraint("file_id", "number"), {"sqlite_autoincrement": True})
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    file_id: int = Field(foreign_key="evidence_file.id", sa_type=BigId)
    number: int
    data: bytes = Field(sa_type=LargeBinary)
