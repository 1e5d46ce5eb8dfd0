"""Tables of matching: needs, offers, the pairs found. No behaviour. Amounts are integers in minor units."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from registry.catalogue.models import VISIBILITIES
from registry.db import BigId, JSONValue, LongText, Timestamped, UTCDateTime

ASSISTANCE_TYPES = ("funding", "expertise", "equipment", "training")
NEED_STATUSES = ("draft", "open", "withdrawn", "expired", "closed")
OFFER_STATUSES = ("draft", "open", "withdrawn", "expired", "closed")
PRIORITIES = ("low", "medium", "high", "urgent")
PARTY_KINDS = ("person", "entity")


class Need(Timestamped, table=True):
    """What a State says it needs. Lines hold what exactly; the ledger is derived from rows, never typed."""

    __tablename__ = "need"
    __table_args__ = (
        CheckConstraint(f"status IN {NEED_STATUSES}", name="status"),
        CheckConstraint(f"visibility IN {VISIBILITIES}", name="visibility"),
        CheckConstraint(f"priority IN {PRIORITIES}", name="priority"),
        CheckConstraint("window_end IS NULL OR window_start IS NULL OR window_end > window_start", name="window"),
        CheckConstraint(
            "min_viable_share IS NULL OR (min_viable_share >= 0 AND min_viable_share <= 1)", name="min_viable_share"
        ),
        Index("ix_need_list", "status", "updated_at", "id"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    reference: str | None = Field(default=None, max_length=60, unique=True)
    """The owner's own reference, by which an import finds the need again."""
    state: str = Field(max_length=3, index=True)
    title: str = Field(max_length=300)
    description: str = Field(default="", sa_type=LongText)
    language: str = Field(default="en", max_length=10)
    """Of title and description."""
    priority: str = Field(default="medium", max_length=10)
    window_start: date | None = None
    window_end: date | None = None
    min_viable_share: float | None = None
    endorsing_authority: str | None = Field(default=None, max_length=300)
    partner_wished: str | None = Field(default=None, max_length=300)
    status: str = Field(default="draft", max_length=12)
    visibility: str = Field(default="members", max_length=10)
    """Requests are for members unless the State publishes (DOMAIN §0.4: visibility is asymmetric by default)."""
    opened_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    status_reason: str | None = Field(default=None, max_length=500)
    created_by: int | None = Field(default=None, foreign_key="user_account.id", sa_type=BigId)
    matched_version: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """The version that the table of pairs was last made for: another one waits to be matched (following.py)."""


