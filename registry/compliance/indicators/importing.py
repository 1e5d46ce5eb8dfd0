"""Observations from files: row by row, each within its own savepoint, so that a bad row takes nobody with it.

A row of a State and indicator without a series begins one. The same period and group again is a correction.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlmodel import Session

from registry.accounts import audit
from registry.accounts.actor import Actor
from registry.catalogue.reference import resolve_state
from registry.catalogue.tabular import ImportReport, Row
from registry.compliance.indicators import service
from registry.compliance.indicators.schemas import DIMENSIONS
from registry.errors import N_, InvalidInput, RegistryError

COLUMNS = (
    "state", "indicator", "year", "period_start", "period_end", *DIMENSIONS, "value", "numerator", "denominator",
    "quality", "source",
)  # fmt: skip


def import_rows(session: Session, actor: Actor, rows: Iterable[Row], dry_run: bool) -> ImportReport:
    """Store rows; every row is counted once. Raises InvalidInput under `columns` for columns that are not known."""
    report = ImportReport()
    mark = audit.pending(session)
    whole = session.begin_nested()
    checked: tuple[str, ...] = ()
    for row in rows:
        if row.columns is not checked:
            _require_known(row.columns)
            checked = row.columns
        _import_row(session, actor, row, report)
    if dry_run:
        whole.rollback()
        audit.forget_since(session, mark)
    else:
        whole.commit()
    return report


def _require_known(columns: Iterable[str]) -> None:
    unknown = [name for name in columns if name not in COLUMNS]
    if unknown:
        names = ", ".join(f"“{name}”" for name in unknown)
        raise InvalidInput({"columns": [f"Not columns of observations: {names}. Columns are: {', '.join(COLUMNS)}."]})


def _import_row(session: Session, actor: Actor, row: Row, report: ImportReport) -> None:
    if row.problem:
        report.refuse(row.number, [("", row.problem)])
        return
    mark = audit.pending(session)
    savepoint = session.begin_nested()
    try:
        outcome = _store(session, actor, row.values)
        savepoint.commit()
    except RegistryError as error:
        # One bad row among many: its reason goes into the report, the others go on.
        savepoint.rollback()
        audit.forget_since(session, mark)
        report.refuse(row.number, _reasons(error))
    else:
        report.count(outcome)


def _reasons(error: RegistryError) -> list[tuple[str, str]]:
    if isinstance(error, InvalidInput):
        return [
            (path.removeprefix("observations.0.").removeprefix("groups."), message)
            for path, messages in error.fields.items()
            for message in messages
        ]
    return [("", str(error))]


def _store(session: Session, actor: Actor, values: Mapping[str, Any]) -> str:
    written = str(values.get("state") or actor.state or "")
    state = resolve_state(written)
    if state is None:
        raise InvalidInput({"state": [N_("This is not a State: write its ISO code, for example KEN.")]})
    name = str(values.get("indicator") or "")
    series = service.find_series(session, actor, state.alpha3, name)
    if series is None:
        series = service.begin(session, actor, {"state": state.alpha3, "indicator": name})
    before = len(service.observations_of(session, series))
    version = series.version
    service.observe(session, actor, series.id or 0, {"observations": [_observation(values)]})
    if series.version == version:
        return "unchanged"
    return "created" if len(service.observations_of(session, series)) > before else "updated"


def _observation(values: Mapping[str, Any]) -> dict[str, Any]:
    found = {
        name: values[name] for name in ("value", "numerator", "denominator", "quality", "source") if name in values
    }
    found["groups"] = {name: values[name] for name in DIMENSIONS if values.get(name)}
    for column, ending in (("period_start", "01-01"), ("period_end", "12-31")):
        if values.get(column):
            found[column] = values[column]
        elif values.get("year"):
            found[column] = f"{values['year']}-{ending}"
    return found
