"""Tables of allocation rounds. No behaviour. Amounts inside the JSON are whole US dollars."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from registry.db import BigId, JSONValue, LongText, Timestamped, UTCDateTime

FAIRNESS_CODES = ("none", "country", "need")
SCENARIO_STATUSES = ("waiting", "solved", "failed")


class Round(Timestamped, table=True):
    """What was to be shared: frozen when the round's work begins, and never changed after."""

    __tablename__ = "allocation_round"
    __table_args__ = ({"sqlite_autoincrement": True},)
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    title: str = Field(max_length=200)
    created_by: int | None = Field(default=None, foreign_key="user_account.id", sa_type=BigId)
    frozen_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    inputs: str | None = Field(default=None, sa_type=LongText)
    """JSON: `problem` as allocation/posing.py says, and `left_out`: {"needs": {id: reason}, "offers": {…}}"""
    inputs_sha256: str | None = Field(default=None, max_length=64)
    weights_version: str | None = Field(default=None, max_length=20)
    needs: int = 0
    """Lines of needs that money is asked for, one for each type of assistance"""
    offers: int = 0
    pairs: int = 0


class Scenario(SQLModel, table=True):
    """One way to share what a round holds."""

    __tablename__ = "allocation_scenario"
    __table_args__ = (
        UniqueConstraint("round_id", "fairness"),
        CheckConstraint(f"fairness IN {FAIRNESS_CODES}", name="fairness"),
        CheckConstraint(f"status IN {SCENARIO_STATUSES}", name="status"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    round_id: int = Field(foreign_key="allocation_round.id", index=True, sa_type=BigId)
    fairness: str = Field(max_length=10)
    status: str = Field(default="waiting", max_length=10)
    reason: str | None = Field(default=None, max_length=500)
    asked_at: datetime = Field(sa_type=UTCDateTime)
    solved_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    applied_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    applied: dict[str, Any] | None = Field(default=None, sa_type=JSONValue)
    """Once its proposals went out: {"proposed": [ids], "skipped": [{need_id, offer_id, type, reason}]}"""
    figures: dict[str, Any] | None = Field(default=None, sa_type=JSONValue)
    """allocation/allocating.py: allocate"""
    result: str | None = Field(default=None, sa_type=LongText)
    """JSON: grants, unmet, unspent, way"""
