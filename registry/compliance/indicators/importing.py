"""Observations from files: row by row, each within its own savepoint, so that a bad row takes nobody with it.

A row of a State and indicator without a series begins one. The same period and group again is a correction.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.catalogue.reference import resolve_state
from registry.catalogue.row_import import NameColumn, import_each, require_known
from registry.catalogue.tabular import ImportReport, Row
from registry.compliance.indicators import service
from registry.compliance.indicators.schemas import DIMENSIONS
from registry.errors import N_, InvalidInput

COLUMNS = (
    "state", "indicator", "year", "period_start", "period_end", *DIMENSIONS, "value", "numerator", "denominator",
    "quality", "source",
)  # fmt: skip


def import_rows(session: Session, actor: Actor, rows: Iterable[Row], dry_run: bool) -> ImportReport:
    """Store rows; every row is counted once. Raises InvalidInput under `columns` for columns that are not known."""

    def prepare(row: Row) -> tuple[Callable[[], str], NameColumn]:
        return partial(_store, session, actor, row.values), _column_of

    def require(columns: tuple[str, ...]) -> None:
        require_known(columns, COLUMNS, "observations", COLUMNS)

    return import_each(session, rows, prepare, require, dry_run)


def _column_of(path: str) -> str:
    return path.removeprefix("observations.0.").removeprefix("groups.")


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
