"""Tables of the ledger. No behaviour. Amounts are integers in minor units of the proposal's currency."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from registry.db import BigId, LongText, Timestamped, UTCDateTime, utcnow
from registry.matching.ledger.rules import ACTS, SIDES, STATUSES


class Proposal(Timestamped, table=True):
    """That an offer meets a need, in whole or in part. Once both sides accepted it is a commitment.

    `status` says what the steps come to (rules.replay), kept beside them so that lists need not read them.
    """

    __tablename__ = "proposal"
    __table_args__ = (
        CheckConstraint(f"status IN {STATUSES}", name="status"),
        CheckConstraint("amount IS NULL OR amount > 0", name="amount"),
        CheckConstraint("(amount IS NULL) = (currency IS NULL)", name="currency"),
        # What a round proposes, it proposes once.
        UniqueConstraint("round_id", "need_id", "offer_id", "type", name="uq_proposal_round"),
        Index("ix_proposal_need", "need_id", "status"),
        Index("ix_proposal_offer", "offer_id", "status"),
        Index("ix_proposal_list", "updated_at", "id"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    need_id: int = Field(foreign_key="need.id", sa_type=BigId)
    offer_id: int = Field(foreign_key="offer.id", sa_type=BigId)
    state: str = Field(max_length=3, index=True)
    """The need's, beside it: who may see and act"""
    organisation_id: int = Field(foreign_key="organisation.id", index=True, sa_type=BigId)
    """The offer's, likewise"""
    round_id: int | None = Field(default=None, foreign_key="allocation_round.id", sa_type=BigId)
    type: str | None = Field(default=None, max_length=12)
    """Of assistance, where the proposal is for lines of one type"""
    types: str = Field(default="", max_length=60, sa_column_kwargs={"server_default": ""})
    """Types of lines that it may go to, a comma between them: those that both sides shared when it was proposed"""
    amount: int | None = Field(default=None, sa_type=BigId)
    """As it stands, after what was called off of it. None: in kind"""
    first_amount: int | None = Field(default=None, sa_type=BigId)
    """As it was proposed"""
    currency: str | None = Field(default=None, max_length=3)
    usd_cents: int | None = Field(default=None, sa_type=BigId)
    """At the rate of the day it was proposed; None where there is no rate"""
    need_amount: int | None = Field(default=None, sa_type=BigId)
    """The amount in the currency in which the need is counted; None where the need states no amount"""
    need_currency: str | None = Field(default=None, max_length=3)
    rate: str | None = Field(default=None, max_length=40)
    """What one unit of `currency` is worth in `need_currency`: a decimal"""
    rate_date: date | None = None
    rate_source: str | None = Field(default=None, max_length=300)
    status: str = Field(default="proposed", max_length=10)
    score: float | None = None
    """Of the match when it was proposed"""
    weights_version: str | None = Field(default=None, max_length=20)
    programme_id: int | None = Field(default=None, foreign_key="programme.id", index=True, sa_type=BigId)
    agreed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    posted_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """Since when others may see it: nobody objected in time"""
    tended_at: datetime = Field(default_factory=utcnow, sa_type=UTCDateTime, index=True)
    """When somebody was last told that an answer is waited for"""
    flags: str = Field(default="", max_length=200, sa_column_kwargs={"server_default": ""})
    """Reasons that stand against the commitment by now and that no coordinator let pass, a comma between them"""
    asked_met_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """When the State was asked whether the need was met"""


class ProposalStep(SQLModel, table=True):
    """One act of one side: only ever added."""

    __tablename__ = "proposal_step"
    __table_args__ = (
        CheckConstraint(f"act IN {ACTS}", name="act"),
        CheckConstraint(f"side IN {SIDES}", name="side"),
        CheckConstraint("amount IS NULL OR amount > 0", name="amount"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    proposal_id: int = Field(foreign_key="proposal.id", index=True, sa_type=BigId)
    at: datetime = Field(sa_type=UTCDateTime)
    side: str = Field(max_length=8)
    act: str = Field(max_length=10)
    user_id: int | None = Field(default=None, foreign_key="user_account.id", sa_type=BigId)
    reason: str | None = Field(default=None, max_length=20)
    """Code: why it was declined or called off; whether the need was met"""
    text: str = Field(default="", sa_type=LongText)
    amount: int | None = Field(default=None, sa_type=BigId)
    on: date | None = None
    """The day on which it was paid or received"""
    flags: str = Field(default="", max_length=200, sa_column_kwargs={"server_default": ""})
    """Reasons against the pair, a comma between them: those that are flagged, let pass, or stood against a delivery"""
    reverses_id: int | None = Field(default=None, foreign_key="proposal_step.id", sa_type=BigId)
    """The payment or delivery that this entry takes back"""
