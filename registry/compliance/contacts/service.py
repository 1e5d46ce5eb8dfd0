"""Points of contact: entered, changed, confirmed, deleted. What identifies anybody never leaves the row itself.

History, events and the audit log say that an address changed, never what it was; deleting takes the history along.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from registry.accounts import audit, policy
from registry.accounts.actor import Actor
from registry.accounts.finding import visible_one
from registry.catalogue.history import Changes, changes_between, forget, record_revision
from registry.catalogue.paging import Sort, keyset
from registry.compliance.contacts import rules
from registry.compliance.contacts.models import Contact
from registry.compliance.contacts.schemas import ContactForm, ContactPatch
from registry.compliance.participation.instruments import instruments
from registry.db import touch, utcnow
from registry.errors import N_, Conflict, InvalidInput, VersionMismatch
from registry.events.outbox import Audience, Change, emit
from registry.schemas import load

MISSING = N_("There is no such point of contact.")
TWICE = N_("This State has an entry for this office and role already: change that one.")
FIELDS = (
    "office", "role", "email", "phone", "languages", "instruments", "published", "source", "confirmed_on",
)  # fmt: skip
PERSONAL = frozenset({"office", "email", "phone", "source"})
"""Of these the history says only that they changed"""
KEPT_BACK = "…"
ORDER = Sort((Contact.state, Contact.id), name="state")


def get_contact(session: Session, actor: Actor, contact_id: int, *, lock: bool = False) -> Contact:
    """Raises NotFound, also where the actor may not know of it."""
    return visible_one(session, actor, Contact, contact_id, MISSING, lock=lock)


def list_contacts(
    session: Session, actor: Actor, filters: Mapping[str, Any], cursor: str | None = None, limit: int = 50
) -> tuple[list[Contact], str | None]:
    """A page of what the actor may see, by State, and the next page's cursor.

    Filters: `state` (alpha-3), `instrument`, `role`, `stale_before` (day: confirmed before it).
    """
    page = keyset(session, _filtered(actor, filters), ORDER, cursor, limit)
    return [row[0] for row in page.rows], page.next


def _filtered(actor: Actor, filters: Mapping[str, Any]) -> Select[Any]:
    query = select(Contact).where(policy.visible(actor, Contact))
    for name in ("state", "role"):
        if filters.get(name):
            query = query.where(getattr(Contact, name) == filters[name])
    if filters.get("instrument"):
        query = query.where(col(Contact.instruments).contains(f" {filters['instrument']} ", autoescape=True))
    if filters.get("stale_before"):
        query = query.where(col(Contact.confirmed_on) < filters["stale_before"])
    return query


def describe(contact: Contact, today: date) -> dict[str, Any]:
    """A point of contact as the API shows it."""
    names = ("id", "state", *FIELDS, "version", "created_at", "updated_at")
    return {
        **{name: getattr(contact, name) for name in names},
        "languages": contact.languages.split(),
        "instruments": contact.instruments.split(),
        "stale": rules.is_stale(contact.confirmed_on, today),
    }


def enter(session: Session, actor: Actor, data: Mapping[str, Any], now: datetime | None = None) -> Contact:
    """Enter a point of contact (ContactForm). Raises InvalidInput, NotAllowed, Conflict where it is there."""
    form, now = load(ContactForm(), data), now or utcnow()
    state = form.pop("state") or actor.state
    if state is None:
        raise InvalidInput({"state": [N_("This is needed.")]})
    content = _content(form) | {"confirmed_on": form["confirmed_on"] or now.date()}
    contact = Contact(state=state, created_at=now, updated_at=now, **content)
    policy.require(actor, "contact.write", contact)
    _judge(session, contact.instruments.split(), content, now.date())
    _save(session, contact)
    _note(session, actor, contact, "created", changes_between({}, content), now)
    return contact


def change(
    session: Session, actor: Actor, contact_id: int, data: Mapping[str, Any], expected_version: int | None,
    now: datetime | None = None,
) -> Contact:  # fmt: skip
    """Change a point of contact (ContactPatch; what is left out stays).

    Raises InvalidInput, NotAllowed, NotFound, VersionMismatch, Conflict.
    """
    now = now or utcnow()
    contact = get_contact(session, actor, contact_id, lock=True)
    policy.require(actor, "contact.write", contact)
    before = {name: getattr(contact, name) for name in FIELDS}
    after = before | _content(load(ContactPatch(), data))
    after["confirmed_on"] = after["confirmed_on"] or now.date()
    changes = changes_between(before, after)
    if not changes and expected_version in (None, contact.version):
        return contact
    _judge(session, after["instruments"].split(), after, now.date())
    audience = _audience(contact)
    touch(contact, expected_version, now)
    for name, value in after.items():
        setattr(contact, name, value)
    _save(session, contact)
    _note(session, actor, contact, "updated", changes, now, audience)
    return contact


def confirm(
    session: Session, actor: Actor, contact_id: int, expected_version: int | None, now: datetime | None = None
) -> Contact:
    """Say that it is still right today. Raises NotAllowed, NotFound, VersionMismatch."""
    now = now or utcnow()
    return change(session, actor, contact_id, {"confirmed_on": now.date().isoformat()}, expected_version, now)


def remove(
    session: Session, actor: Actor, contact_id: int, expected_version: int | None, now: datetime | None = None
) -> None:
    """Delete a point of contact with its history. Raises NotAllowed, NotFound, VersionMismatch."""
    now = now or utcnow()
    contact = get_contact(session, actor, contact_id, lock=True)
    policy.require(actor, "contact.write", contact)
    if expected_version is not None and contact.version != expected_version:
        raise VersionMismatch(contact.version)
    contact.version += 1
    _note(session, actor, contact, "archived", {}, now)
    forget(session, "contact", contact_id)
    session.delete(contact)


def _content(form: Mapping[str, Any]) -> dict[str, Any]:
    """Columns of what a form says."""
    content = dict(form)
    for name in ("languages", "instruments"):
        if name in content:
            content[name] = rules.packed(content[name])
    return content


def _judge(session: Session, names: list[str], content: Mapping[str, Any], today: date) -> None:
    known = instruments(session)
    wrong = {
        f"instruments.{place}": [N_("There is no such instrument here."), f"There are: {', '.join(known)}."]
        for place, name in enumerate(names)
        if name not in known
    }
    if not content["email"] and not content["phone"]:
        wrong["email"] = [N_("An e-mail address or a telephone number is needed.")]
    if content["confirmed_on"] > today:
        wrong["confirmed_on"] = [N_("This day has not come yet.")]
    if wrong:
        raise InvalidInput(wrong)


def _save(session: Session, contact: Contact) -> None:
    same = select(Contact.id).where(  # type: ignore[call-overload]
        col(Contact.state) == contact.state, col(Contact.office) == contact.office, col(Contact.role) == contact.role
    )
    with session.no_autoflush:
        found = session.scalar(same)
    if found not in (None, contact.id):
        raise Conflict(TWICE)
    try:
        with session.begin_nested():
            session.add(contact)
    except IntegrityError:
        # Somebody entered it between our look and our insert.
        raise Conflict(TWICE) from None


def _audience(contact: Contact) -> Audience:
    return Audience("public" if contact.published else "private", contact.state)


def _note(
    session: Session, actor: Actor, contact: Contact, step: str, changes: Changes, now: datetime,
    before: Audience | None = None,
) -> None:  # fmt: skip
    session.flush()
    record_id = contact.id or 0
    written = {name: [_told(name, value) for value in pair] for name, pair in changes.items()}
    record_revision(session, actor, "contact", record_id, contact.version, written, now)
    summary = {"state": contact.state, "role": contact.role, "instruments": contact.instruments.split()}
    audience = _audience(contact)
    told = Change(
        f"contact.{step}", "contact", record_id, contact.version, summary, audience.visibility, contact.state,
        before=before,
    )  # fmt: skip
    emit(session, told, at=now)
    audit.record(session, actor, f"contact.{step}", f"contact:{record_id}", state=contact.state, role=contact.role)


def _told(name: str, value: Any) -> Any:
    """A value as the history keeps it."""
    if name in PERSONAL:
        return KEPT_BACK if value else None
    return value.isoformat() if isinstance(value, date) else value.strip() if isinstance(value, str) else value
