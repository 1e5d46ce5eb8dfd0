"""Programmes as people write them: entered, changed, withdrawn.

A programme that came from a feed keeps its source's document: a person's value for one of its fields lies over it and
wins until it is released or the source says the same. A programme entered here is changed itself.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import delete, insert, select, update
from sqlmodel import Session

from registry.accounts import audit, policy
from registry.accounts.actor import Actor
from registry.catalogue.history import changes_between
from registry.catalogue.mandates import standing_in
from registry.catalogue.models import Organisation, Programme
from registry.catalogue.parties import IDENTIFIER
from registry.catalogue.programmes import archive, document_changes
from registry.catalogue.reporter import NUMBER, reporter_of
from registry.catalogue.same_as.clusters import settle_written
from registry.catalogue.writing import (
    CREATED,
    OVERRIDE,
    PROGRAMME,
    Current,
    Plan,
    in_force,
    read_current,
    read_overrides,
    write,
)
from registry.db import utcnow
from registry.errors import N_, Conflict, InvalidInput, NotFound, VersionMismatch
from registry.events.origin import origin_of
from registry.json_text import dumps

FIXED = ("iati_identifier", "derived_identifier", "last_updated")
"""Fields of a feed's programme that say which one it is: no person's value goes over them."""


CLAIMS = ("iati_identifier", "reporting_org")
"""Fields that say whose programme it is: a change of one is checked as in a new programme."""


def create_programme(session: Session, actor: Actor, data: Mapping[str, Any], now: datetime | None = None) -> int:
    """Enter a programme (ProgrammeCreateSchema) and return its id. Donors and agencies enter what they report.

    Raises InvalidInput where the reporting organisation is not the actor's to report for, or the identifier another's.
    """
    now = now or utcnow()
    document = dict(data["document"])
    own = actor.organisation_id
    if own is not None and "reporting_org" not in document:
        document["reporting_org"] = organisation_as_named(session, own)
    owner = reporter_of(session, actor, document)
    record = Programme(
        iati_identifier="", title="", reporting_organisation_id=owner, visibility=data.get("visibility", "public")
    )
    policy.require(standing_in(session, actor, owner), "programme.create", record)
    if not document.get("iati_identifier"):
        document |= {"iati_identifier": f"CASA-{uuid.uuid4().hex[:12]}", "derived_identifier": True}
    plan = Plan(
        None, 1, CREATED, document, list(data.get("themes", ())), "person", "person", dumps(document),
        visibility=record.visibility, owner=owner, by_reporter=own is not None,
    )  # fmt: skip
    write(session, [plan], actor=actor, now=now)
    assert plan.programme_id is not None
    audit.record(session, actor, "programme.create", f"programme:{plan.programme_id}")
    return plan.programme_id


def organisation_as_named(session: Session, organisation_id: int) -> dict[str, Any]:
    """An organisation as documents name it: its first identifier, its kind and its name."""
    organisation = session.get_one(Organisation, organisation_id)
    ref = session.execute(
        select(IDENTIFIER.c.value).where(IDENTIFIER.c.organisation_id == organisation_id).order_by(IDENTIFIER.c.id)
    ).scalar()
    named = {"ref": ref, "type": organisation.kind, "narratives": [{"text": organisation.name}]}
    return {name: value for name, value in named.items() if value}


def update_programme(
    session: Session,
    actor: Actor,
    programme_id: int,
    data: Mapping[str, Any],
    expected_version: int | None,
    *,
    replace: bool = False,
    now: datetime | None = None,
) -> int:
    """Change a programme and return its version; nothing is written where nothing changes.

    `data`: ProgrammePatchSchema, a null takes a field away; with `replace` ProgrammeCreateSchema, and fields of the
    document that are not given go. Raises VersionMismatch, Conflict (archived), InvalidInput (fixed fields).
    """
    now = now or utcnow()
    current = _readable(session, actor, programme_id)
    policy.require(
        standing_in(session, actor, current.owner), "programme.update", session.get_one(Programme, programme_id)
    )
    _check(current, expected_version)
    stored = orjson.loads(current.document)
    overrides = read_overrides(session, [programme_id]).get(programme_id, {})
    before, themes = in_force(stored, current.themes.split(), overrides)
    given = dict(data.get("document") or {})
    if replace:
        given = {**dict.fromkeys(name for name in before if name not in FIXED), **given}
    wanted_themes = list(data.get("themes", () if replace else themes))
    changed = {name: value for name, value in given.items() if value != before.get(name)}
    if "iati_identifier" in changed and "derived_identifier" in before:
        changed["derived_identifier"] = None
    if changed.get("iati_identifier", before) is None:
        raise InvalidInput({NUMBER: [N_("A programme keeps an identifier: give another, or leave this one as it is.")]})
    after = {name: value for name, value in {**before, **changed}.items() if value is not None}
    owner = current.owner
    if any(name in changed and changed[name] != stored.get(name) for name in CLAIMS):
        owner = reporter_of(session, actor, after)
    if current.source != "person":
        if fixed := [name for name in FIXED if name in changed]:
            raise InvalidInput({f"document.{fixed[0]}": [N_("This comes from the source and names the programme.")]})
        edits = dict(changed)
        if wanted_themes != themes:
            edits["themes"] = wanted_themes
        _override(session, actor, programme_id, edits, {**stored, "themes": None}, now)
    changes = document_changes(before, after)
    visibility = data.get("visibility", current.visibility)
    changes |= changes_between(
        {"themes": themes, "visibility": current.visibility}, {"themes": wanted_themes, "visibility": visibility}
    )
    if not changes:
        return current.version
    plan = Plan(
        programme_id, current.version + 1, "programme.updated", after, wanted_themes, current.relevance, current.source,
        dumps(after) if current.source == "person" else None, visibility=visibility, changes=changes,
        owner=owner if current.source == "person" else None, before=current.audience,
        origin=origin_of(current),
    )  # fmt: skip
    write(session, [plan], actor=actor, now=now)
    if actor.organisation_id is not None and current.source == "person":
        session.execute(update(PROGRAMME).where(PROGRAMME.c.id == programme_id).values(by_reporter=True))
    audit.record(session, actor, "programme.update", f"programme:{programme_id}", fields=sorted(changes))
    settled = settle_written(session, "programme", [programme_id], actor, now)
    session.expire_all()
    return settled.get(programme_id, plan.version)


def _override(
    session: Session,
    actor: Actor,
    programme_id: int,
    edits: Mapping[str, Any],
    stored: Mapping[str, Any],
    now: datetime,
) -> None:
    """Lay a person's values over the source's; a value the source has itself needs none."""
    if not edits:
        return
    session.execute(delete(OVERRIDE).where(OVERRIDE.c.programme_id == programme_id, OVERRIDE.c.field.in_(list(edits))))
    rows = [
        {
            "programme_id": programme_id,
            "field": name,
            "value": dumps(value),
            "seen": dumps(stored.get(name)),
            "user_id": actor.user_id,
            "at": now,
        }
        for name, value in edits.items()
        if name == "themes" or value != stored.get(name)
    ]
    if rows:
        session.execute(insert(OVERRIDE), rows)


def release_fields(
    session: Session,
    actor: Actor,
    programme_id: int,
    names: Sequence[str],
    expected_version: int | None,
    now: datetime | None = None,
) -> int:
    """Give fields back to the source's own values and return the version; themes follow with its next change."""
    current = _readable(session, actor, programme_id)
    _check(current, expected_version)
    stored = orjson.loads(current.document)
    held = read_overrides(session, [programme_id]).get(programme_id, {})
    if "themes" in names and "themes" in held:
        policy.require(
            standing_in(session, actor, current.owner), "programme.update", session.get_one(Programme, programme_id)
        )
        session.execute(delete(OVERRIDE).where(OVERRIDE.c.programme_id == programme_id, OVERRIDE.c.field == "themes"))
    values = {name: stored.get(name) for name in names if name in held and name != "themes"}
    return update_programme(session, actor, programme_id, {"document": values}, expected_version, now=now)


def archive_programme(
    session: Session,
    actor: Actor,
    programme_id: int,
    reason: str,
    expected_version: int | None,
    now: datetime | None = None,
) -> None:
    """Withdraw a programme: it stays as a tombstone. Raises VersionMismatch, Conflict where it is withdrawn."""
    current = _readable(session, actor, programme_id)
    policy.require(
        standing_in(session, actor, current.owner), "programme.archive", session.get_one(Programme, programme_id)
    )
    _check(current, expected_version)
    archive(session, [programme_id], reason, actor, now or utcnow())
    session.expire_all()


def _readable(session: Session, actor: Actor, programme_id: int) -> Current:
    seen = session.execute(
        select(Programme.id).where(Programme.id == programme_id, policy.visible(actor, Programme))  # type: ignore
    ).first()
    current = read_current(session, [programme_id]) if seen else {}
    if programme_id not in current:
        raise NotFound(N_("There is no such programme."))
    return current[programme_id]


def _check(current: Current, expected_version: int | None) -> None:
    if expected_version is not None and current.version != expected_version:
        raise VersionMismatch(current.version)
    if current.archived_at:
        raise Conflict(N_("This programme was withdrawn; it can no longer be changed."))
