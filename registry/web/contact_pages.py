"""Points of contact: the directory by instrument and State; entered, changed, confirmed, deleted; many from a table."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from registry.accounts import policy
from registry.catalogue import history, reference
from registry.catalogue.reference import State
from registry.compliance.contacts import importing, service
from registry.compliance.contacts.models import ROLES, Contact
from registry.compliance.participation.instruments import instruments
from registry.db import utcnow
from registry.errors import N_, Conflict, InvalidInput, NotFound, RegistryError, VersionMismatch
from registry.http import actor, session
from registry.web import choices, lists
from registry.web.conflicts import conflict_page
from registry.web.forms import Form, expected_version
from registry.web.history_view import revisions
from registry.web.i18n import message
from registry.web.labels import label
from registry.web.standards_words import instrument_name
from registry.web.tables_in import import_page

pages = Blueprint("contacts", __name__)

SHOWN = 50
LISTS = ("languages", "instruments")
WORDS = {
    "state": N_("State"), "office": N_("Office"), "role": N_("For what"), "email": N_("E-mail"),
    "phone": N_("Telephone"), "languages": N_("Languages"), "instruments": N_("Instruments"),
    "published": N_("Shown to everybody"), "source": N_("Where it is from"), "confirmed_on": N_("Last confirmed"),
    "file": N_("File"), "columns": N_("Columns"),
}  # fmt: skip


def words_of(path: str) -> str:
    """The words for a field."""
    name = path.partition(".")[0]
    return gettext(WORDS[name]) if name in WORDS else path


@pages.get("/contacts")
def index() -> ResponseReturnValue:
    """The directory, as far as the reader may see it."""
    filters = {name: request.args.get(name) or None for name in ("instrument", "state", "role")}
    found, following = service.list_contacts(session(), actor(), filters, request.args.get("cursor"), SHOWN)
    return render_template(
        "contacts/index.html",
        contacts=_described(found),
        instruments=_instruments(),
        states=choices.states(),
        roles=_roles(),
        may=policy.can(actor(), "contact.write"),
        first_url=lists.first_url(),
        next_url=lists.next_url(following),
        data_url="/api/v1/contacts",
    )


@pages.get("/states/<state>/contacts")
def of_state(state: str) -> ResponseReturnValue:
    """A State's points of contact."""
    return _of_state(_state(state), Form({"role": ROLES[0], "instruments": [request.args.get("instrument")]}))


@pages.post("/states/<state>/contacts")
def enter(state: str) -> ResponseReturnValue:
    """Enter one."""
    found, typed = _state(state), _typed()
    try:
        service.enter(session(), actor(), {**typed, "state": found.alpha3})
    except (InvalidInput, Conflict) as error:
        return _of_state(found, Form(typed, _fields(error))), error.status
    flash(gettext("Saved."), "good")
    return redirect(url_for("web.contacts.of_state", state=found.alpha3), 303)


@pages.get("/contacts/<int:contact_id>")
def show(contact_id: int) -> ResponseReturnValue:
    """One point of contact; who may, changes it here."""
    contact = service.get_contact(session(), actor(), contact_id)
    return _show(contact, Form(_stored(contact), version=contact.version))


@pages.post("/contacts/<int:contact_id>")
def change(contact_id: int) -> ResponseReturnValue:
    """Change it."""
    contact, typed = service.get_contact(session(), actor(), contact_id), _typed()
    try:
        service.change(session(), actor(), contact_id, typed, expected_version(request.form))
    except (InvalidInput, Conflict) as error:
        return _show(contact, Form(typed, _fields(error), contact.version)), error.status
    except VersionMismatch as error:
        here, there = (url_for(f"web.contacts.{view}", contact_id=contact_id) for view in ("change", "show"))
        return conflict_page(typed, _stored(contact), version=error.current, url=here, edit_url=there, words=words_of)
    flash(gettext("Saved."), "good")
    return redirect(url_for("web.contacts.show", contact_id=contact_id), 303)


