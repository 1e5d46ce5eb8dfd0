"""Organisations as people enter and change them, and their lists. Those that feeds name are entered by parties.py."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, union_all
from sqlmodel import Session

from registry.accounts import audit, policy
from registry.accounts.actor import Actor
from registry.catalogue import search
from registry.catalogue.counting import counted
from registry.catalogue.history import Changes, changes_between, record_revision
from registry.catalogue.models import Organisation
from registry.catalogue.paging import Page, Sort, keyset, sort_of
from registry.catalogue.parties import IDENTIFIER, find_or_create, index_organisations
from registry.catalogue.rows import sort_key, usable_ref
from registry.catalogue.same_as.clusters import settle_written
from registry.db import touch, utcnow
from registry.errors import N_, Conflict, InvalidInput, NotFound
from registry.events.outbox import Change, emit

__all__ = [
    "archive_organisation",
    "count_organisations",
    "create_organisation",
    "descriptions_of",
    "find_by_identifier",
    "find_named",
    "find_or_create",
    "get_organisation",
    "identifiers_of",
    "list_organisations",
    "same_as",
    "update_organisation",
]

O: Any = Organisation  # noqa: E741
COLUMNS = (
    O.id,
    O.name,
    O.names,
    O.acronym,
    O.kind,
    O.state,
    O.website,
    O.source,
    O.version,
    O.created_at,
    O.updated_at,
    O.sources,
    O.lead_id,
)
SORTS = {"name": Sort((O.sort_name, O.id)), "updated": Sort((O.updated_at, O.id), descending=True)}
EDITABLE = ("name", "names", "acronym", "kind", "state", "description", "website")


def create_organisation(
    session: Session, actor: Actor, data: Mapping[str, Any], now: datetime | None = None
) -> Organisation:
    """Enter an organisation (OrganisationCreateSchema). Raises InvalidInput where an identifier is another's."""
    now = now or utcnow()
    policy.require(actor, "organisation.create")
    values = {name: data[name] for name in EDITABLE if data.get(name) is not None}
    organisation = Organisation(**values, sort_name=sort_key(data["name"]), created_at=now, updated_at=now)
    session.add(organisation)
    session.flush()
    assert organisation.id is not None
    identifiers = _set_identifiers(session, organisation.id, data.get("identifiers", ()))
    index_organisations(session, [organisation.id])
    emit(session, _change("organisation.created", organisation, identifiers=identifiers), at=now)
    audit.record(session, actor, "organisation.create", f"organisation:{organisation.id}")
    return organisation


def update_organisation(
    session: Session,
    actor: Actor,
    organisation_id: int,
    data: Mapping[str, Any],
    expected_version: int | None,
    now: datetime | None = None,
) -> Organisation:
    """Change what is given (OrganisationPatchSchema); nothing is written where nothing changes.

    Raises NotFound, Conflict (archived), VersionMismatch, and InvalidInput where an identifier is another's.
    """
    now = now or utcnow()
    organisation, before = get_organisation(session, actor, organisation_id, lock=True)
    policy.require(actor, "organisation.update", organisation)
    if organisation.archived_at:
        raise Conflict(N_("This organisation was withdrawn; it can no longer be changed."))
    given = {name: data[name] for name in EDITABLE if name in data}
    changes = changes_between({name: getattr(organisation, name) for name in given}, given)
    wanted = _normal(data["identifiers"]) if "identifiers" in data else before
    if wanted != before:
        _may_identify(actor)
    changes |= changes_between({"identifiers": before}, {"identifiers": wanted})
    if not changes and expected_version in (None, organisation.version):
        return organisation
    touch(organisation, expected_version, now)
    for name, value in given.items():
        setattr(organisation, name, value)
    organisation.sort_name = sort_key(organisation.name)
    session.flush()
    if wanted != before:
        _set_identifiers(session, organisation_id, wanted)
    index_organisations(session, [organisation_id])
    _note(session, actor, organisation, "organisation.updated", changes, now)
    settle_written(session, "organisation", [organisation_id], actor, now)
    audit.record(session, actor, "organisation.update", f"organisation:{organisation_id}", fields=sorted(changes))
    return organisation


def archive_organisation(
    session: Session, actor: Actor, organisation_id: int, expected_version: int | None, now: datetime | None = None
) -> Organisation:
    """Withdraw an organisation from lists; what refers to it still finds it."""
    now = now or utcnow()
    organisation, _ = get_organisation(session, actor, organisation_id, lock=True)
    policy.require(actor, "organisation.archive", organisation)
    if organisation.archived_at:
        raise Conflict(N_("This organisation was withdrawn; it can no longer be changed."))
    touch(organisation, expected_version, now)
    organisation.archived_at = now
    session.flush()
    search.remove(session, "organisation", [organisation_id])
    _note(session, actor, organisation, "organisation.archived", {"archived": [False, True]}, now)
    settle_written(session, "organisation", [organisation_id], actor, now)
    audit.record(session, actor, "organisation.archive", f"organisation:{organisation_id}")
    return organisation


def _note(
    session: Session, actor: Actor, organisation: Organisation, event: str, changes: Changes, now: datetime
) -> None:
    record_revision(session, actor, "organisation", organisation.id or 0, organisation.version, changes, now)
    emit(session, _change(event, organisation, changed=sorted(changes)), at=now)


def _change(event: str, organisation: Organisation, **more: Any) -> Change:
    data = {"name": organisation.name, "kind": organisation.kind, "source": organisation.source, **more}
    return Change(event, "organisation", organisation.id or 0, organisation.version, data)


