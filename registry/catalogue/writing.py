"""Writing programmes: row, document, facets, search text, history and events of a batch, each in one executemany.

Who may write, and what came before, is decided by the callers: programmes.py for feeds, editing.py for people.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Table, bindparam, delete, insert, select, update
from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.bulk import insert_rows, insert_tuples
from registry.catalogue import search
from registry.catalogue.history import Changes, revision_row
from registry.catalogue.ids import reserve_ids
from registry.catalogue.left_out import note_family, note_written
from registry.catalogue.models import (
    Programme,
    ProgrammeDocument,
    ProgrammeFacet,
    ProgrammeFlow,
    ProgrammeKin,
    ProgrammeOverride,
    Revision,
)
from registry.catalogue.parties import find_or_create
from registry.catalogue.rows import Derived, derive, organisation_key
from registry.events.origin import COLUMNS as ORIGIN
from registry.events.origin import Origin, values
from registry.events.outbox import Audience, Change, emit_all

PROGRAMME: Table = Programme.__table__  # type: ignore[attr-defined]
DOCUMENT: Table = ProgrammeDocument.__table__  # type: ignore[attr-defined]
FACET: Table = ProgrammeFacet.__table__  # type: ignore[attr-defined]
FLOW: Table = ProgrammeFlow.__table__  # type: ignore[attr-defined]
KIN: Table = ProgrammeKin.__table__  # type: ignore[attr-defined]
OVERRIDE: Table = ProgrammeOverride.__table__  # type: ignore[attr-defined]

CREATED = "programme.created"


@dataclass(slots=True)
class Plan:
    """One programme to be written. `programme_id` None: a new one; write() fills it in."""

    programme_id: int | None
    version: int
    event: str
    effective: dict[str, Any]
    """The document in force, overrides applied: what row, facets and search are made from."""
    themes: list[str]
    relevance: str
    source: str
    """Of the programme: `feed:<id>` or `person`"""
    document: str | None
    """The source's document as JSON text; None: as stored before"""
    visibility: str = "public"
    run_id: int | None = None
    owner: int | None = None
    """Reporting organisation, where a person's account says it; None: the document's"""
    by_reporter: bool = False
    """Of a new one: whether somebody enters it who belongs to the reporting organisation, or reports for it"""
    changes: Changes = field(default_factory=dict)
    before: Audience | None = None
    """Who could see it until now; None: a new one"""
    origin: Origin | None = None
    """Of a record of another registry: the version there that is written"""
    derived: Derived | None = None
    """rows.derive of `effective`, where a reader did that already"""


@dataclass(slots=True)
class Current:
    """A programme as it stands."""

    id: int
    version: int
    archived_at: datetime | None
    archived_reason: str | None
    themes: str
    relevance: str
    source: str
    visibility: str
    owner: int | None
    document: str
    origin_registry: str | None
    origin_id: int | None
    origin_generation: int | None
    origin_version: int | None

    @property
    def audience(self) -> Audience:
        """Who can see it."""
        return Audience(self.visibility, organisation_id=self.owner)


def read_current(session: Session, ids: Sequence[int]) -> dict[int, Current]:
    """Programmes by id, with their stored documents, locked until the transaction ends."""
    if not ids:
        return {}
    names = ("id", "version", "archived_at", "archived_reason", "themes", "relevance", "source", "visibility",
             "reporting_organisation_id")  # fmt: skip
    statement = (
        select(*[PROGRAMME.c[name] for name in names], DOCUMENT.c.document, *[PROGRAMME.c[name] for name in ORIGIN])
        .join(DOCUMENT, DOCUMENT.c.programme_id == PROGRAMME.c.id)
        .where(PROGRAMME.c.id.in_(ids))
        .order_by(PROGRAMME.c.id)  # all writers lock in one order
        .with_for_update(of=PROGRAMME)
    )
    return {row[0]: Current(*row) for row in session.execute(statement)}


