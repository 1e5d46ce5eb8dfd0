"""What needs and offers have in common: being entered, changed, opened, withdrawn, closed, renewed and expired.

Each act checks the policy, counts the version up, and writes history, search index, event and audit in one
transaction; the pairs it touches are computed anew as the last thing before the commit (refresh.py), and its
commitments are looked at again (ledger/reviewing.py).
"""

from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from marshmallow import Schema
from sqlalchemy import select
from sqlmodel import Session

from registry.accounts import audit, policy
from registry.accounts.actor import Actor
from registry.catalogue import search
from registry.catalogue.history import Version, changes_between, record_revision, versions
from registry.db import touch, utcnow
from registry.errors import N_, InvalidInput, NotFound, VersionMismatch
from registry.events.outbox import Audience, Change, emit
from registry.matching import refresh
from registry.matching.forms import Form
from registry.matching.ledger import reviewing
from registry.matching.lifecycle import Missing, Transition, require_editable, transition
from registry.matching.models import Need, Offer
from registry.matching.schemas import ClosingForm, ReasonForm
from registry.schemas import load

Record = Need | Offer


@dataclass(frozen=True)
class Kind:
    """What differs between needs and offers. Loaded data goes in; forms are what schemas dump."""

    name: str
    model: type[Need] | type[Offer]
    schema: Callable[[], Schema]
    renewal: Callable[[], Schema]
    owner_field: str
    """The form's field that never changes: a record stays with its owner."""
    forms: Callable[[Session, Collection[int]], dict[int, Form]]
    dump: Callable[[dict[str, Any]], Form]
    complete: Callable[[dict[str, Any], Form | None, str, datetime], None]
    """Fill in what was left out: (loaded, the form before, status, now)."""
    write: Callable[[Session, Any, dict[str, Any]], None]
    """Put loaded data into the record and its rows."""
    missing: Callable[[Form, datetime], Missing]
    still_covers: Callable[[Session, int, dict[str, Any]], None]
    """Raise Conflict where loaded data give or ask less than is agreed."""
    searched: Callable[[Form], tuple[str, str]]
    """(title, everything else to be found by)"""


def create(session: Session, actor: Actor, kind: Kind, data: dict[str, Any], now: datetime | None = None) -> Any:
    """Enter a draft. Raises InvalidInput naming fields, NotAllowed."""
    now = now or utcnow()
    loaded = load(kind.schema(), data)
    kind.complete(loaded, None, "draft", now)
    owner = {kind.owner_field: loaded[kind.owner_field]}
    record: Any = kind.model(title=loaded["title"], created_by=actor.user_id, created_at=now, updated_at=now, **owner)
    policy.require(actor, f"{kind.name}.create", record)
    _require_free(session, kind, loaded["reference"], None)
    kind.write(session, record, loaded)
    form = kind.dump(loaded)
    _note(session, actor, kind, record, "created", form, changes_between({}, _said(form)), now)
    return record


def update(
    session: Session,
    actor: Actor,
    kind: Kind,
    record_id: int,
    data: dict[str, Any],
    expected_version: int | None,
    now: datetime | None = None,
) -> tuple[Any, bool]:
    """Change the fields that `data` names; the others stay. Returns (record, whether anything changed).

    Raises InvalidInput, NotFound, NotAllowed, VersionMismatch, Conflict for a closed record. An open record must
    stay matchable.
    """
    now = now or utcnow()
    # What is refused, or changes nothing, is told before anything is held. Drafts have no pairs: only they are held.
    seen = read(session, actor, kind, record_id)
    version, was_draft = seen.version, seen.status == "draft"
    edit = _edit(session, actor, kind, seen, data, expected_version, now)
    if not edit.changes and _version(session, kind, record_id) == version:
        return seen, False
    if not was_draft:
        refresh.hold(session)
    record = _locked(session, kind, record_id)
    if was_draft and record.status != "draft":
        raise VersionMismatch(record.version)  # opened meanwhile: to hold the pairs behind the record could deadlock
    if record.version != version:
        edit = _edit(session, actor, kind, record, data, expected_version, now)
        if not edit.changes:
            return record, False
    loaded, form, changes, seen_by = edit.loaded, edit.form, edit.changes, _audience(record)
    _require_free(session, kind, loaded["reference"], record_id)
    kind.still_covers(session, record_id, loaded)
    touch(record, None, now)
    kind.write(session, record, loaded)
    _note(session, actor, kind, record, "updated", form, changes, now, seen_by)
    return record, True