def _may_identify(actor: Actor) -> None:
    """Raise InvalidInput unless the actor is staff: an identifier gives a right to all that begins with it."""
    if not policy.can(actor, "organisation.identify"):
        raise InvalidInput(
            {
                "identifiers": [
                    N_("Coordinators enter identifiers: ask one, and say where the list of the identifier is.")
                ]
            }
        )


def _normal(identifiers: Sequence[str]) -> list[str]:
    found = []
    for position, text in enumerate(identifiers):
        ref = usable_ref(text)
        if ref is None:
            raise InvalidInput({f"identifiers.{position}": [N_("This identifies nobody.")]})
        found.append(ref)
    return list(dict.fromkeys(found))


def _set_identifiers(session: Session, organisation_id: int, identifiers: Sequence[str]) -> list[str]:
    wanted = _normal(identifiers)
    taken = session.execute(
        select(IDENTIFIER.c.value).where(
            IDENTIFIER.c.value.in_(wanted), IDENTIFIER.c.organisation_id != organisation_id
        )
    ).scalars()
    for value in taken:
        raise InvalidInput({f"identifiers.{wanted.index(value)}": [N_("Another organisation has this identifier.")]})
    session.execute(delete(IDENTIFIER).where(IDENTIFIER.c.organisation_id == organisation_id))
    if wanted:
        session.execute(insert(IDENTIFIER), [{"organisation_id": organisation_id, "value": value} for value in wanted])
    return wanted


def get_organisation(
    session: Session, actor: Actor, organisation_id: int, lock: bool = False
) -> tuple[Organisation, list[str]]:
    """(organisation, its identifiers). Raises NotFound where there is none the actor may see."""
    statement = select(Organisation).where(O.id == organisation_id, policy.visible(actor, Organisation))
    organisation = session.execute(statement.with_for_update() if lock else statement).scalar_one_or_none()
    if organisation is None:
        raise NotFound(N_("There is no such organisation."))
    return organisation, identifiers_of(session, organisation_id)


def identifiers_of(session: Session, organisation_id: int) -> list[str]:
    """The identifiers an organisation goes by, oldest first."""
    statement = select(IDENTIFIER.c.value).where(IDENTIFIER.c.organisation_id == organisation_id)
    return list(session.execute(statement.order_by(IDENTIFIER.c.id)).scalars())


def same_as(session: Session, actor: Actor, organisation: Organisation) -> list[Row[Any]]:
    """(id, name) of the other records of this organisation."""
    if organisation.cluster_id is None:
        return []
    statement = select(O.id, O.name).where(
        O.cluster_id == organisation.cluster_id, O.id != organisation.id, O.archived_at.is_(None)
    )
    return list(session.execute(statement.where(policy.visible(actor, Organisation)).order_by(O.id)))


def descriptions_of(session: Session, ids: Sequence[int]) -> dict[int, str]:
    """Organisation id → description, which lists do not read."""
    rows = session.execute(select(O.id, O.description).where(O.id.in_(ids)))
    return {row.id: row.description for row in rows}


def find_named(session: Session, text: str) -> list[int]:
    """Ids of the organisation with this identifier, else of those (at most two) with exactly this name."""
    identified = find_by_identifier(session, text)
    if identified is not None:
        return [identified]
    return list(session.scalars(select(O.id).where(O.name == text, O.archived_at.is_(None)).limit(2)))


def find_by_identifier(session: Session, text: str) -> int | None:
    """The id of the organisation that goes by this identifier, however it is spaced or cased."""
    ref = usable_ref(text)
    found = session.execute(select(IDENTIFIER.c.organisation_id).where(IDENTIFIER.c.value == ref)).scalar()
    return found if ref else None


def list_organisations(
    session: Session,
    actor: Actor,
    *,
    q: str = "",
    kind: str | None = None,
    state: str | None = None,
    sort: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page:
    """One page of rows with COLUMNS; by relevance where words are searched and no order is asked for."""
    statement = select(*COLUMNS).where(*_conditions(actor, q, kind, state))
    if q.strip() and sort in (None, "", "relevance"):
        rank = search.relevance("organisation", q, O.id).label("rank")
        order = Sort((rank, O.updated_at, O.id), descending=True, name="relevance")
        return keyset(session, statement.add_columns(rank, O.sort_name), order, cursor, limit)
    order = sort_of(None if sort == "relevance" else sort, SORTS)
    return keyset(session, statement.add_columns(O.sort_name), order, cursor, limit)


def count_organisations(
    session: Session, actor: Actor, *, q: str = "", kind: str | None = None, state: str | None = None
) -> int:
    """How many organisations the filters leave."""

    def count() -> int:
        statement = select(func.count()).select_from(Organisation).where(*_conditions(actor, q, kind, state))
        return session.execute(statement).scalar_one()

    return counted(session, actor, ("organisations", q, kind, state), count)


def _conditions(actor: Actor, q: str, kind: str | None, state: str | None) -> list[Any]:
    found = [O.archived_at.is_(None), O.lead_id.is_(None), policy.visible(actor, Organisation)]
    if q.strip():
        matching = search.matching_ids("organisation", q)
        behind: Any = Organisation.__table__.c  # type: ignore[attr-defined]
        # Whoever is known by another name too is found by it.
        leading = select(behind.lead_id).where(behind.lead_id.is_not(None), behind.id.in_(matching)).correlate(None)
        found.append(O.id.in_(union_all(matching, leading)))
    if kind:
        found.append(O.kind == kind)
    if state:
        found.append(O.state == state)
    return found
