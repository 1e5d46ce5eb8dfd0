"""Series and observations: begun, planned, observed, corrected, taken back. Only the State writes its own."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from registry.accounts import audit, policy
from registry.accounts.actor import Actor
from registry.accounts.finding import visible_one
from registry.catalogue.history import Changes, changes_between, record_revision
from registry.compliance.indicators.definitions import get_indicator
from registry.compliance.indicators.judging import judge_observation, judge_plan
from registry.compliance.indicators.models import Observation, Series
from registry.compliance.indicators.schemas import ObservationsForm, PlanForm, SeriesForm
from registry.db import touch, utcnow
from registry.errors import N_, Conflict, InvalidInput, NotFound
from registry.events.outbox import Audience, Change, emit
from registry.schemas import load

PLAN = ("visibility", "baseline", "baseline_on", "target", "target_on", "note")
MISSING = N_("There is no such series.")
MOST = 5000
"""Observations of one series"""


def get_series(session: Session, actor: Actor, series_id: int, *, lock: bool = False) -> Series:
    """Raises NotFound, also where the caller may not know of it."""
    return visible_one(session, actor, Series, series_id, MISSING, lock=lock)


def find_series(session: Session, actor: Actor, state: str, indicator: str) -> Series | None:
    """A State's series of an indicator, where there is one that the caller may see."""
    found: Series | None = session.scalar(
        select(Series).where(
            col(Series.state) == state, col(Series.indicator) == indicator, policy.visible(actor, Series)
        )
    )
    return found


def begin(session: Session, actor: Actor, data: Mapping[str, Any], now: datetime | None = None) -> Series:
    """Begin a State's series of an indicator (SeriesForm). Raises InvalidInput, NotAllowed, Conflict."""
    form, now = load(SeriesForm(), data), now or utcnow()
    state = form["state"] or actor.state
    if state is None:
        raise InvalidInput({"state": [N_("This is needed.")]})
    try:
        indicator = get_indicator(session, form["indicator"])
    except NotFound as error:
        raise InvalidInput({"indicator": [str(error)]}) from None
    series = Series(
        state=state, indicator=indicator.id, created_by=actor.user_id, created_at=now, updated_at=now, **_plan(form)
    )
    policy.require(actor, "indicator.write", series)
    judge_plan(indicator, form)
    try:
        with session.begin_nested():
            session.add(series)
    except IntegrityError:
        # Somebody began it between our look and our insert, or long ago.
        raise Conflict(N_("This State has a series of this indicator already: change that one.")) from None
    _note(session, actor, series, "create", changes_between({}, _plan(form)), now, None)
    return series


def plan(
    session: Session,
    actor: Actor,
    series_id: int,
    data: Mapping[str, Any],
    expected_version: int | None,
    now: datetime | None = None,
) -> Series:
    """Set baseline, target, visibility and note (PlanForm; what is left out stays). Raises what `begin` does,
    VersionMismatch and NotFound.
    """
    now = now or utcnow()
    series = get_series(session, actor, series_id, lock=True)
    policy.require(actor, "indicator.write", series)
    before = _plan_of(series)
    written = {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in before.items()}
    form = load(PlanForm(), {**written, **data})
    judge_plan(get_indicator(session, series.indicator), form)
    changes = changes_between(before, _plan(form))
    if not changes and expected_version in (None, series.version):
        return series
    audience = Audience(series.visibility, series.state)
    touch(series, expected_version, now)
    for name, value in _plan(form).items():
        setattr(series, name, value)
    session.add(series)
    _note(session, actor, series, "update", changes, now, audience)
    return series


