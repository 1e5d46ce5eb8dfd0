"""Needs and offers from files: row by row, each within its own savepoint, so that a bad row takes nobody with it.

A row whose `reference` is known changes that record (only what the row says), another one enters a new record; status
`open` publishes it. A dry run is the same code, rolled back at its end.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.catalogue.row_import import NameColumn, import_each, require_known, require_once
from registry.catalogue.tabular import ImportReport, Row
from registry.errors import N_, InvalidInput
from registry.matching import entries, refresh
from registry.matching.columns import (
    NAME_COLUMNS,
    NEED_COLUMNS,
    OFFER_COLUMNS,
    Form,
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


def import_rows(
    session: Session,
    actor: Actor,
    kind: str,
    rows: Iterable[Row],
    dry_run: bool,
    seen: dict[str, int] | None = None,
) -> ImportReport:
    """Store rows of `needs` or `offers`; every row is counted once. At most some 1,000 rows per transaction.

    `seen` is the caller's where a file comes in several parts: a reference stands once in a file.

    Raises InvalidInput under `columns` where a table has columns that the kind does not know.
    """
    what = _KINDS[kind]
    seen = {} if seen is None else seen
    refresh.hold(session)  # before the first of many records is locked, drafts included

    def prepare(row: Row) -> tuple[Callable[[], str], NameColumn]:
        form, column_of = what.of_row(row.values) if row.columns else (_plain(what, row.values), str)

        def store() -> str:
            reference = _reference(form, seen, row.number)
            return _store(session, actor, what, form, reference, row.values.get("status"))

        return store, column_of

    def require(columns: tuple[str, ...]) -> None:
        usual = [name for name in what.columns if not name[-1].isdigit() or name.endswith("_1")]
        require_known(columns, (*what.columns, *NAME_COLUMNS), kind, usual)

    return import_each(session, rows, prepare, require, dry_run)


def _plain(what: _Importable, values: dict[str, Any]) -> Form:
    """An object in the shape of the API, without what the API only shows."""
    return {name: value for name, value in values.items() if name not in what.shown_only and name != "status"}


def _reference(form: Form, seen: dict[str, int], number: int) -> str | None:
    reference = form.get("reference")
    if not isinstance(reference, str) or not reference.strip():
        return None
    reference = " ".join(reference.split())
    require_once(seen, reference, number, "reference")
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
