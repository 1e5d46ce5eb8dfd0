"""Organisations that documents name by reference: found by identifier, or entered, many at a time.

A name alone identifies nobody: parties without a usable reference get no row. What is known of an organisation is
only added to here, never changed, so a person's edit stays.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.catalogue import search
from registry.catalogue.history import revision_row
from registry.catalogue.ids import reserve_ids
from registry.catalogue.models import Organisation, OrganisationIdentifier, Revision
from registry.catalogue.rows import Party, sort_key
from registry.events.outbox import Change, emit_all

ORGANISATION = Organisation.__table__  # type: ignore[attr-defined]
IDENTIFIER = OrganisationIdentifier.__table__  # type: ignore[attr-defined]
_CHUNK = 5_000


@dataclass(slots=True)
class _Known:
    id: int
    version: int
    name: str
    names: dict[str, str]
    kind: str | None
    acronym: str | None


def find_or_create(
    session: Session, parties: Iterable[Party], *, source: str, actor: Actor, now: datetime
) -> dict[str, int]:
    """Reference → organisation id, for every party with a usable reference (see rows.usable_ref)."""
    wanted: dict[str, Party] = {}
    for party in parties:
        if party.ref:
            before = wanted.get(party.ref)
            wanted[party.ref] = party if before is None else _merged(before, party)
    known = _known(session, list(wanted))
    _complete(session, wanted, known, actor, now)
    missing = [party for ref, party in wanted.items() if ref not in known]
    found = {ref: organisation.id for ref, organisation in known.items()}
    return found | _create(session, missing, source, now)


def _merged(first: Party, second: Party) -> Party:
    return Party(first.ref, first.name or second.name, {**second.names, **first.names}, first.kind or second.kind)


def _known(session: Session, refs: list[str]) -> dict[str, _Known]:
    found: dict[str, _Known] = {}
    columns = [ORGANISATION.c[name] for name in ("id", "version", "name", "names", "kind", "acronym")]
    for start in range(0, len(refs), _CHUNK):
        statement = (
            select(IDENTIFIER.c.value, *columns)
            .join(ORGANISATION, ORGANISATION.c.id == IDENTIFIER.c.organisation_id)
            .where(IDENTIFIER.c.value.in_(refs[start : start + _CHUNK]))
        )
        found |= {value: _Known(*rest) for value, *rest in session.execute(statement)}
    return found


def _complete(
    session: Session, wanted: Mapping[str, Party], known: Mapping[str, _Known], actor: Actor, now: datetime
) -> None:
    """Add names in further languages and the kind to organisations that lack them."""
    changed: dict[int, tuple[_Known, dict[str, Any]]] = {}
    for ref, organisation in known.items():
        party = wanted[ref]
        names = {language: name for language, name in _names(party).items() if language not in organisation.names}
        changes: dict[str, Any] = {}
        if names:
            changes["names"] = [organisation.names, organisation.names | names]
        if party.kind and not organisation.kind:
            changes["kind"] = [None, party.kind]
        if party.name and organisation.name == ref:
            changes["name"] = [ref, party.name]
        if changes:
            for field, (_before, after) in changes.items():
                setattr(organisation, field, after)
            organisation.version += 1
            changed[organisation.id] = (organisation, changes)
    if not changed:
        return
    session.execute(_COMPLETE, [_completed(organisation, now) for organisation, _ in changed.values()])
    session.execute(
        insert(Revision.__table__),  # type: ignore[attr-defined]
        [
            revision_row(actor, "organisation", organisation.id, organisation.version, changes, now)
            for organisation, changes in changed.values()
        ],
    )
    index_organisations(session, list(changed))
    emit_all(
        session,
        [
            Change(
                "organisation.updated", "organisation", o.id, o.version, {"name": o.name, "changed": sorted(changes)}
            )
            for o, changes in changed.values()
        ],
        at=now,
    )


_COMPLETE = update(ORGANISATION).where(ORGANISATION.c.id == bindparam("the_id"))


def _completed(organisation: _Known, now: datetime) -> dict[str, Any]:
    return {
        "the_id": organisation.id,
        "name": organisation.name,
        "sort_name": sort_key(organisation.name),
        "names": organisation.names,
        "kind": organisation.kind,
        "version": organisation.version,
        "updated_at": now,
    }


def _names(party: Party) -> dict[str, str]:
    return {language: name for language, name in party.names.items() if language}


def _create(session: Session, parties: list[Party], source: str, now: datetime) -> dict[str, int]:
    if not parties:
        return {}
    ids = dict(
        zip([party.ref or "" for party in parties], reserve_ids(session, "organisation", len(parties)), strict=True)
    )
    session.execute(
        insert(ORGANISATION),
        [
            {
                "id": ids[party.ref or ""],
                "version": 1,
                "created_at": now,
                "updated_at": now,
                "name": party.name or party.ref,
                "sort_name": sort_key(party.name or party.ref or ""),
                "names": _names(party),
                "kind": party.kind,
                "description": "",
                "source": source,
            }
            for party in parties
        ],
    )
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    session.execute(
        dialect.insert(IDENTIFIER).on_conflict_do_nothing(index_elements=["value"]),
        [{"organisation_id": id_, "value": ref} for ref, id_ in ids.items()],
    )
    # Another transaction may have entered the same organisation meanwhile: then its row is the one, and ours goes.
    winners = {ref: organisation.id for ref, organisation in _known(session, list(ids)).items()}
    lost = [id_ for ref, id_ in ids.items() if winners[ref] != id_]
    if lost:
        session.execute(delete(ORGANISATION).where(ORGANISATION.c.id.in_(lost)))
    made = [party for party in parties if winners[party.ref or ""] == ids[party.ref or ""]]
    index_organisations(session, [ids[party.ref or ""] for party in made])
    emit_all(
        session,
        [
            Change(
                "organisation.created",
                "organisation",
                ids[party.ref or ""],
                1,
                {"name": party.name or party.ref, "identifiers": [party.ref], "source": source},
            )
            for party in made
        ],
        at=now,
    )
    return winners


def index_organisations(session: Session, ids: list[int]) -> None:
    """Put organisations into the search index as they now stand in the database."""
    identifiers: dict[int, list[str]] = {id_: [] for id_ in ids}
    for id_, value in session.execute(
        select(IDENTIFIER.c.organisation_id, IDENTIFIER.c.value).where(IDENTIFIER.c.organisation_id.in_(ids))
    ):
        identifiers[id_].append(value)
    columns = [ORGANISATION.c[name] for name in ("id", "name", "names", "acronym", "description")]
    search.index(
        session,
        "organisation",
        [
            (
                id_,
                " \n ".join(dict.fromkeys([name, *names.values(), acronym or ""])),
                " \n ".join([*identifiers[id_], description]),
            )
            for id_, name, names, acronym, description in session.execute(
                select(*columns).where(ORGANISATION.c.id.in_(ids))
            )
        ],
    )
