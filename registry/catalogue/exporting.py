"""Exports: what a list shows, whole, as a file. Codes and names stand side by side; unknown is an empty cell.

Kinds register an Exporter; doors join those of all slices. Everything is read and written piece by piece.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import select
from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.catalogue import organisations
from registry.catalogue.iati import iati_chunks
from registry.catalogue.listing import FACETS, Filters, iterate_programmes
from registry.catalogue.paging import Page
from registry.catalogue.parties import IDENTIFIER
from registry.catalogue.reference import areas, codelist, states, themes
from registry.catalogue.schemas import programme_row
from registry.catalogue.tables import Cell, csv_chunks, json_chunks, xlsx_chunks
from registry.catalogue.writing import DOCUMENT, FACET, in_force, read_overrides
from registry.errors import N_, InvalidInput

FORMATS = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "iati": "application/xml",
}
"""Format → media type"""
SUFFIXES = {"json": "json", "csv": "csv", "xlsx": "xlsx", "iati": "xml"}

Values = Mapping[str, Any]
"""Filters by name; each kind knows its own"""


@dataclass(frozen=True)
class Exporter:
    """How records of one kind become files. All three are asked with (session, actor, filters)."""

    filters: tuple[str, ...]
    """Names of filters besides `q`, each a list of values"""
    columns: tuple[str, ...]
    rows: Callable[[Session, Actor, Values, str], Iterator[Sequence[Cell]]]
    """Cells in the order of `columns`; the last argument is the language of names"""
    items: Callable[[Session, Actor, Values], Iterator[Mapping[str, Any]]]
    """Records as the API shows them"""
    documents: Callable[[Session, Actor, Values], Iterator[Mapping[str, Any]]] | None = None
    """Programme documents, for `iati`"""


def export(
    session: Session,
    actor: Actor,
    exporters: Mapping[str, Exporter],
    kind: str,
    format: str,
    filters: Values,
    *,
    language: str,
    now: datetime,
) -> Iterator[bytes]:
    """The file in pieces. Raises InvalidInput at once for a kind, format or filter that there is not."""
    if kind not in exporters:
        raise InvalidInput({"kind": [f"This must be one of: {', '.join(exporters)}."]})
    exporter = exporters[kind]
    possible = [name for name in FORMATS if name != "iati" or exporter.documents]
    if format not in possible:
        raise InvalidInput({"format": [f"This must be one of: {', '.join(possible)}."]})
    for name in filters:
        if filters[name] and name not in ("q", *exporter.filters):
            raise InvalidInput({name: [N_("There is no such filter.")]})
    if format == "json":
        head = {"kind": kind, "exported_at": now.isoformat(timespec="seconds")}
        return json_chunks(head, exporter.items(session, actor, filters))
    if format == "iati" and exporter.documents:
        return iati_chunks(exporter.documents(session, actor, filters), now)
    rows = exporter.rows(session, actor, filters, language)
    return csv_chunks(exporter.columns, rows) if format == "csv" else xlsx_chunks(exporter.columns, rows, kind)


def _filters(values: Values) -> Filters:
    return Filters(values.get("q") or "", {name: value for name, value in values.items() if name != "q" and value})


def _dollars(cents: int | None) -> Decimal | None:
    return None if cents is None else Decimal(cents).scaleb(-2)


PROGRAMME_COLUMNS = (
    "id", "iati_identifier", "title", "title_language", "status", "status_name", "start_date", "end_date",
    "reporting_organisation_id", "reporting_organisation", "countries", "country_names", "country_shares", "themes",
    "theme_names", "budget_usd", "commitment_usd", "disbursement_usd", "source", "relevance", "visibility", "version",
    "updated_at", "sources",
)  # fmt: skip


def programme_rows(session: Session, actor: Actor, values: Values, language: str) -> Iterator[Sequence[Cell]]:
    """Programmes as rows of PROGRAMME_COLUMNS; amounts in US dollars."""
    statuses = codelist("ActivityStatus", language)
    for batch in _batches(iterate_programmes(session, actor, _filters(values))):
        shares = _shares(session, [row.id for row in batch])
        for row in batch:
            codes, theme_ids = row.countries.split(), row.themes.split()
            yield (
                row.id, row.iati_identifier, row.title, row.title_language, row.status,
                statuses.get(row.status or "", ""), row.start_date, row.end_date, row.reporting_organisation_id,
                row.reporting_name, ";".join(codes),
                ";".join(areas()[code].name(language) if code in areas() else code for code in codes),
                ";".join(_percent(shares.get((row.id, code))) for code in codes),
                ";".join(theme_ids),
                ";".join(themes()[id_].name(language) if id_ in themes() else id_ for id_ in theme_ids),
                _dollars(row.budget_usd), _dollars(row.commitment_usd), _dollars(row.disbursement_usd), row.source,
                row.relevance, row.visibility, row.version, row.updated_at, row.sources,
            )  # fmt: skip


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share * 100:.2f}".rstrip("0").rstrip(".")


def _shares(session: Session, ids: Sequence[int]) -> dict[tuple[int, str], float | None]:
    statement = select(FACET.c.programme_id, FACET.c.value, FACET.c.share)
    rows = session.execute(statement.where(FACET.c.programme_id.in_(ids), FACET.c.facet == "country"))
    return {(id_, code): share for id_, code, share in rows}


def _batches(rows: Iterator[Any], size: int = 500) -> Iterator[list[Any]]:
    batch: list[Any] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def programme_items(session: Session, actor: Actor, values: Values) -> Iterator[Mapping[str, Any]]:
    """Programmes as the list shows them, each with its `document` in force."""
    for batch in _batches(iterate_programmes(session, actor, _filters(values)), 200):
        documents = _documents(session, batch)
        for row in batch:
            yield programme_row(row) | {"document": documents[row.id]}


def programme_documents(session: Session, actor: Actor, values: Values) -> Iterator[Mapping[str, Any]]:
    """Documents in force."""
    for batch in _batches(iterate_programmes(session, actor, _filters(values)), 200):
        yield from _documents(session, batch).values()


def _documents(session: Session, rows: Sequence[Any]) -> dict[int, dict[str, Any]]:
    """Programme id → document in force, in the order of the rows."""
    ids = [row.id for row in rows]
    statement = select(DOCUMENT.c.programme_id, DOCUMENT.c.document).where(DOCUMENT.c.programme_id.in_(ids))
    stored = {id_: orjson.loads(document) for id_, document in session.execute(statement)}
    overrides = read_overrides(session, ids)
    return {id_: in_force(stored[id_], [], overrides.get(id_))[0] for id_ in ids}


ORGANISATION_COLUMNS = (
    "id", "identifiers", "name", "names", "acronym", "kind", "kind_name", "state", "state_name", "website",
    "description", "source", "version", "updated_at",
)  # fmt: skip


def organisation_items(session: Session, actor: Actor, values: Values) -> Iterator[Mapping[str, Any]]:
    """Organisations as the list shows them, with identifiers and description."""
    cursor = None
    while True:
        page: Page = organisations.list_organisations(
            session, actor, q=values.get("q") or "", kind=_one(values, "kind"), state=_one(values, "state"),
            sort="name", cursor=cursor, limit=500,
        )  # fmt: skip
        ids = [row.id for row in page.rows]
        identifiers: dict[int, list[str]] = {id_: [] for id_ in ids}
        statement = select(IDENTIFIER.c.organisation_id, IDENTIFIER.c.value).order_by(IDENTIFIER.c.id)
        for id_, value in session.execute(statement.where(IDENTIFIER.c.organisation_id.in_(ids))):
            identifiers[id_].append(value)
        descriptions = organisations.descriptions_of(session, ids)
        for row in page.rows:
            values_of_row = {column.key: getattr(row, column.key) for column in organisations.COLUMNS}
            yield values_of_row | {"identifiers": identifiers[row.id], "description": descriptions[row.id]}
        if page.next is None:
            return
        cursor = page.next


def _one(values: Values, name: str) -> str | None:
    given = values.get(name)
    return given[0] if isinstance(given, list | tuple) and given else given or None


def organisation_rows(session: Session, actor: Actor, values: Values, language: str) -> Iterator[Sequence[Cell]]:
    """Organisations as rows of ORGANISATION_COLUMNS; names in further languages as `fr=…;es=…`."""
    kinds = codelist("OrganisationType", language)
    for item in organisation_items(session, actor, values):
        state = states().get(item["state"] or "")
        yield (
            item["id"], ";".join(item["identifiers"]), item["name"],
            ";".join(f"{code}={name}" for code, name in sorted(item["names"].items())), item["acronym"], item["kind"],
            kinds.get(item["kind"] or "", ""), item["state"], state.name(language) if state else "", item["website"],
            item["description"], item["source"], item["version"], item["updated_at"],
        )  # fmt: skip


EXPORTERS: dict[str, Exporter] = {
    "programmes": Exporter(
        FACETS, PROGRAMME_COLUMNS, programme_rows, programme_items, programme_documents
    ),
    "organisations": Exporter(("kind", "state"), ORGANISATION_COLUMNS, organisation_rows, organisation_items),
}  # fmt: skip
"""Kinds of the catalogue; other slices have their own."""