def observe(
    session: Session,
    actor: Actor,
    series_id: int,
    data: Mapping[str, Any],
    expected_version: int | None = None,
    now: datetime | None = None,
) -> Series:
    """Enter observations (ObservationsForm), all or none; one of the same period and group is replaced.

    Raises InvalidInput (`observations.<n>.…`), NotAllowed, NotFound, VersionMismatch.
    """
    now = now or utcnow()
    series = get_series(session, actor, series_id, lock=True)
    policy.require(actor, "indicator.write", series)
    form = load(ObservationsForm(), data)
    indicator = get_indicator(session, series.indicator)
    rows = [
        judge_observation(indicator, item, f"observations.{number}.")
        for number, item in enumerate(form["observations"])
    ]
    _refuse_twice(rows)
    known = {_key(item): item for item in observations_of(session, series)}
    new = [row for row in rows if _key_of(row) not in known]
    if len(known) + len(new) > MOST:
        raise InvalidInput({"observations": [f"A series holds at most {MOST:,} observations."]})
    changes: Changes = {}
    for row in rows:
        before = known.get(_key_of(row))
        change = changes_between(_figures(before) if before else {}, _shown(row))
        if not change:
            continue
        changes[_name(row)] = [_figures(before) if before else None, _shown(row)]
        target = before or Observation(series_id=series.id or 0, **row)
        for name, value in row.items():
            setattr(target, name, value)
        session.add(target)
    if changes:
        touch(series, expected_version, now)
        session.add(series)
        _note(session, actor, series, "observe", changes, now, None)
    return series


def take_back(
    session: Session,
    actor: Actor,
    series_id: int,
    observation_id: int,
    expected_version: int | None,
    now: datetime | None = None,
) -> Series:
    """Take an observation out; the history keeps it. Raises NotFound, NotAllowed, VersionMismatch."""
    now = now or utcnow()
    series = get_series(session, actor, series_id, lock=True)
    policy.require(actor, "indicator.write", series)
    found = session.get(Observation, observation_id)
    if found is None or found.series_id != series.id:
        raise NotFound(N_("There is no such observation."))
    touch(series, expected_version, now)
    before = _figures(found)
    name = _name({column: getattr(found, column) for column in ("period_start", "period_end", "breakdown")})
    session.delete(found)
    session.add(series)
    _note(session, actor, series, "take_back", {name: [before, None]}, now, None)
    return series


def observations_of(session: Session, series: Series) -> Sequence[Observation]:
    """Latest period first, the whole before its groups."""
    return session.scalars(
        select(Observation)
        .where(col(Observation.series_id) == series.id)
        .order_by(col(Observation.period_end).desc(), col(Observation.period_start).desc(), Observation.breakdown)
    ).all()


def _refuse_twice(rows: Sequence[Mapping[str, Any]]) -> None:
    seen: set[tuple[Any, ...]] = set()
    for number, row in enumerate(rows):
        if _key_of(row) in seen:
            raise InvalidInput({f"observations.{number}": [N_("This period and group stands here twice.")]})
        seen.add(_key_of(row))


def _key_of(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["period_start"], row["period_end"], row["breakdown"]


def _key(observation: Observation) -> tuple[Any, ...]:
    return observation.period_start, observation.period_end, observation.breakdown


def _name(row: Mapping[str, Any]) -> str:
    """How the history names an observation."""
    breakdown = f" {row['breakdown']}" if row["breakdown"] else ""
    return f"{row['period_start']}/{row['period_end']}{breakdown}"


FIGURES = ("value", "numerator", "denominator", "quality", "source")


def _figures(observation: Observation) -> dict[str, Any]:
    return {name: getattr(observation, name) for name in FIGURES}


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in FIGURES}


def _plan(form: Mapping[str, Any]) -> dict[str, Any]:
    return {name: form[name] if name != "note" else form[name] or "" for name in PLAN}


def _plan_of(series: Series) -> dict[str, Any]:
    return {name: getattr(series, name) for name in PLAN}


def _note(
    session: Session,
    actor: Actor,
    series: Series,
    act: str,
    changes: Changes,
    now: datetime,
    before: Audience | None,
) -> None:
    session.flush()
    record_id = series.id or 0
    written = {
        name: [value.isoformat() if hasattr(value, "isoformat") else value for value in pair]
        for name, pair in changes.items()
    }
    record_revision(session, actor, "indicator_series", record_id, series.version, written, now)
    summary = {"state": series.state, "indicator": series.indicator}
    kind = "indicator.created" if act == "create" else "indicator.updated"
    told = Change(
        kind, "indicator_series", record_id, series.version, summary, series.visibility, series.state, before=before
    )
    emit(session, told, at=now)
    audit.record(session, actor, f"indicator.{act}", f"indicator_series:{record_id}", **summary)