def read_overrides(session: Session, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Programme id → field → a person's value, for programmes that have any."""
    found: dict[int, dict[str, Any]] = {}
    if ids:
        statement = select(OVERRIDE.c.programme_id, OVERRIDE.c.field, OVERRIDE.c.value)
        for id_, name, value in session.execute(statement.where(OVERRIDE.c.programme_id.in_(ids))):
            found.setdefault(id_, {})[name] = orjson.loads(value)
    return found


def in_force(
    document: dict[str, Any], themes: list[str], overrides: Mapping[str, Any] | None
) -> tuple[dict[str, Any], list[str]]:
    """(document, themes) with a person's values in place of the source's; a null value takes the field away."""
    if not overrides:
        return document, themes
    merged = {**document, **{name: value for name, value in overrides.items() if name != "themes"}}
    return {name: value for name, value in merged.items() if value is not None}, overrides.get("themes", themes)


def write(session: Session, plans: Sequence[Plan], *, actor: Actor, now: datetime) -> None:
    """Write the plans, new and changed programmes alike, with their events and history."""
    if not plans:
        return
    derived = [
        p.derived or derive(p.effective, themes=p.themes, source=p.source, relevance=p.relevance) for p in plans
    ]  # fmt: skip
    parties = [party for item in derived for party in item.parties]
    organisations = find_or_create(session, parties, source=plans[0].source, actor=actor, now=now)
    new = [plan for plan in plans if plan.programme_id is None]
    for plan, programme_id in zip(new, reserve_ids(session, "programme", len(new)), strict=True):
        plan.programme_id = programme_id
    inserts: list[dict[str, Any]] = []
    updates: list[dict[str, Any]] = []
    facets: list[tuple[Any, ...]] = []
    flows: list[tuple[Any, ...]] = []
    kin: list[tuple[Any, ...]] = []
    for plan, item in zip(plans, derived, strict=True):
        row = _row(plan, item, organisations, now)
        if plan.version == 1:
            inserts.append(row | {"id": plan.programme_id, "created_at": now, "source": plan.source,
                                  "by_reporter": plan.by_reporter})  # fmt: skip
        else:
            updates.append(row | {"the_id": plan.programme_id})
        programme_id = plan.programme_id or 0
        facets += _facet_rows(programme_id, item, organisations, row["reporting_organisation_id"])
        flows += flow_values(programme_id, item, organisations)
        kin += [(programme_id, *relative) for relative in item.kin]
    insert_rows(session, PROGRAMME, inserts)
    if updates:
        forget_rows(session, [row["the_id"] for row in updates])
        session.execute(_UPDATE, updates)
    _write_documents(session, plans, now)
    insert_tuples(session, FACET, FACET_COLUMNS, facets)
    insert_tuples(session, FLOW, FLOW_COLUMNS, flows)
    insert_tuples(session, KIN, KIN_COLUMNS, kin)
    note_written(session, {plan.programme_id or 0: d.passes_on for plan, d in zip(plans, derived, strict=True)})
    search.index(
        session,
        "programme",
        [(plan.programme_id or 0, d.search_title, d.search_body) for plan, d in zip(plans, derived, strict=True)],
    )
    record_changes(session, plans, actor, now)
    emit_all(session, [_event(plan, item, organisations) for plan, item in zip(plans, derived, strict=True)], at=now)


def _row(plan: Plan, derived: Derived, organisations: Mapping[str, int], now: datetime) -> dict[str, Any]:
    return derived.row | {
        "version": plan.version,
        "updated_at": now,
        "visibility": plan.visibility,
        "archived_at": None,
        "archived_reason": None,
        "reporting_organisation_id": _owner(plan, derived, organisations),
        **dict(zip(ORIGIN, values(plan.origin), strict=True)),
    }


def _owner(plan: Plan, derived: Derived, organisations: Mapping[str, int]) -> int | None:
    if plan.owner is not None or derived.reporting is None:
        return plan.owner
    return organisations.get(derived.reporting.ref or "")


def _facet_rows(
    programme_id: int, derived: Derived, organisations: Mapping[str, int], owner: int | None
) -> list[tuple[Any, ...]]:
    facets = derived.facets
    names: dict[tuple[str, str], str] = {}
    for party in derived.parties:
        key = "organisation", str(organisations[party.ref]) if party.ref else organisation_key(party.name)
        facets[key] = None
        if not party.ref:
            names[key] = party.name
    if owner is not None:
        facets["organisation", str(owner)] = None
    return [(programme_id, *key, share, names.get(key)) for key, share in facets.items()]


def flow_values(programme_id: int, derived: Derived, organisations: Mapping[str, int]) -> list[tuple[Any, ...]]:
    """A programme's rows of `programme_flow` in the order of FLOW_COLUMNS; the same donor under two keys is one row."""
    found: dict[tuple[str, str, str], tuple[str, list[int | None]]] = {}
    for donor, name, theme, state, *cents in derived.flows:
        key = str(organisations[donor]) if donor in organisations else donor
        kept = found.get((key, theme, state))
        if kept:
            cents = [a if b is None else b if a is None else a + b for a, b in zip(kept[1], cents, strict=True)]
        found[key, theme, state] = (kept[0] if kept else name, cents)
    return [(programme_id, *key, name[:500], *cents) for key, (name, cents) in found.items()]


def forget_rows(session: Session, ids: Sequence[int]) -> None:
    """Take away what filters and sums read of these programmes; called before their rows change."""
    note_family(session, ids)
    for statement in (FORGET_FACETS, _FORGET_FLOWS, _FORGET_KIN):
        session.execute(statement, [{"the_id": id_} for id_ in ids])


def _write_documents(session: Session, plans: Sequence[Plan], now: datetime) -> None:
    new, changed = [], []
    for plan in plans:
        if plan.document is not None:
            row = {"document": plan.document, "source_run_id": plan.run_id, "read_at": now}
            if plan.version == 1:
                new.append(row | {"programme_id": plan.programme_id})
            else:
                changed.append(row | {"the_id": plan.programme_id})
    insert_rows(session, DOCUMENT, new)
    if changed:
        session.execute(_UPDATE_DOCUMENT, changed)


def record_changes(session: Session, plans: Sequence[Plan], actor: Actor, now: datetime) -> None:
    """Note in the history what the plans changed; a programme's beginning changes nothing."""
    rows = [
        revision_row(actor, "programme", plan.programme_id or 0, plan.version, plan.changes, now)
        for plan in plans
        if plan.changes
    ]
    if rows:
        session.execute(insert(Revision.__table__), rows)  # type: ignore[attr-defined]


def _event(plan: Plan, derived: Derived, organisations: Mapping[str, int]) -> Change:
    row = derived.row
    data = {
        "title": row["title"],
        "iati_identifier": row["iati_identifier"],
        "status": row["status"],
        "countries": row["countries"].split(),
        "themes": row["themes"].split(),
        "source": plan.source,
    }
    if plan.changes:
        data["changed"] = sorted(plan.changes)
    owner = _owner(plan, derived, organisations)
    return Change(
        plan.event, "programme", plan.programme_id or 0, plan.version, data, plan.visibility, organisation_id=owner,
        before=plan.before, origin=plan.origin,
    )  # fmt: skip


# Fixed SQL: compiled once, whatever the batch holds.
_UPDATE = update(PROGRAMME).where(PROGRAMME.c.id == bindparam("the_id"))
_UPDATE_DOCUMENT = update(DOCUMENT).where(DOCUMENT.c.programme_id == bindparam("the_id"))
FORGET_FACETS = delete(FACET).where(FACET.c.programme_id == bindparam("the_id"))
_FORGET_FLOWS = delete(FLOW).where(FLOW.c.programme_id == bindparam("the_id"))
_FORGET_KIN = delete(KIN).where(KIN.c.programme_id == bindparam("the_id"))
FACET_COLUMNS = ("programme_id", "facet", "value", "share", "name")
FLOW_COLUMNS = (
    "programme_id", "donor", "theme", "state", "name", "budget_usd", "commitment_usd", "disbursement_usd",
)  # fmt: skip
KIN_COLUMNS = ("programme_id", "ref", "kind")
