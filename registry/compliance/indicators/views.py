"""Indicators as people and machines read them: definitions, a series with what its observations come to."""

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue.paging import Sort, keyset, sort_of
from registry.compliance.editions import texts
from registry.compliance.indicators import rules
from registry.compliance.indicators.definitions import Indicator, all_indicators
from registry.compliance.indicators.models import Observation, Series
from registry.compliance.indicators.rules import Observed, Period, Progress

SORTS = {
    "updated_at": Sort((Series.updated_at, Series.id), descending=True),
    "state": Sort((Series.state, Series.id)),
    "indicator": Sort((Series.indicator, Series.id)),
}
STORING, DESTROYING = "surplus-storage-cost", "surplus-destruction-cost"


def definition(indicator: Indicator) -> dict[str, Any]:
    """A definition, texts as language → text."""
    return {
        "id": indicator.id,
        "title": texts(indicator.title),
        "definition": texts(indicator.definition) if indicator.definition else {},
        "numerator": indicator.numerator,
        "denominator": indicator.denominator,
        "unit": indicator.unit,
        "direction": indicator.direction,
        "requirements": [{"standard": slug, "clause": clause} for slug, clause in indicator.requirements],
        "dimensions": list(indicator.dimensions),
        "expected": list(indicator.expected),
        "sdg": indicator.sdg,
        "frequency_months": indicator.frequency_months,
        "source": indicator.source,
        "checked": indicator.checked,
    }


def list_series(
    session: Session,
    actor: Actor,
    filters: Mapping[str, str | None],
    sort: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of the series the caller may see, and the next page's cursor. Filters: `state` (alpha-3), `indicator`."""
    query = select(Series).where(policy.visible(actor, Series))
    for name in ("state", "indicator"):
        if filters.get(name):
            query = query.where(getattr(Series, name) == filters[name])
    page = keyset(session, query, sort_of(sort, SORTS), cursor, limit)
    return describe(session, [row[0] for row in page.rows]), page.next


def count_states(session: Session, actor: Actor) -> dict[str, int]:
    """Indicator → how many States' series of it the caller may see."""
    rows = session.execute(
        select(Series.indicator, func.count())  # type: ignore[call-overload]
        .where(policy.visible(actor, Series))
        .group_by(Series.indicator)
    )
    return {row[0]: row[1] for row in rows}


def describe(session: Session, listed: Sequence[Series]) -> list[dict[str, Any]]:
    """Series with their progress; a series whose indicator is no longer defined is shown without."""
    known = all_indicators(session)
    observed: dict[int, list[Observation]] = {}
    ids = [series.id for series in listed]
    for row in session.scalars(select(Observation).where(col(Observation.series_id).in_(ids))):
        observed.setdefault(row.series_id, []).append(row)
    return [_series(series, known.get(series.indicator), observed.get(series.id or 0, [])) for series in listed]


def _series(series: Series, indicator: Indicator | None, rows: Sequence[Observation]) -> dict[str, Any]:
    listed = periods_of(indicator, rows) if indicator else []
    return {
        **{name: getattr(series, name) for name in ("id", "state", "indicator", "visibility", "version")},
        **{name: getattr(series, name) for name in ("note", "created_at", "updated_at")},
        "unit": indicator.unit if indicator else None,
        "baseline": _point(series.baseline, series.baseline_on),
        "target": _point(series.target, series.target_on),
        "observations": len(rows),
        "periods": [_period(period) for period in listed],
        "progress": _progress(progress_of(series, listed)),
    }


def periods_of(indicator: Indicator, rows: Sequence[Observation]) -> list[Period]:
    """What a series' observations come to, period by period."""
    return rules.periods([_observed(row) for row in rows], indicator.unit, indicator.expected)


def progress_of(series: Series, listed: Sequence[Period]) -> Progress:
    """See rules.progress."""
    return rules.progress(
        listed, _anchor(series.baseline, series.baseline_on), _anchor(series.target, series.target_on)
    )


def observation(row: Observation) -> dict[str, Any]:
    """One observation as it was entered."""
    return {
        "id": row.id,
        "period_start": row.period_start,
        "period_end": row.period_end,
        "groups": row.dimensions,
        **{name: getattr(row, name) for name in ("value", "numerator", "denominator", "quality", "source")},
    }


def surplus_costs(session: Session, actor: Actor, state: str) -> dict[str, Any] | None:
    """Storing a State's surplus against destroying it, from the latest of both; None where one is not known."""
    rows = session.scalars(
        select(Series).where(
            col(Series.state) == state, col(Series.indicator).in_((STORING, DESTROYING)), policy.visible(actor, Series)
        )
    ).all()
    latest = {
        item["indicator"]: item["progress"]["latest"]
        for item in describe(session, rows)
        if item["progress"]["latest"] and item["progress"]["latest"]["value"] is not None
    }
    if len(latest) < 2:
        return None
    found = rules.store_or_destroy(Fraction(latest[STORING]["exact"]), Fraction(latest[DESTROYING]["exact"]))
    even = found.years_to_break_even
    return {
        "storing_per_year_usd": float(found.storing_per_year),
        "storing_ten_years_usd": float(found.storing_ten_years),
        "destroying_usd": float(found.destroying),
        "years_to_break_even": None if even is None else round(float(even), 2),
        "storing_period_end": latest[STORING]["end"],
        "destroying_period_end": latest[DESTROYING]["end"],
    }


def _observed(row: Observation) -> Observed:
    return Observed(
        row.period_start, row.period_end, row.dimensions, _exact(row.value), _exact(row.numerator),
        _exact(row.denominator),
    )  # fmt: skip


def _exact(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)


def _anchor(number: str | None, day: date | None) -> tuple[Fraction, date] | None:
    return None if number is None or day is None else (Fraction(number), day)


def _point(number: str | None, day: date | None) -> dict[str, Any] | None:
    return None if number is None else {"value": float(Fraction(number)), "exact": number, "on": day}


def _period(period: Period) -> dict[str, Any]:
    return {
        "start": period.start,
        "end": period.end,
        "value": None if period.value is None else float(period.value),
        "exact": None if period.value is None else str(period.value),
        "not_applicable": period.not_applicable,
        "summed_over": period.summed_over,
        "exceeding": list(period.exceeding),
        "known": {name: float(share) for name, share in period.known.items()},
    }


def _progress(found: Progress) -> dict[str, Any]:
    return {
        "status": found.status,
        "latest": _period(found.latest) if found.latest else None,
        "gone": None if found.gone is None else float(found.gone),
        "due": None if found.due is None else float(found.due),
        "expected": None if found.expected is None else float(found.expected),
    }