def change_status(
    session: Session,
    actor: Actor,
    kind: Kind,
    record_id: int,
    action: str,
    data: dict[str, Any] | None = None,
    expected_version: int | None = None,
    now: datetime | None = None,
) -> Any:
    """Open, withdraw, close, renew or expire; `data` as the action's schema has it (a reason, a new window).

    Raises NotFound, NotAllowed, VersionMismatch, Conflict naming the status, InvalidInput naming what is missing.
    """
    now = now or utcnow()
    # What is refused is told before anything is held.
    seen = read(session, actor, kind, record_id)
    version = seen.version
    step = _step(session, actor, kind, seen, action, data, expected_version, now)
    refresh.hold(session)
    record = _locked(session, kind, record_id)
    if record.version != version:
        step = _step(session, actor, kind, record, action, data, expected_version, now)
    found, before, form, seen_by = step.found, step.before, step.form, _audience(record)
    status_before, reason_before = record.status, record.status_reason
    if step.loaded is not None:
        kind.write(session, record, step.loaded)
        record.opened_at, record.closed_at, record.status_reason = record.opened_at or now, None, None
    else:
        record.closed_at, record.status_reason = now, step.reason
    touch(record, None, now)
    record.status = found.target
    changes = changes_between(
        {**before, "status": status_before, "status_reason": reason_before},
        {**form, "status": record.status, "status_reason": record.status_reason},
    )
    _note(session, actor, kind, record, found.past, form, changes, now, seen_by)
    return record


def read(session: Session, actor: Actor, kind: Kind, record_id: int) -> Any:
    """The record. Raises NotFound where there is none that the actor may see."""
    model: Any = kind.model
    record = session.execute(
        select(model).where(model.id == record_id, policy.visible(actor, model))
    ).scalar_one_or_none()
    if record is None:
        raise NotFound(N_("There is no such need.") if kind.name == "need" else N_("There is no such offer."))
    return record


def history(session: Session, actor: Actor, kind: Kind, record_id: int) -> list[Version]:
    """The record's versions, newest first. Raises NotFound as `read` does."""
    read(session, actor, kind, record_id)
    return versions(session, kind.name, record_id)


@dataclass(frozen=True)
class _Edit:
    """What a change of fields comes to: loaded data, the form they make, field → [before, after]."""

    loaded: dict[str, Any]
    form: Form
    changes: dict[str, Any]


@dataclass(frozen=True)
class _Step:
    """What a step of a record's life comes to; `loaded` where it becomes open, `reason` where it does not."""

    found: Transition
    before: Form
    form: Form
    loaded: dict[str, Any] | None
    reason: str | None


def _edit(
    session: Session,
    actor: Actor,
    kind: Kind,
    record: Any,
    data: dict[str, Any],
    expected_version: int | None,
    now: datetime,
) -> _Edit:
    """Check a change of this record as it stands. Raises as `update` does."""
    _require_allowed(actor, kind, record, "update", expected_version)
    require_editable(record.status)
    before = kind.forms(session, [record.id])[record.id]
    loaded = load(kind.schema(), {**before, **data})
    kind.complete(loaded, before, record.status, now)
    if loaded[kind.owner_field] != before[kind.owner_field]:
        raise InvalidInput({kind.owner_field: [N_("This stays as it was entered.")]})
    form = kind.dump(loaded)
    changes = changes_between(before, form)
    if changes and record.status == "open":
        _require_matchable(kind, form, now)
    return _Edit(loaded, form, changes)


