"""Tables of indicators: a State's series, and what was observed. No behaviour. Numbers are decimals, kept as text."""

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from registry.db import BigId, JSONValue, LongText, Timestamped

QUALITIES = ("final", "provisional", "estimate")


class Series(Timestamped, table=True):
    """One indicator of one State: where it began, where it is to be by when, and who may see it."""

    __tablename__ = "indicator_series"
    __table_args__ = (
        UniqueConstraint("state", "indicator"),
        Index("ix_indicator_series_list", "updated_at", "id"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    state: str = Field(max_length=3)
    indicator: str = Field(max_length=125, index=True)
    visibility: str = Field(default="members", max_length=10)
    baseline: str | None = Field(default=None, max_length=40)
    baseline_on: date | None = None
    target: str | None = Field(default=None, max_length=40)
    target_on: date | None = None
    note: str = Field(default="", sa_type=LongText)
    created_by: int | None = Field(default=None, foreign_key="user_account.id", sa_type=BigId)


class Observation(SQLModel, table=True):
    """What was counted in a period, as a whole or for one group of it."""

    __tablename__ = "indicator_observation"
    __table_args__ = (
        UniqueConstraint("series_id", "period_start", "period_end", "breakdown", name="uq_indicator_observation_group"),
        CheckConstraint("period_start <= period_end", name="period"),
        CheckConstraint(f"quality IN {QUALITIES}", name="quality"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    series_id: int = Field(foreign_key="indicator_series.id", index=True, sa_type=BigId)
    period_start: date
    period_end: date
    breakdown: str = Field(default="", max_length=300)
    """`age=18-29;sex=female`, dimensions in alphabetical order; empty: the whole"""
    dimensions: dict[str, Any] = Field(default_factory=dict, sa_type=JSONValue)
    value: str | None = Field(default=None, max_length=40)
    """None where it is a share: numerator over denominator"""
    numerator: str | None = Field(default=None, max_length=40)
    denominator: str | None = Field(default=None, max_length=40)
    quality: str = Field(default="final", max_length=12)
    source: str = Field(default="", max_length=500)