class NeedLine(SQLModel, table=True):
    """One typed line of a need: an amount of money or a quantity of things."""

    __tablename__ = "need_line"
    __table_args__ = (
        CheckConstraint(f"type IN {ASSISTANCE_TYPES}", name="type"),
        CheckConstraint("amount IS NULL OR amount > 0", name="amount"),
        CheckConstraint("quantity IS NULL OR quantity > 0", name="quantity"),
        CheckConstraint("(amount IS NULL) = (currency IS NULL)", name="currency"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    need_id: int = Field(foreign_key="need.id", index=True, sa_type=BigId)
    position: int = Field(default=0)
    type: str = Field(max_length=12)
    description: str = Field(default="", max_length=500)
    amount: int | None = Field(default=None, sa_type=BigId)
    currency: str | None = Field(default=None, max_length=3)
    value_date: date | None = None
    quantity: int | None = Field(default=None, sa_type=BigId)
    unit: str | None = Field(default=None, max_length=60)


class NeedTheme(SQLModel, table=True):
    __tablename__ = "need_theme"
    need_id: int = Field(primary_key=True, foreign_key="need.id", sa_type=BigId)
    theme: str = Field(primary_key=True, max_length=40, index=True)


class NeedRequirement(SQLModel, table=True):
    """The link gap → need: the clause of a standard that meeting this need would close."""

    __tablename__ = "need_requirement"
    __table_args__ = (UniqueConstraint("need_id", "standard", "clause"), {"sqlite_autoincrement": True})
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    need_id: int = Field(foreign_key="need.id", index=True, sa_type=BigId)
    standard: str = Field(max_length=60)
    clause: str = Field(max_length=60)
    assessment_id: int | None = Field(default=None, foreign_key="assessment.id", index=True, sa_type=BigId)


class Offer(Timestamped, table=True):
    """What a donor or agency can give. Offers are public unless their owner says otherwise."""

    __tablename__ = "offer"
    __table_args__ = (
        CheckConstraint(f"status IN {OFFER_STATUSES}", name="status"),
        CheckConstraint(f"visibility IN {VISIBILITIES}", name="visibility"),
        CheckConstraint("budget IS NULL OR budget > 0", name="budget"),
        CheckConstraint(
            "(budget IS NULL AND min_grant IS NULL AND max_grant IS NULL) OR currency IS NOT NULL", name="currency"
        ),
        CheckConstraint("min_grant IS NULL OR max_grant IS NULL OR min_grant <= max_grant", name="grants"),
        CheckConstraint("window_end IS NULL OR window_start IS NULL OR window_end > window_start", name="window"),
        Index("ix_offer_list", "status", "updated_at", "id"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    reference: str | None = Field(default=None, max_length=60, unique=True)
    organisation_id: int = Field(foreign_key="organisation.id", index=True, sa_type=BigId)
    title: str = Field(max_length=300)
    description: str = Field(default="", sa_type=LongText)
    language: str = Field(default="en", max_length=10)
    budget: int | None = Field(default=None, sa_type=BigId)
    min_grant: int | None = Field(default=None, sa_type=BigId)
    max_grant: int | None = Field(default=None, sa_type=BigId)
    currency: str | None = Field(default=None, max_length=3)
    value_date: date | None = None
    window_start: date | None = None
    window_end: date | None = None
    conditions: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONValue)
    """[{"kind": "participates", "instrument": "att"} | {"kind": "reported", "instrument": "poa", "within_months": 24}
    | {"kind": "answered", "instrument": "poa", "at_least": 30}]
    """
    status: str = Field(default="draft", max_length=12)
    visibility: str = Field(default="public", max_length=10)
    expires_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """Offers go stale: renewed by their owner or expired by the clock."""
    opened_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    status_reason: str | None = Field(default=None, max_length=500)
    created_by: int | None = Field(default=None, foreign_key="user_account.id", sa_type=BigId)
    matched_version: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """The version that the table of pairs was last made for: another one waits to be matched (following.py)."""


class OfferTheme(SQLModel, table=True):
    __tablename__ = "offer_theme"
    offer_id: int = Field(primary_key=True, foreign_key="offer.id", sa_type=BigId)
    theme: str = Field(primary_key=True, max_length=40, index=True)


class OfferType(SQLModel, table=True):
    __tablename__ = "offer_type"
    offer_id: int = Field(primary_key=True, foreign_key="offer.id", sa_type=BigId)
    type: str = Field(primary_key=True, max_length=12)


class OfferPlace(SQLModel, table=True):
    """A State (alpha-3) or an M49 region (three digits) the offer is for; none at all = worldwide."""

    __tablename__ = "offer_place"
    offer_id: int = Field(primary_key=True, foreign_key="offer.id", sa_type=BigId)
    place: str = Field(primary_key=True, max_length=3)


class Match(SQLModel, table=True):
    """An eligible pair with its score and why; recomputed when either side changes. Score 0..1."""

    __tablename__ = "match"
    __table_args__ = (
        UniqueConstraint("need_id", "offer_id"),
        Index("ix_match_need_rank", "need_id", "score"),
        Index("ix_match_offer_rank", "offer_id", "score"),
        CheckConstraint("score >= 0 AND score <= 1", name="score"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    need_id: int = Field(foreign_key="need.id", sa_type=BigId)
    offer_id: int = Field(foreign_key="offer.id", sa_type=BigId)
    score: float
    parts: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONValue)
    """[{"feature", "value" 0..1, "weight", "points", "evidence": {"need": …, "offer": …}}]; points sum to score"""
    weights_version: str = Field(max_length=20)
    computed_at: datetime = Field(sa_type=UTCDateTime)


class ListedParty(Timestamped, table=True):
    """A person or entity on a sanctions list, as its feed says: for screening. Delisted: archived, never deleted."""

    __tablename__ = "listed_party"
    __table_args__ = (
        CheckConstraint(f"kind IN {PARTY_KINDS}", name="kind"),
        Index("ix_listed_party_name", "sort_name", "id"),
        Index("ix_listed_party_listed_on", "listed_on", "id"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    source: str = Field(max_length=40, index=True)
    """`feed:<id>`"""
    reference: str = Field(max_length=500, index=True)
    """The list's own: `CDi.001`"""
    kind: str = Field(max_length=10)
    name: str = Field(max_length=500)
    sort_name: str = Field(max_length=100)
    regime: str = Field(default="", max_length=60)
    listed_on: date | None = None
    amended_on: date | None = None
    """Last day on which the list changed the entry"""
    states: str = Field(default="", max_length=500)
    """Alpha-3 of the States that it names, a space between them"""
    document: str = Field(sa_type=LongText)
    """JSON: see docs/listed.md"""
    archived_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    archived_reason: str | None = Field(default=None, max_length=300)


class ExemptionCase(Timestamped, table=True):
    """The checklist of an exemption for one pair and one embargo: confirmed, it lets the pair's flows through."""

    __tablename__ = "exemption_case"
    __table_args__ = (
        UniqueConstraint("need_id", "offer_id", "regime"),
        CheckConstraint("status IN ('open', 'confirmed', 'withdrawn')", name="status"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    need_id: int = Field(foreign_key="need.id", index=True, sa_type=BigId)
    offer_id: int = Field(foreign_key="offer.id", index=True, sa_type=BigId)
    state: str = Field(max_length=3)
    """The need's, beside it: who may see and fill it in"""
    organisation_id: int = Field(foreign_key="organisation.id", sa_type=BigId)
    """The offer's, likewise"""
    regime: str = Field(max_length=60)
    exemption: str = Field(max_length=60)
    """Ids in standards/embargoes.yaml"""
    items: dict[str, Any] = Field(default_factory=dict, sa_type=JSONValue)
    """What the checklist asks for → what was filled in"""
    status: str = Field(default="open", max_length=10)
    status_reason: str | None = Field(default=None, max_length=500)
    confirmed_by: int | None = Field(default=None, foreign_key="user_account.id", sa_type=BigId)
    confirmed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    file_sha256: str = Field(default="", max_length=64)
    """Of the regimes as they were when it was confirmed"""
    judged: dict[str, Any] | None = Field(default=None, sa_type=JSONValue)
    """`types`, `themes`, `words` of the pair when it was confirmed: with more of them it lets nothing through"""