def _step(
    session: Session,
    actor: Actor,
    kind: Kind,
    record: Any,
    action: str,
    data: dict[str, Any] | None,
    expected_version: int | None,
    now: datetime,
) -> _Step:
    """Check a step of this record as it stands. Raises as `change_status` does."""
    _require_allowed(actor, kind, record, action, expected_version)
    found = transition(action, record.status)
    given = load(_form_of(kind, action)(), data or {})
    before = kind.forms(session, [record.id])[record.id]
    if found.target != "open":
        return _Step(found, before, before, None, given.get("reason"))
    said = _plain(given)
    loaded = load(kind.schema(), {**before, **said})
    if action == "renew" and "expires_at" in loaded and "expires_at" not in said:
        loaded["expires_at"] = None  # the old moment has passed: complete() sets the usual one
    kind.complete(loaded, before, "open", now)
    form = kind.dump(loaded)
    _require_matchable(kind, form, now)
    return _Step(found, before, form, loaded, None)


def _require_allowed(actor: Actor, kind: Kind, record: Any, action: str, expected_version: int | None) -> None:
    policy.require(actor, f"{kind.name}.{action}", record)
    if expected_version is not None and record.version != expected_version:
        raise VersionMismatch(record.version)


def _version(session: Session, kind: Kind, record_id: int) -> int:
    """The record's version in force: what was read in several statements is of one version where it is the same."""
    model: Any = kind.model
    return session.execute(select(model.version).where(model.id == record_id)).scalar_one()


def _locked(session: Session, kind: Kind, record_id: int) -> Any:
    """The record as it stands now, held against other writers until the commit."""
    model: Any = kind.model
    chosen = select(model).where(model.id == record_id).with_for_update()
    return session.execute(chosen.execution_options(populate_existing=True)).scalar_one()


def _form_of(kind: Kind, action: str) -> Callable[[], Schema]:
    return {"renew": kind.renewal, "close": ClosingForm}.get(action, ReasonForm)


def _plain(given: dict[str, Any]) -> dict[str, Any]:
    """A renewal as JSON values, for the form; the reason belongs to the status."""
    return {name: value.isoformat() for name, value in given.items() if isinstance(value, date)}


def _require_matchable(kind: Kind, form: Form, now: datetime) -> None:
    if missing := kind.missing(form, now):
        raise InvalidInput(missing, N_("Something is missing before this can be matched."))


def _require_free(session: Session, kind: Kind, reference: str | None, record_id: int | None) -> None:
    model: Any = kind.model
    if reference is None:
        return
    taken = session.execute(select(model.id).where(model.reference == reference)).scalar_one_or_none()
    if taken is not None and taken != record_id:
        raise InvalidInput({"reference": [N_("Another record has this reference already.")]})


def _said(form: Form) -> Form:
    return {name: value for name, value in form.items() if value not in (None, "", [])}


def _audience(record: Record) -> Audience:
    return Audience(
        # A draft is its owner's alone, whatever it will be once it is open.
        "private" if record.status == "draft" else record.visibility,
        record.state if isinstance(record, Need) else None,
        record.organisation_id if isinstance(record, Offer) else None,
    )


def _note(
    session: Session,
    actor: Actor,
    kind: Kind,
    record: Any,
    past: str,
    form: Form,
    changes: Any,
    now: datetime,
    seen_by: Audience | None = None,
) -> None:
    """History, search index, event, audit; and the pairs, where the record is or was open.

    `seen_by`: who could see the record before.
    """
    session.flush()
    changes = {**changes, **({"status": [None, record.status]} if past == "created" else {})}
    record_revision(session, actor, kind.name, record.id, record.version, changes, at=now)
    search.index(session, kind.name, [(record.id, *kind.searched(form))])
    summary = {name: form[name] for name in ("reference", "title", "themes", kind.owner_field)}
    summary |= {"status": record.status}
    emit(
        session,
        Change(
            f"{kind.name}.{past}", kind.name, record.id, record.version, summary, before=seen_by,
            **asdict(_audience(record)),
        ),
        at=now,
    )  # fmt: skip
    subject = f"{kind.name}:{record.id}"
    audit.record(session, actor, f"{kind.name}.{past}", subject, version=record.version, fields=sorted(changes))
    if record.status == "open" or past not in ("created", "updated"):
        refresh.later(session, kind.name, record.id)
    if past != "created" and record.status != "draft":
        reviewing.later(session, f"{kind.name}_id", [record.id], now)
