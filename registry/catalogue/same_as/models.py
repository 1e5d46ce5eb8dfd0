"""Tables of what may be the same: profiles, the keys they are found by, pairs with verdicts. No behaviour.

Records are named by (kind, id); in a pair the smaller id stands first.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, Index, Integer, String, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from registry.db import BigId, LongText, UTCDateTime

KINDS = ("programme", "organisation")
VERDICTS = ("same", "different", "unsure")
RULES = ("identifier", "other_identifier")
"""Identifier rules that join two records without a person: of programmes only where one organisation reports both."""
CLAIMED = "claimed"
"""One identifier in records of different reporting organisations: it joins nothing, a person decides."""


class SameAsProfile(SQLModel, table=True):
    """What a record's likeness is judged by, as it was in one version of the record (profiles.py)."""

    __tablename__ = "same_as_profile"
    kind: str = Field(primary_key=True, max_length=20)
    record_id: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    version: int
    """Of the record: another one in force means that this is to be made anew"""
    reading: str = Field(max_length=20)
    """READING of candidates.py when it was made"""
    data: str = Field(sa_type=LongText)
    """JSON"""


class SameAsKey(SQLModel, table=True):
    """One key a record is found by (blocking.py). `value` is a hash over the kind too."""

    __tablename__ = "same_as_key"
    __table_args__ = (Index("ix_same_as_key_record", "kind", "record_id"), {"sqlite_with_rowid": False})
    value: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    record_id: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    role: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    kind: str = Field(max_length=20)


class SameAsPair(SQLModel, table=True):
    """Two records that may be the same: what speaks for it, and what was decided. History: revisions of `same_as`."""

    __tablename__ = "same_as_pair"
    __table_args__ = (
        UniqueConstraint("kind", "first_id", "second_id"),
        CheckConstraint("first_id < second_id", name="order"),
        CheckConstraint(f"verdict IS NULL OR verdict IN {VERDICTS}", name="verdict"),
        CheckConstraint("(verdict IS NULL) = (decided_by IS NULL)", name="decided"),
        Index("ix_same_as_pair_second", "kind", "second_id"),
        Index("ix_same_as_pair_queue", "kind", "verdict", "bits", "id"),
        Index("ix_same_as_pair_contradicted", "kind", "bits", "id", sqlite_where=text("contradicted"),
              postgresql_where=text("contradicted")),
        {"sqlite_autoincrement": True},
    )  # fmt: skip
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    version: int = Field(default=1)
    kind: str = Field(max_length=20)
    first_id: int = Field(sa_type=BigId)
    second_id: int = Field(sa_type=BigId)
    bits: float
    """Score: the sum of the parts'"""
    parts: str = Field(sa_type=LongText)
    """JSON: [[field, level, bits]]"""
    model: str = Field(max_length=20)
    """Version of the model that gave the bits"""
    rule: str | None = Field(default=None, max_length=20)
    """The identifier rule that holds (RULES or CLAIMED), whatever was decided"""
    verdict: str | None = Field(default=None, max_length=10)
    decided_by: str | None = Field(default=None, max_length=10)
    """`rule` or `person`: a rule never overrules a person"""
    user_id: int | None = Field(default=None, foreign_key="user_account.id", sa_type=BigId)
    reason: str = Field(default="", max_length=1000)
    decided_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    found_at: datetime = Field(sa_type=UTCDateTime)
    contradicted: bool = Field(default=False)
    """Judgements around it contradict each other (rules.py: groups), so that it is out of force until one is mended"""


class SameAsEstimate(SQLModel, table=True):
    """How often levels agree by chance in this registry's own records: counted in pairs picked at random."""

    __tablename__ = "same_as_estimate"
    kind: str = Field(primary_key=True, max_length=20)
    records: int
    pairs: int
    levels: str = Field(sa_type=LongText)
    """JSON: field → level → in how many of the pairs"""
    at: datetime = Field(sa_type=UTCDateTime)


class SourceStanding(SQLModel, table=True):
    """How much a source's word counts among several that speak of one programme. Kept by who owns the sources."""

    __tablename__ = "source_standing"
    __table_args__ = (CheckConstraint("priority IS NULL OR priority BETWEEN 1 AND 99", name="priority"),)
    source: str = Field(sa_column=Column(String(50), primary_key=True))
    """`feed:<id>`"""
    organisation_id: int | None = Field(default=None, sa_type=BigId)
    """Whose own source it is"""
    priority: int | None = None
    """Set by a person, 1 to 99; null: the rule of rules.py"""
