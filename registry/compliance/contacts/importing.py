"""Points of contact from files: row by row, each within its own savepoint.

The same State, office and role again is a correction: what the row leaves empty stays, also when it was confirmed.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue.reference import resolve_state
from registry.catalogue.row_import import NameColumn, import_each, require_known
from registry.catalogue.tabular import ImportReport, Row
from registry.compliance.contacts import service
from registry.compliance.contacts.models import Contact
from registry.compliance.contacts.schemas import ContactForm
from registry.compliance.participation.instruments import unknown_state
from registry.schemas import load

COLUMNS = ("state", *service.FIELDS)


def import_rows(session: Session, actor: Actor, rows: Iterable[Row], dry_run: bool) -> ImportReport:
    """Store rows; every row is counted once. Raises InvalidInput under `columns` for columns that are not known."""

    def prepare(row: Row) -> tuple[Callable[[], str], NameColumn]:
        return partial(_store, session, actor, dict(row.values)), lambda path: path.partition(".")[0]

    def require(columns: tuple[str, ...]) -> None:
        require_known(columns, COLUMNS, "contacts", COLUMNS)

    return import_each(session, rows, prepare, require, dry_run)


def _store(session: Session, actor: Actor, values: dict[str, Any]) -> str:
    written = str(values.pop("state", None) or actor.state or "")
    state = resolve_state(written)
    if state is None:
        raise unknown_state(written)
    form = load(ContactForm(), {**values, "state": state.alpha3})
    known = session.scalar(
        select(Contact).where(
            policy.visible(actor, Contact), col(Contact.state) == state.alpha3, col(Contact.office) == form["office"],
            col(Contact.role) == form["role"],
        )
    )  # fmt: skip
    if known is None:
        service.enter(session, actor, {**values, "state": state.alpha3})
        return "created"
    before = known.version
    return "updated" if service.change(session, actor, known.id or 0, values, None).version > before else "unchanged"
