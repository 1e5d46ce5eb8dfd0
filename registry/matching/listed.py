"""Persons and entities on sanctions lists: kept as their feed says them, listed, searched. Nothing is concluded here.

Feeds write (registry.sync.targets); people only read. Who is delisted is archived, with the history.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
from sqlalchemy import Table, bindparam, func, insert, select, update
from sqlmodel import Session

from registry.accounts import audit, policy
from registry.accounts.actor import Actor
from registry.catalogue import search
from registry.catalogue.history import Changes, changes_between, revision_row
from registry.catalogue.ids import reserve_ids
from registry.catalogue.models import Revision
from registry.catalogue.paging import Page, Sort, keyset, sort_of
from registry.catalogue.rows import sort_key
from registry.errors import N_, NotFound
from registry.events.outbox import Change, emit_all
from registry.matching.models import ListedParty

PARTY: Table = ListedParty.__table__  # type: ignore[attr-defined]
P: Any = ListedParty
KIND = "listed_party"
COLUMNS = (
    P.id, P.reference, P.kind, P.name, P.regime, P.listed_on, P.amended_on, P.states, P.source, P.archived_at,
    P.version, P.created_at, P.updated_at,
)  # fmt: skip
SORTS = {
    "name": Sort((P.sort_name, P.id)),
    "listed_on": Sort((P.listed_on, P.id), descending=True, nullable=True),
    "updated": Sort((P.updated_at, P.id), descending=True),
}
Kept = tuple[int, str, tuple[str, ...]]
"""(id, `created` `updated` `unchanged` or `revived`, fields that changed)"""


def store_batch(
    session: Session, entries: Sequence[tuple[str, int | None]], *, source: str, actor: Actor, now: datetime
) -> list[Kept]:
    """Store (document as JSON text, id of the party that it is; None: a new one); what became of each, in that order.

    A document that is stored already writes nothing. Raises NotFound where an id is not known.
    """
    known = _current(session, [party_id for _, party_id in entries if party_id is not None])
    ids = iter(reserve_ids(session, KIND, sum(1 for _, party_id in entries if party_id is None)))
    kept: list[Kept] = []
    new: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    changes: dict[int, Changes] = {}
    for text, party_id in entries:
        if party_id is None:
            row = _row(text) | {"id": next(ids), "version": 1, "source": source, "created_at": now, "updated_at": now}
            new.append(row | {"archived_at": None, "archived_reason": None})
            kept.append((row["id"], "created", ()))
            continue
        before = known.get(party_id)
        if before is None:
            raise NotFound(N_("There is no such listed party."))
        if before.document == text and before.archived_at is None:
            kept.append((party_id, "unchanged", ()))
            continue
        difference = changes_between(orjson.loads(before.document), orjson.loads(text))
        if before.archived_at:
            difference["archived"] = [before.archived_reason, None]
        changes[party_id] = difference
        changed.append(_row(text) | {"the_id": party_id, "version": before.version + 1, "updated_at": now})
        kept.append((party_id, "revived" if before.archived_at else "updated", tuple(sorted(difference))))
    if new:
        session.execute(insert(PARTY), new)
    if changed:
        session.execute(_UPDATE, changed)
    rows = {row["id"]: row for row in new} | {row["the_id"]: row for row in changed}
    told = [(party_id, outcome, rows[party_id]) for party_id, outcome, _ in kept if outcome != "unchanged"]
    if told:
        search.index(session, KIND, [(party_id, row["name"], _words(row["document"])) for party_id, _, row in told])
        _note(session, actor, [(i, rows[i]["version"], difference) for i, difference in changes.items()], now)
        emit_all(session, [_event(outcome, i, row["version"], row) for i, outcome, row in told], at=now)
        audit.record(session, actor, "listed.store", source, parties=len(told))
    return kept


def archive(session: Session, ids: Sequence[int], reason: str, actor: Actor, now: datetime) -> int:
    """Take parties off: the list no longer names them. They and their history stay; returns how many were archived."""
    columns = [PARTY.c[name] for name in ("id", "version", "reference", "kind", "name", "regime", "listed_on")]
    rows = session.execute(select(*columns).where(PARTY.c.id.in_(ids), PARTY.c.archived_at.is_(None))).all()
    if not rows:
        return 0
    tomb = {"archived_at": now, "archived_reason": reason[:300], "updated_at": now}
    session.execute(_ARCHIVE, [{"the_id": row.id, "version": row.version + 1, **tomb} for row in rows])
    search.remove(session, KIND, [row.id for row in rows])
    _note(session, actor, [(row.id, row.version + 1, {"archived": [None, reason]}) for row in rows], now)
    emit_all(session, [_event("archived", row.id, row.version + 1, row._mapping) for row in rows], at=now)
    audit.record(session, actor, "listed.archive", "", ids=[row.id for row in rows], reason=reason)
    return len(rows)


_UPDATE = (
    update(PARTY)
    .where(PARTY.c.id == bindparam("the_id"))
    .values(
        {
            name: bindparam(name)
            for name in ("reference", "kind", "name", "sort_name", "regime", "listed_on", "amended_on", "states",
                         "document", "version", "updated_at")
        }
        | {"archived_at": None, "archived_reason": None}
    )
)  # fmt: skip
_ARCHIVE = update(PARTY).where(PARTY.c.id == bindparam("the_id"))


def _current(session: Session, ids: Sequence[int]) -> dict[int, Any]:
    if not ids:
        return {}
    names = ("id", "version", "document", "archived_at", "archived_reason")
    statement = select(*[PARTY.c[name] for name in names]).where(PARTY.c.id.in_(ids)).order_by(PARTY.c.id)
    return {row.id: row for row in session.execute(statement.with_for_update())}


def _row(text: str) -> dict[str, Any]:
    """The columns of a document; what does not fit one is cut there, the document keeps it whole."""
    document = orjson.loads(text)
    listed_on, amended = document.get("listed_on"), document.get("amended_on")
    return {
        "reference": document["reference"][:500],
        "kind": document["kind"],
        "name": document["name"][:500],
        "sort_name": sort_key(document["name"]),
        "regime": document.get("regime", "")[:60],
        "listed_on": date.fromisoformat(listed_on) if listed_on else None,
        "amended_on": date.fromisoformat(amended[-1]) if amended else None,
        "states": " ".join(document.get("states", ())[:100]),
        "document": text,
    }


def _words(text: str) -> str:
    """Everything besides its name that a party is to be found by: other names, numbers of papers, the reference."""
    document = orjson.loads(text)
    words = [document["reference"], document.get("original_name", "")]
    words += [alias["name"] for alias in document.get("aliases", ())]
    words += [alias["note"] for alias in document.get("aliases", ()) if "note" in alias]
    words += [paper["number"] for paper in document.get("documents", ()) if "number" in paper]
    words += document.get("designations", ())
    return " \n ".join(words)


def _note(session: Session, actor: Actor, versions: Sequence[tuple[int, int, Changes]], now: datetime) -> None:
    rows = [revision_row(actor, KIND, party_id, version, changes, now) for party_id, version, changes in versions]
    if rows:
        session.execute(insert(Revision), rows)


def _event(outcome: str, party_id: int, version: int, row: Any) -> Change:
    data = {name: row[name] for name in ("reference", "kind", "name", "regime")}
    data["listed_on"] = row["listed_on"].isoformat() if row["listed_on"] else None
    return Change(f"{KIND}.{outcome}", KIND, party_id, version, data, visibility="private")


@dataclass(frozen=True)
class Filters:
    """What the list is narrowed by. `delisted`: those that were taken off instead of those in force."""

    q: str = ""
    kind: str | None = None
    regime: str | None = None
    state: str | None = None
    delisted: bool = False


def list_parties(
    session: Session,
    actor: Actor,
    filters: Filters,
    sort: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page:
    """One page of rows with COLUMNS. Raises NotAllowed, and InvalidInput for an unknown order or a foreign cursor."""
    policy.require(actor, "listed.read")
    order = sort_of(sort, SORTS)
    return keyset(session, select(*COLUMNS, P.sort_name).where(*_conditions(actor, filters)), order, cursor, limit)


def count_parties(session: Session, actor: Actor, filters: Filters) -> int:
    """How many the filters leave."""
    statement = select(func.count()).select_from(ListedParty).where(*_conditions(actor, filters))
    return session.execute(statement).scalar_one()


def regime_counts(session: Session, actor: Actor) -> list[tuple[str, int]]:
    """(regime, how many parties in force), by name."""
    statement = select(P.regime, func.count()).where(*_conditions(actor, Filters())).group_by(P.regime)
    return [(row[0], row[1]) for row in session.execute(statement.order_by(P.regime))]


def sources(session: Session, actor: Actor) -> list[str]:
    """Where the parties come from: `feed:<id>` of each list."""
    statement = select(P.source).where(policy.visible(actor, ListedParty)).distinct().order_by(P.source)
    return list(session.execute(statement).scalars())


def get_party(session: Session, actor: Actor, party_id: int) -> tuple[ListedParty, dict[str, Any]]:
    """(row, document). Raises NotFound where there is none that the actor may see."""
    found = session.execute(
        select(ListedParty).where(P.id == party_id, policy.visible(actor, ListedParty))
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(N_("There is no such listed party."))
    return found, orjson.loads(found.document)


def _conditions(actor: Actor, filters: Filters) -> list[Any]:
    found = [
        policy.visible(actor, ListedParty),
        P.archived_at.is_not(None) if filters.delisted else P.archived_at.is_(None),
    ]
    if filters.q.strip() and not filters.delisted:
        found.append(P.id.in_(search.matching_ids(KIND, filters.q)))
    elif filters.q.strip():  # what was taken off is not in the index
        found.append(P.sort_name.contains(sort_key(filters.q), autoescape=True))
    if filters.kind:
        found.append(P.kind == filters.kind)
    if filters.regime:
        found.append(P.regime == filters.regime)
    if filters.state:
        found.append((" " + P.states + " ").contains(f" {filters.state} ", autoescape=True))
    return found
