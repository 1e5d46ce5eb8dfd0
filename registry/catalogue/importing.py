"""Organisations from files: row by row, each within its own savepoint, so that a bad row takes nobody with it.

A row is the organisation that goes by one of its identifiers; without identifiers, the one whose id and name it has.
A dry run is the same code, rolled back at its end.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.catalogue.exporting import ORGANISATION_COLUMNS
from registry.catalogue.folding import plain_key
from registry.catalogue.models import Organisation
from registry.catalogue.organisations import (
    create_organisation,
    find_by_identifier,
    identifiers_of,
    update_organisation,
)
from registry.catalogue.row_import import NameColumn, import_each, require_known, require_once
from registry.catalogue.schemas import OrganisationCreateSchema, OrganisationPatchSchema
from registry.catalogue.tabular import ImportReport, Row
from registry.schemas import load

KINDS = ("organisations",)
FORM = ("name", "names", "acronym", "kind", "state", "website", "description", "identifiers")
"""Columns that are taken in; the others of ORGANISATION_COLUMNS are shown by exports and passed over."""


def import_rows(
    session: Session,
    actor: Actor,
    kind: str,
    rows: Iterable[Row],
    dry_run: bool,
    seen: dict[str, int] | None = None,
) -> ImportReport:
    """Store rows of a kind of KINDS; every row is counted once. At most some 1,000 rows per transaction.

    `seen` is the caller's where a file comes in several parts: an identifier stands once in a file.

    Raises InvalidInput under `columns` where a table has columns that the kind does not know.
    """
    if kind not in KINDS:
        raise LookupError(f"{kind} are not imported here")
    once = {} if seen is None else seen

    def prepare(row: Row) -> tuple[Callable[[], str], NameColumn]:
        form = _form(row)

        def store() -> str:
            identifiers = form.get("identifiers")
            for text in identifiers if isinstance(identifiers, list) else ():
                require_once(once, str(text), row.number, "identifiers")
            return _store(session, actor, row.values, form)

        return store, lambda path: path.split(".")[0]

    def require(columns: tuple[str, ...]) -> None:
        require_known(columns, ORGANISATION_COLUMNS, kind, FORM)

    return import_each(session, rows, prepare, require, dry_run)


def _form(row: Row) -> dict[str, Any]:
    form = {name: row.values[name] for name in FORM if name in row.values}
    if row.columns:  # a table: lists stand in one cell
        if "identifiers" in form:
            form["identifiers"] = [item.strip() for item in form["identifiers"].split(";") if item.strip()]
        if "names" in form:
            pairs = [item.partition("=") for item in form["names"].split(";") if item.strip()]
            form["names"] = {language.strip(): name.strip() for language, _, name in pairs}
    return form


def _store(session: Session, actor: Actor, values: Mapping[str, Any], form: dict[str, Any]) -> str:
    known = _known(session, values, form)
    if known is None:
        create_organisation(session, actor, load(OrganisationCreateSchema(), form))
        return "created"
    data = load(OrganisationPatchSchema(), form)
    if "identifiers" in data:  # a file may know fewer of them than we do: none is taken away
        data["identifiers"] = list(dict.fromkeys([*identifiers_of(session, known), *data["identifiers"]]))
    before = session.get_one(Organisation, known).version
    return "updated" if update_organisation(session, actor, known, data, None).version > before else "unchanged"


def _known(session: Session, values: Mapping[str, Any], form: Mapping[str, Any]) -> int | None:
    identifiers = form.get("identifiers")
    for text in identifiers if isinstance(identifiers, list) else ():
        if isinstance(text, str) and (found := find_by_identifier(session, text)):
            return found
    id_ = str(values.get("id") or "")
    if not id_.isdecimal() or len(id_) > 18:
        return None
    organisation = session.get(Organisation, int(id_))
    same = organisation and plain_key(organisation.name) == plain_key(str(form.get("name", "")))
    return int(id_) if same else None
