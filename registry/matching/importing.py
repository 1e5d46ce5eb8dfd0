"""Needs and offers from files: row by row, each within its own savepoint, so that a bad row takes nobody with it.

A row whose `reference` is known changes that record (only what the row says), another one enters a new record; status
`open` publishes it. A dry run is the same code, rolled back at its end.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from registry.accounts import audit
from registry.accounts.actor import Actor
from registry.catalogue.tabular import ImportReport, Row
from registry.errors import N_, InvalidInput, RegistryError
from registry.matching import entries
from registry.matching.columns import (
    NAME_COLUMNS,
    NEED_COLUMNS,
    OFFER_COLUMNS,
    Form,
    NameColumn,
    need_of_row,
    offer_of_row,
)
from registry.matching.entries import Kind
from registry.matching.needs import NEEDS, create_need
from registry.matching.offers import OFFERS, create_offer, with_organisation

SHOWN_ONLY = frozenset(
    {
        "id", "version", "status_reason", "opened_at", "closed_at", "created_at", "updated_at", "state_name", "ledger",
        "organisation_name", "budget_usd_cents", "min_grant_usd_cents", "max_grant_usd_cents", "rate",
    }
)  # fmt: skip
"""What the API shows besides the form: ignored, so that what was exported as JSON can be imported again."""
MATERIAL = ("draft", "open")


@dataclass(frozen=True)
class _Importable:
    kind: Kind
    columns: tuple[str, ...]
    of_row: Callable[[Any], tuple[Form, NameColumn]]
    create: Callable[[Session, Actor, Form], Any]
    shown_only: frozenset[str]


_KINDS = {
    # A need's types are derived from its lines, an offer's are its own.
    "needs": _Importable(NEEDS, NEED_COLUMNS, need_of_row, create_need, SHOWN_ONLY | {"types"}),
    "offers": _Importable(OFFERS, OFFER_COLUMNS, offer_of_row, create_offer, SHOWN_ONLY),
}


def import_rows(session: Session, actor: Actor, kind: str, rows: Iterable[Row], dry_run: bool) -> ImportReport:
    """Store rows of `needs` or `offers`; every row is counted once. At most some 1,000 rows per transaction.

    Raises InvalidInput under `columns` where a table has columns that the kind does not know.
    """
    what = _KINDS[kind]
    report = ImportReport()
    seen: dict[str, int] = {}
    mark = audit.pending(session)
    whole = session.begin_nested()
    checked: tuple[str, ...] = ()
    for row in rows:
        if row.columns is not checked:
            _require_known(row.columns, what.columns, kind)
            checked = row.columns
        _import_row(session, actor, what, row, seen, report)
    if dry_run:
        whole.rollback()
        audit.forget_since(session, mark)
    else:
        whole.commit()
    return report


def _require_known(columns: tuple[str, ...], known: tuple[str, ...], kind: str) -> None:
    unknown = [name for name in columns if name not in known and name not in NAME_COLUMNS]
    if unknown:
        usual = [name for name in known if not name[-1].isdigit() or name.endswith("_1")]
        names = ", ".join(f"“{name}”" for name in unknown)
        raise InvalidInput({"columns": [f"Not columns of {kind}: {names}. Columns are: {', '.join(usual)}."]})


def _import_row(
    session: Session, actor: Actor, what: _Importable, row: Row, seen: dict[str, int], report: ImportReport
) -> None:
    if row.problem:
        report.refuse(row.number, [("", row.problem)])
        return
    form, name_column = what.of_row(row.values) if row.columns else (_plain(what, row.values), str)
    mark = audit.pending(session)
    savepoint = session.begin_nested()
    try:
        reference = _reference(form, seen, row.number)
        outcome = _store(session, actor, what, form, reference, row.values.get("status"))
        savepoint.commit()
    except RegistryError as error:
        # One bad row among many: its reason goes into the report, the others go on.
        savepoint.rollback()
        audit.forget_since(session, mark)
        report.refuse(row.number, _reasons(error, name_column))
    else:
        report.count(outcome)


def _reasons(error: RegistryError, name_column: NameColumn) -> list[tuple[str, str]]:
    if isinstance(error, InvalidInput):
        return [(name_column(path), message) for path, messages in error.fields.items() for message in messages]
    return [("", str(error))]


def _plain(what: _Importable, values: dict[str, Any]) -> Form:
    """An object in the shape of the API, without what the API only shows."""
    return {name: value for name, value in values.items() if name not in what.shown_only and name != "status"}


def _reference(form: Form, seen: dict[str, int], number: int) -> str | None:
    reference = form.get("reference")
    if not isinstance(reference, str) or not reference.strip():
        return None
    reference = " ".join(reference.split())
    if reference in seen:
        raise InvalidInput({"reference": [f"Row {seen[reference]} has this reference already."]})
    seen[reference] = number
    return reference


def _store(session: Session, actor: Actor, what: _Importable, form: Form, reference: str | None, status: Any) -> str:
    model: Any = what.kind.model
    same = select(model).where(model.reference == reference)
    known = session.execute(same).scalar_one_or_none() if reference else None
    if status not in (None, "", *MATERIAL) and (known is None or known.status != status):
        raise InvalidInput({"status": [N_("A row is imported as draft or open; other steps are taken one by one.")]})
    if known is None:
        record = what.create(session, actor, form)
        outcome = "created"
    else:
        if what.kind is OFFERS and form.get("organisation"):
            form = with_organisation(session, actor, form)
        record, changed = entries.update(session, actor, what.kind, known.id, form, None)
        outcome = "updated" if changed else "unchanged"
    if status == "open" and record.status != "open":
        entries.change_status(session, actor, what.kind, record.id, "open")
        outcome = "created" if known is None else "updated"
    return outcome