@pages.post("/contacts/<int:contact_id>/confirm")
def confirm(contact_id: int) -> ResponseReturnValue:
    """It is still right."""
    service.confirm(session(), actor(), contact_id, expected_version(request.form))
    flash(gettext("Confirmed as of today."), "good")
    return redirect(url_for("web.contacts.show", contact_id=contact_id), 303)


@pages.post("/contacts/<int:contact_id>/remove")
def remove(contact_id: int) -> ResponseReturnValue:
    """Delete it, with its history."""
    state = service.get_contact(session(), actor(), contact_id).state
    service.remove(session(), actor(), contact_id, expected_version(request.form))
    flash(gettext("Deleted, with its history."), "good")
    return redirect(url_for("web.contacts.of_state", state=state), 303)


@pages.get("/contacts/import")
def table() -> ResponseReturnValue:
    """Where a table is handed in."""
    return _table()


@pages.post("/contacts/import")
def import_file() -> ResponseReturnValue:
    """Points of contact from a table: looked at first, then entered."""
    return _table()


def _table() -> ResponseReturnValue:
    return import_page(
        importing.import_rows, "contacts/import.html", columns=importing.COLUMNS, roles=ROLES, words=words_of
    )


def _of_state(state: State, form: Form) -> str:
    found, _more = service.list_contacts(session(), actor(), {"state": state.alpha3}, limit=500)
    blank = Contact(state=state.alpha3, office="", instruments="", source="", confirmed_on=utcnow().date())
    return render_template(
        "contacts/state.html",
        state=state,
        contacts=_described(found),
        may=policy.can(actor(), "contact.write", blank),
        data_url=f"/api/v1/contacts?state={state.alpha3}",
        **_form_parts(form),
    )


def _show(contact: Contact, form: Form) -> str:
    may = policy.can(actor(), "contact.write", contact)
    return render_template(
        "contacts/show.html",
        contact=service.describe(contact, utcnow().date()),
        state=reference.states()[contact.state],
        may=may,
        history=revisions(history.versions(session(), "contact", contact.id or 0), words_of) if may else [],
        data_url=f"/api/v1/contacts/{contact.id}",
        **_form_parts(form),
    )


def _form_parts(form: Form) -> dict[str, Any]:
    usual = choices.languages()
    # What came by another way than this form is kept when the form is sent.
    others = [(code, code) for code in form.value("languages") or () if code not in dict(usual)]
    return {
        "form": form, "instruments": _instruments(), "roles": _roles(), "languages_known": usual + others,
        "words": words_of,
    }  # fmt: skip


def _described(found: list[Contact]) -> list[dict[str, Any]]:
    today = utcnow().date()
    return [service.describe(contact, today) for contact in found]


def _instruments() -> list[tuple[str, str]]:
    return [(id_, instrument_name(id_)) for id_ in instruments(session())]


def _roles() -> list[tuple[str, str]]:
    return [(role, label("contact_role", role)) for role in ROLES]


def _typed() -> dict[str, Any]:
    """What the form says; a box that is not ticked sends nothing."""
    typed: dict[str, Any] = {name: request.form.get(name, "") for name in service.FIELDS if name not in LISTS}
    typed |= {name: request.form.getlist(name) for name in LISTS}
    return typed | {"published": "yes" in request.form.getlist("published")}


def _stored(contact: Contact) -> dict[str, Any]:
    stored = service.describe(contact, utcnow().date())
    return {name: stored[name] for name in service.FIELDS} | {"confirmed_on": contact.confirmed_on.isoformat()}


def _fields(error: RegistryError) -> Mapping[str, list[str]]:
    """Errors by field; those of one of several choices stand at the choices."""
    if not isinstance(error, InvalidInput):
        return {"_schema": [message(error)]}
    found: dict[str, list[str]] = {}
    for path, texts in error.fields.items():
        found.setdefault(path.partition(".")[0], []).extend(texts)
    return found


def _state(text: str) -> State:
    found = reference.resolve_state(text)
    if found is None:
        raise NotFound(N_("There is no such State."))
    return found
