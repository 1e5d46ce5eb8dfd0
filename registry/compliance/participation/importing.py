"""Participation from files: row by row, each within its own savepoint, so that a bad row takes nobody with it.

The same act with the same day again is a correction of its source or reservation, or nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.catalogue.models import Participation
from registry.catalogue.reference import resolve_state
from registry.catalogue.row_import import NameColumn, import_each, require_known
from registry.catalogue.tabular import ImportReport, Row, RowError
from registry.compliance.participation import service
from registry.compliance.participation.instruments import named, unknown_state
from registry.compliance.participation.schemas import ActForm
from registry.schemas import load

COLUMNS = ("state", "instrument", "act", "on", "source", "reservation")


def import_rows(session: Session, actor: Actor, rows: Iterable[Row], dry_run: bool) -> ImportReport:
    """Store rows; every row is counted once. Raises InvalidInput under `columns` for columns that are not known.

    What is odd but may be so is in the report's `warnings`.
    """
    odd: list[RowError] = []

    def prepare(row: Row) -> tuple[Callable[[], str], NameColumn]:
        return partial(_store, session, actor, row, odd), lambda path: path

    def require(columns: tuple[str, ...]) -> None:
        require_known(columns, COLUMNS, "participation", COLUMNS)

    report = import_each(session, rows, prepare, require, dry_run)
    report.warnings += odd
    return report


def _store(session: Session, actor: Actor, row: Row, odd: list[RowError]) -> str:
    values = row.values
    written = str(values.get("state") or actor.state or "")
    state = resolve_state(written)
    if state is None:
        raise unknown_state(written)
    form = {name: value for name, value in values.items() if name != "state"}
    known = _known(session, state.alpha3, form)
    if known is None:
        entered = service.enter(session, actor, state.alpha3, form)
        odd += [RowError(row.number, "act", message) for message in entered.warnings]
        return "created"
    before = known.version
    given: dict[str, Any] = {name: form[name] for name in ("source", "reservation") if name in form}
    changed = service.change(session, actor, known.id or 0, given, None).row
    return "updated" if changed.version > before else "unchanged"


def _known(session: Session, state: str, form: Mapping[str, Any]) -> Participation | None:
    """The entry that says the same act with the same day, where there is one."""
    said = load(ActForm(), form)
    instrument = named(session, said["instrument"]).id
    for act in service.acts_of(session, state):
        if (act.instrument, act.act, act.on) == (instrument, said["act"], said["on"]):
            return act
    return None
