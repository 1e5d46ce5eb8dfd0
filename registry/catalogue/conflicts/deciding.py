"""A person's word on a conflict: kept for good, asked for again only when a value comes that nobody has judged.

Taking another's value is an edit over the leading record; keeping, or letting both stand, changes no programme.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import delete, insert, select
from sqlmodel import Session

from registry.accounts import audit, policy
from registry.accounts.actor import Actor
from registry.catalogue.conflicts.disagreement import key
from registry.catalogue.conflicts.finding import refresh_conflicts
from registry.catalogue.conflicts.keeping import HISTORY, conflict_event
from registry.catalogue.conflicts.models import Conflict
from registry.catalogue.editing import release_fields, update_programme
from registry.catalogue.history import record_revision
from registry.catalogue.models import Programme
from registry.catalogue.programmes import get_programme
from registry.catalogue.writing import OVERRIDE
from registry.db import utcnow
from registry.errors import N_, InvalidInput, NotFound, VersionMismatch
from registry.errors import Conflict as ConflictError
from registry.events.outbox import emit
from registry.json_text import dumps


def get_conflict(session: Session, actor: Actor, conflict_id: int, lock: bool = False) -> Conflict:
    """Raises NotFound where there is none the actor may see."""
    statement = select(Conflict).where(Conflict.id == conflict_id, policy.visible(actor, Conflict))  # type: ignore[arg-type]
    conflict = session.execute(statement.with_for_update() if lock else statement).scalar_one_or_none()
    if conflict is None:
        raise NotFound(N_("There is no such conflict."))
    return conflict


def decide(
    session: Session,
    actor: Actor,
    conflict_id: int,
    data: Mapping[str, Any],
    expected_version: int | None,
    now: datetime | None = None,
) -> Conflict:
    """Decide (DecisionForm), or with a null take the decision back: as if it had never been made.

    Raises NotFound, NotAllowed, VersionMismatch, Conflict (decided already, nothing to decide or to take back),
    InvalidInput (no such side).
    """
    now = now or utcnow()
    conflict = get_conflict(session, actor, conflict_id, lock=True)
    programme = session.get_one(Programme, conflict.programme_id)
    policy.require(actor, "conflict.decide", programme)
    if expected_version is not None and conflict.version != expected_version:
        raise VersionMismatch(conflict.version)
    decision = data["decision"]
    if decision is None and conflict.decision is None:
        raise ConflictError(N_("Nobody has decided this: there is nothing to take back."))
    if decision is not None and conflict.decision is not None:
        raise ConflictError(N_("This is decided: take that decision back first."))
    if decision is not None and conflict.state == "gone":
        raise ConflictError(N_("The sources agree by now: there is nothing to decide."))
    owner = programme.reporting_organisation_id
    before = {"decision": conflict.decision, "state": conflict.state}
    if decision is None:
        _take_back(session, actor, conflict, now)
    else:
        _apply(session, actor, conflict, data, now)
    changes = {
        "decision": [before["decision"], conflict.decision], "state": [before["state"], conflict.state],
        "reason": ["", data["reason"]],
    }  # fmt: skip
    changes = {name: pair for name, pair in changes.items() if pair[0] != pair[1]}
    record_revision(session, actor, HISTORY, conflict_id, conflict.version, changes, now)
    audit.record(
        session, actor, "conflict.decide", f"conflict:{conflict_id}", programme=conflict.programme_id,
        field=conflict.field, decision=decision, before=before["decision"], reason=data["reason"],
    )  # fmt: skip
    event = "conflict.decided" if decision is not None else "conflict.opened"
    emit(session, conflict_event(event, conflict, owner), at=now)
    refresh_conflicts(session, [conflict.programme_id], actor, now)
    session.refresh(conflict)
    return conflict


def _apply(session: Session, actor: Actor, conflict: Conflict, data: Mapping[str, Any], now: datetime) -> None:
    sides = orjson.loads(conflict.sides)
    judged = set(orjson.loads(conflict.judged))
    added = {key(conflict.field, side["gist"]) for side in sides} - judged
    undo: dict[str, Any] = {"added": sorted(added)}
    if data["decision"] == "take":
        if data["side"] >= len(sides):
            raise InvalidInput({"side": [N_("There is no such value.")]})
        undo["field"] = _take(session, actor, conflict, sides[data["side"]], now)
    _write(session, conflict, actor, "decided", data["decision"], judged | added, undo, data["reason"], now)


def _write(
    session: Session,
    conflict: Conflict,
    actor: Actor,
    state: str,
    decision: str | None,
    judged: set[str],
    undo: dict[str, Any] | None,
    reason: str,
    now: datetime,
) -> None:
    conflict.state, conflict.decision, conflict.reason = state, decision, reason
    conflict.judged, conflict.undo = dumps(sorted(judged)), None if undo is None else dumps(undo)
    conflict.user_id, conflict.decided_at = (actor.user_id, now) if decision else (None, None)
    conflict.version += 1
    session.add(conflict)
    session.flush()


def _take(
    session: Session, actor: Actor, conflict: Conflict, side: Mapping[str, Any], now: datetime
) -> dict[str, Any]:  # fmt: skip
    """Put a side's value in force. Returns what was there, for taking it back."""
    programme_id, name = conflict.programme_id, conflict.field
    edit = session.execute(select(*_EDIT).where(*_edit_of(conflict))).first()
    _programme, document, _provenance = get_programme(session, actor, programme_id)
    before = {"value": document.get(name), "edit": edit and dict(edit._mapping, at=edit.at.isoformat())}
    if side["programme_id"] == programme_id:
        release_fields(session, actor, programme_id, [name], None, now)
    else:
        _other, theirs, _ = get_programme(session, actor, side["programme_id"])
        update_programme(session, actor, programme_id, {"document": {name: theirs.get(name)}}, None, now=now)
    return before


_EDIT = (OVERRIDE.c.value, OVERRIDE.c.seen, OVERRIDE.c.user_id, OVERRIDE.c.at)


def _edit_of(conflict: Conflict) -> tuple[Any, ...]:
    return OVERRIDE.c.programme_id == conflict.programme_id, OVERRIDE.c.field == conflict.field


def _take_back(session: Session, actor: Actor, conflict: Conflict, now: datetime) -> None:
    """The value that was in force, whose edit it was, and the questions that were open."""
    undo = orjson.loads(conflict.undo or '{"added": []}')
    programme_id, name = conflict.programme_id, conflict.field
    if before := undo.get("field"):
        edit = before["edit"]
        if edit is None and session.get_one(Programme, programme_id).source != "person":
            release_fields(session, actor, programme_id, [name], None, now)
        else:
            update_programme(session, actor, programme_id, {"document": {name: before["value"]}}, None, now=now)
        if edit is not None:
            # The edit as it was: what its author had seen of the source is part of it.
            row = {**edit, "at": datetime.fromisoformat(edit["at"]), "programme_id": programme_id, "field": name}
            session.execute(delete(OVERRIDE).where(*_edit_of(conflict)))
            session.execute(insert(OVERRIDE), [row])
    judged = set(orjson.loads(conflict.judged)) - set(undo["added"])
    _write(session, conflict, actor, "open", None, judged, None, "", now)
