"""Tables of the catalogue. No behaviour.

A programme's whole content is one JSON document in IATI's terms (docs/programme-document.md), kept apart from the
narrow row that lists and totals read; facets are one table, so that filters and counts work alike for all of them.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, String, UniqueConstraint, false, text
from sqlmodel import Field, SQLModel

from registry.catalogue.money_rows import MEASURES
from registry.db import BigId, JSONValue, LongText, Timestamped, UTCDateTime

VISIBILITIES = ("public", "members", "private")

SortText = String(100).with_variant(String(100, collation="C"), "postgresql")
"""Folded text to sort by (catalogue/rows.py: sort_key), compared by code point so that both engines agree."""


def _cluster_indexes(table: str) -> list[Index]:
    # Few records stand in a cluster: these indexes hold only them.
    return [
        Index(f"ix_{table}_{name}", name, sqlite_where=text(f"{name} IS NOT NULL"),
              postgresql_where=text(f"{name} IS NOT NULL"))
        for name in ("cluster_id", "lead_id")
    ]  # fmt: skip


class Clustered(SQLModel):
    """Columns of records of which several may be the same (catalogue/same_as/clusters.py keeps them)."""

    cluster_id: int | None = Field(default=None, sa_type=BigId)
    """The smallest id of the records that are the same as this one; null: it stands alone."""
    lead_id: int | None = Field(default=None, sa_type=BigId)
    """The record that stands for this one in lists and totals; null: it stands there itself."""
    sources: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    """How many records it stands for, itself included."""


class Meta(SQLModel, table=True):
    """Facts about this registry itself: its id, epoch, and whether it holds demonstration data."""

    __tablename__ = "registry_meta"
    key: str = Field(primary_key=True, max_length=50)
    value: str = Field(max_length=500)


class Organisation(Clustered, Timestamped, table=True):
    """A body that gives, does or reports. `kind` is IATI's OrganisationType code."""

    __tablename__ = "organisation"
    __table_args__ = (
        Index("ix_organisation_name", "archived_at", "sort_name", "id"),
        *_cluster_indexes("organisation"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    name: str = Field(max_length=500)
    sort_name: str = Field(default="", sa_type=SortText)
    names: dict[str, Any] = Field(default_factory=dict, sa_type=JSONValue)
    """language → name"""
    acronym: str | None = Field(default=None, max_length=40)
    kind: str | None = Field(default=None, max_length=4)
    state: str | None = Field(default=None, max_length=3)
    """Alpha-3 of the State it belongs to or sits in, where known."""
    description: str = Field(default="", sa_type=LongText)
    website: str | None = Field(default=None, max_length=500)
    source: str = Field(default="person", max_length=100)
    """`person`, `feed:<id>` …: where the record came from first."""
    archived_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class OrganisationIdentifier(SQLModel, table=True):
    """An identifier an organisation goes by (`XM-DAC-41114`), unique over all organisations."""

    __tablename__ = "organisation_identifier"
    __table_args__ = (UniqueConstraint("value"), {"sqlite_autoincrement": True})
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    organisation_id: int = Field(foreign_key="organisation.id", index=True, sa_type=BigId)
    value: str = Field(max_length=200)


class Programme(Clustered, Timestamped, table=True):
    """The narrow row of a programme: what lists, sorts and totals need. Amounts are USD cents, null = unknown."""

    __tablename__ = "programme"
    __table_args__ = (
        CheckConstraint(f"visibility IN {VISIBILITIES}", name="visibility"),
        CheckConstraint("start_date IS NULL OR length(start_date) = 10", name="start_date"),
        CheckConstraint("end_date IS NULL OR length(end_date) = 10", name="end_date"),
        # The lists' keyset orders, over what is in force.
        Index("ix_programme_updated", "archived_at", "updated_at", "id"),
        Index("ix_programme_start", "archived_at", "start_date", "id"),
        Index("ix_programme_title", "archived_at", "sort_title", "id"),
        Index("ix_programme_budget", "archived_at", "budget_usd", "id"),
        # Counting what somebody may see reads this index alone.
        Index("ix_programme_visibility", "archived_at", "lead_id", "visibility"),
        *_cluster_indexes("programme"),
        # A record of another registry is here once, by whichever way it came.
        Index("uq_programme_origin", "origin_registry", "origin_id", unique=True),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    iati_identifier: str = Field(max_length=500, index=True)
    derived_identifier: bool = Field(default=False)
    """The source gave none: made from reporting organisation, title, dates and countries."""
    title: str = Field(sa_type=LongText)
    sort_title: str = Field(default="", sa_type=SortText)
    title_language: str = Field(default="en", max_length=10)
    status: str | None = Field(default=None, max_length=4)
    """IATI ActivityStatus code."""
    start_date: str | None = Field(default=None, max_length=10)
    """ISO date: the actual start, else the planned one."""
    end_date: str | None = Field(default=None, max_length=10)
    reporting_organisation_id: int | None = Field(
        default=None, foreign_key="organisation.id", index=True, sa_type=BigId
    )
    reporting_name: str = Field(default="", max_length=500)
    countries: str = Field(default="", max_length=500)
    """Space-separated alpha-3 codes, largest share first: for lists, not for filtering (see ProgrammeFacet)."""
    themes: str = Field(default="", max_length=500)
    """Space-separated theme ids."""
    default_currency: str | None = Field(default=None, max_length=3)
    budget_usd: int | None = Field(default=None, sa_type=BigId)
    commitment_usd: int | None = Field(default=None, sa_type=BigId)
    disbursement_usd: int | None = Field(default=None, sa_type=BigId)
    """Disbursements and expenditures (IATI types 3 and 4)."""
    relevance: str = Field(default="person", max_length=300)
    """Why it is in this catalogue: `code 15240 + text "armes légères"`, `scope all`, `person`."""
    visibility: str = Field(default="public", max_length=10)
    source: str = Field(default="person", max_length=50)
    """`feed:<id>` or `person`."""
    by_reporter: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Entered or changed here by somebody of the reporting organisation, or who reports for it (mandates.py)"""
    source_updated_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    archived_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    archived_reason: str | None = Field(default=None, max_length=300)
    origin_registry: str | None = Field(default=None, max_length=36)
    """Of a record that came from another registry: where it was entered (events/origin.py); null: here"""
    origin_id: int | None = Field(default=None, sa_type=BigId)
    origin_generation: int | None = Field(default=None, sa_type=BigId)
    origin_version: int | None = None
    """The version there that this one is, or that said the same"""


class ProgrammeDocument(SQLModel, table=True):
    """The whole content of a programme as its source gave it: JSON text, form in docs/programme-document.md."""

    __tablename__ = "programme_document"
    programme_id: int = Field(
        sa_column=Column(BigId, ForeignKey("programme.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    )
    document: str = Field(sa_type=LongText)
    source_run_id: int | None = Field(default=None, sa_type=BigId)
    read_at: datetime = Field(sa_type=UTCDateTime)


class ProgrammeOverride(SQLModel, table=True):
    """A person's value for one top-level field of the document: it wins over every feed until released."""

    __tablename__ = "programme_override"
    __table_args__ = (UniqueConstraint("programme_id", "field"), {"sqlite_autoincrement": True})
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    programme_id: int = Field(foreign_key="programme.id", index=True, sa_type=BigId)
    field: str = Field(max_length=60)
    value: str = Field(sa_type=LongText)
    """JSON text"""
    seen: str | None = Field(default=None, sa_type=LongText)
    """JSON text: what the source said when the person wrote this; something new there is a conflict to be decided"""
    user_id: int | None = Field(default=None, foreign_key="user_account.id", sa_type=BigId)
    at: datetime = Field(sa_type=UTCDateTime)


class ProgrammeFacet(SQLModel, table=True):
    """One value of one facet of one programme: theme, country, region, organisation, status, year, source, marker.

    `share` is the part 0..1 of the programme that falls to a country, null where the source does not say.
    """

    __tablename__ = "programme_facet"
    __table_args__ = (Index("ix_programme_facet_value", "facet", "value", "programme_id"), {"sqlite_with_rowid": False})
    programme_id: int = Field(
        sa_column=Column(BigId, ForeignKey("programme.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    )
    facet: str = Field(primary_key=True, max_length=20)
    value: str = Field(primary_key=True, max_length=200)
    share: float | None = Field(default=None)
    name: str | None = Field(default=None, max_length=500)
    """Of an organisation without an identifier: its name as the programme writes it"""


class ProgrammeFlow(SQLModel, table=True):
    """What one donor gives for one theme in one State through one programme, in US cents (catalogue/money_rows.py).

    Kept for programmes in force; sums are made from these rows and never from documents.
    """

    __tablename__ = "programme_flow"
    __table_args__ = (Index("ix_programme_flow_state", "state", "programme_id"), {"sqlite_with_rowid": False})
    programme_id: int = Field(
        sa_column=Column(BigId, ForeignKey("programme.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    )
    donor: str = Field(primary_key=True, max_length=200)
    """The organisation's number, or `name:` and its folded name (as in ProgrammeFacet); empty: not said"""
    theme: str = Field(primary_key=True, max_length=200)
    state: str = Field(primary_key=True, max_length=3)
    name: str = Field(default="", max_length=500)
    """The donor as the document writes it"""
    budget_usd: int | None = Field(default=None, sa_type=BigId)
    commitment_usd: int | None = Field(default=None, sa_type=BigId)
    disbursement_usd: int | None = Field(default=None, sa_type=BigId)


class ProgrammeKin(SQLModel, table=True):
    """A programme that this one says it is a part of (`kind` 1), or that is a part of it (2), as in IATI."""

    __tablename__ = "programme_kin"
    __table_args__ = (Index("ix_programme_kin_ref", "ref", "kind", "programme_id"), {"sqlite_with_rowid": False})
    programme_id: int = Field(
        sa_column=Column(BigId, ForeignKey("programme.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    )
    ref: str = Field(primary_key=True, max_length=500)
    kind: str = Field(primary_key=True, max_length=1)


class ProgrammeLeftOut(SQLModel, table=True):
    """An amount that no sum takes, because another record holds the same money (catalogue/left_out.py)."""

    __tablename__ = "programme_left_out"
    __table_args__ = (
        CheckConstraint(f"measure IN {MEASURES}", name="measure"),
        CheckConstraint("reason IN ('part', 'passed_on')", name="reason"),
        Index("ix_programme_left_out_measure", "measure", "programme_id"),
        Index("ix_programme_left_out_counted", "counted_id"),
        {"sqlite_with_rowid": False},
    )
    programme_id: int = Field(
        sa_column=Column(BigId, ForeignKey("programme.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    )
    measure: str = Field(primary_key=True, max_length=12)
    reason: str = Field(max_length=10)
    """`part`: of the programme `counted_id`; `passed_on`: the source says that it is counted where it came in"""
    counted_id: int | None = Field(default=None, sa_type=BigId)


class KeptAnswer(SQLModel, table=True):
    """A count or sum that web processes share until the catalogue changes (catalogue/counting.py)."""

    __tablename__ = "kept_answer"
    key: str = Field(primary_key=True, max_length=64)
    """SHA-256 of what is counted and for whom"""
    version: int = Field(sa_type=BigId)
    """Of the catalogue, see events/versions.py"""
    made_at: datetime = Field(sa_type=UTCDateTime, index=True)
    seconds: float
    """What it took to make"""
    value: str = Field(sa_type=LongText)
    """JSON"""


class Revision(SQLModel, table=True):
    """What one version of a record changed: the history of needs, offers, programmes, assessments …"""

    __tablename__ = "revision"
    __table_args__ = (Index("ix_revision_record", "kind", "record_id", "version"), {"sqlite_autoincrement": True})
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    kind: str = Field(max_length=30)
    record_id: int = Field(sa_type=BigId)
    version: int
    at: datetime = Field(sa_type=UTCDateTime)
    actor: str = Field(max_length=200)
    changes: str = Field(sa_type=LongText)
    """JSON: field → [before, after]"""


class StateFact(SQLModel, table=True):
    """A yes/no fact about a State that decides applicability (`manufactures`, `imports` …), with its source."""

    __tablename__ = "state_fact"
    __table_args__ = (UniqueConstraint("state", "fact"), {"sqlite_autoincrement": True})
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    state: str = Field(max_length=3)
    fact: str = Field(max_length=60)
    value: bool | None = None
    source: str = Field(max_length=500)
    checked: bool = Field(default=False)
    updated_at: datetime = Field(sa_type=UTCDateTime)


class PublishedAnswers(SQLModel, table=True):
    """How many clauses of a standard a State's latest published assessment answers: for donors' conditions."""

    __tablename__ = "published_answers"
    state: str = Field(primary_key=True, max_length=3)
    standard: str = Field(primary_key=True, max_length=60)
    answers: int
    published_at: datetime = Field(sa_type=UTCDateTime)


class Participation(Timestamped, table=True):
    """A State's act towards an instrument: signature, ratification, accession, withdrawal, report filed …"""

    __tablename__ = "participation"
    __table_args__ = (
        UniqueConstraint("state", "instrument", "act", "on"),
        # A NULL equals nothing, so the constraint above lets acts without a day stand twice.
        Index(
            "uq_participation_undated", "state", "instrument", "act", unique=True,
            sqlite_where=text('"on" IS NULL'), postgresql_where=text('"on" IS NULL'),
        ),
        {"sqlite_autoincrement": True},
    )  # fmt: skip
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    state: str = Field(max_length=3, index=True)
    instrument: str = Field(max_length=60, index=True)
    """Standard id: `att`, `poa` …"""
    act: str = Field(max_length=30)
    """One of registry.catalogue.acts.ACTS"""
    on: date | None = None
    source: str = Field(max_length=500)
    reservation: str = Field(default="", max_length=2000)
    """Reservation or declaration made with it, in a few words"""
    checked: bool = Field(default=False)
    """Whether a coordinator compared it with its source; who, and when"""
    checked_by: int | None = Field(default=None, foreign_key="user_account.id", sa_type=BigId)
    checked_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
