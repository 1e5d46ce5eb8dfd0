"""What a State did towards instruments: shown, entered, corrected, confirmed, taken back; many at once from a table."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from registry.accounts import policy
from registry.catalogue import history, reference
from registry.catalogue.acts import ACTS, periods
from registry.catalogue.models import Participation
from registry.catalogue.reference import State
from registry.compliance.participation import importing, service
from registry.compliance.participation.instruments import instruments
from registry.compliance.participation.suggesting import suggestions
from registry.db import utcnow
from registry.errors import N_, Conflict, InvalidInput, NotFound, RegistryError, VersionMismatch
from registry.http import actor, session
from registry.web.conflicts import conflict_page
from registry.web.forms import Form, expected_version
from registry.web.history_view import revisions
from registry.web.i18n import message
from registry.web.labels import label
from registry.web.standards_words import instrument_name
from registry.web.tables_in import import_page

pages = Blueprint("participation", __name__)

WORDS = {
    "state": N_("State"), "instrument": N_("Instrument"), "act": N_("What it did"), "on": N_("On which day"),
    "source": N_("Where it can be read"), "reservation": N_("Reservation or declaration"), "checked": N_("Confirmed"),
    "file": N_("File"), "columns": N_("Columns"),
}  # fmt: skip


def words_of(path: str) -> str:
    """The words for a field."""
    return gettext(WORDS[path]) if path in WORDS else path


@pages.get("/states/<state>/participation")
def index(state: str) -> ResponseReturnValue:
    """A State's acts, instrument by instrument."""
    return _index(_state(state), Form({"instrument": request.args.get("instrument", "")}))


@pages.post("/states/<state>/participation")
def enter(state: str) -> ResponseReturnValue:
    """Enter one act."""
    found = _state(state)
    typed = {name: request.form.get(name, "") for name in ("instrument", *service.FIELDS)}
    try:
        entered = service.enter(session(), actor(), found.alpha3, typed)
    except (InvalidInput, Conflict) as error:
        return _index(found, Form(typed, _fields(error))), error.status
    _told(entered.warnings)
    return redirect(url_for("web.participation.index", state=found.alpha3), 303)


@pages.get("/participation/<int:act_id>")
def show(act_id: int) -> ResponseReturnValue:
    """One act with its history; who may, corrects it here."""
    row = service.get_act(session(), actor(), act_id)
    return _show(row, Form(_stored(row), version=row.version))


@pages.post("/participation/<int:act_id>")
def change(act_id: int) -> ResponseReturnValue:
    """Correct it."""
    row = service.get_act(session(), actor(), act_id)
    typed = {name: request.form.get(name, "") for name in service.FIELDS}
    try:
        entered = service.change(session(), actor(), act_id, typed, expected_version(request.form))
    except (InvalidInput, Conflict) as error:
        return _show(row, Form(typed, _fields(error), row.version)), error.status
    except VersionMismatch as error:
        here, there = (url_for(f"web.participation.{view}", act_id=act_id) for view in ("change", "show"))
        return conflict_page(typed, _stored(row), version=error.current, url=here, edit_url=there, words=words_of)
    _told(entered.warnings)
    return redirect(url_for("web.participation.show", act_id=act_id), 303)


@pages.post("/participation/<int:act_id>/confirm")
def confirm(act_id: int) -> ResponseReturnValue:
    """Say that it was compared with its source, or that it was not."""
    data = {"checked": request.form.get("checked") != "no"}
    service.confirm(session(), actor(), act_id, data, expected_version(request.form))
    flash(gettext("Saved."), "good")
    return redirect(url_for("web.participation.show", act_id=act_id), 303)


@pages.post("/participation/<int:act_id>/remove")
def remove(act_id: int) -> ResponseReturnValue:
    """Take it back."""
    row = service.get_act(session(), actor(), act_id)
    try:
        service.remove(session(), actor(), act_id, expected_version(request.form))
    except Conflict as error:
        return _show(row, Form(_stored(row), _fields(error), row.version)), error.status
    flash(gettext("The entry is taken back; its history stays."), "good")
    return redirect(url_for("web.participation.index", state=row.state), 303)


@pages.get("/participation/import")
def table() -> ResponseReturnValue:
    """Where a table is handed in."""
    return _table()


@pages.post("/participation/import")
def import_file() -> ResponseReturnValue:
    """Acts from a table: looked at first, then entered."""
    return _table()


def _table() -> ResponseReturnValue:
    return import_page(
        importing.import_rows, "participation/import.html", columns=importing.COLUMNS, acts=ACTS, words=words_of
    )


def _index(state: State, form: Form) -> str:
    rows, own = service.acts_of(session(), state.alpha3), actor().state == state.alpha3
    groups = [(id_, list(acts)) for id_, acts in groupby(rows, key=lambda row: row.instrument)]
    return render_template(
        "participation/state.html",
        state=state,
        groups=[(id_, acts, periods(acts)) for id_, acts in groups],
        may=policy.can(actor(), "participation.write", _blank(state)),
        suggested=suggestions(session(), actor(), state.alpha3, utcnow().date()) if own else [],
        form=form,
        instruments=[(id_, instrument_name(id_)) for id_ in instruments(session())],
        acts=_acts(),
        words=words_of,
        data_url=f"/api/v1/states/{state.alpha3}/participation",
    )


def _show(row: Participation, form: Form) -> str:
    return render_template(
        "participation/show.html",
        row=row,
        state=reference.states()[row.state],
        form=form,
        acts=_acts(),
        may=policy.can(actor(), "participation.write", row),
        may_confirm=policy.can(actor(), "participation.confirm", row),
        words=words_of,
        history=revisions(history.versions(session(), "participation", row.id or 0), words_of),
        data_url=f"/api/v1/participation/{row.id}",
    )


def _blank(state: State) -> Participation:
    return Participation(state=state.alpha3, instrument="", act="", source="")


def _acts() -> list[tuple[str, str]]:
    return [(act, label("act", act)) for act in ACTS]


def _stored(row: Participation) -> dict[str, Any]:
    return {name: getattr(row, name) for name in service.FIELDS} | {"on": row.on.isoformat() if row.on else ""}


def _fields(error: RegistryError) -> Mapping[str, list[str]]:
    return error.fields if isinstance(error, InvalidInput) else {"_schema": [message(error)]}


def _told(warnings: list[str]) -> None:
    flash(gettext("Saved."), "good")
    for text in warnings:
        flash(gettext(text), "warn")


def _state(text: str) -> State:
    found = reference.resolve_state(text)
    if found is None:
        raise NotFound(N_("There is no such State."))
    return found
