"""Conflicts: what sources of one programme say, side by side, and a person's decision."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from registry.catalogue.conflicts import deciding, listing
from registry.catalogue.conflicts.models import STATES
from registry.catalogue.conflicts.schemas import DecisionForm
from registry.errors import N_, Conflict, InvalidInput, VersionMismatch
from registry.http import actor, session
from registry.schemas import load
from registry.web import lists, programme_view, sources_view
from registry.web.forms import expected_version
from registry.web.history_view import revisions
from registry.web.programme_pages import source_names

pages = Blueprint("conflicts", __name__)

SHOWN = 25
WORDS = {"state": N_("State"), "decision": N_("Decision"), "reason": N_("Reason")}


@pages.get("/conflicts")
def index() -> ResponseReturnValue:
    """Conflicts that are the reader's to decide on, by their state."""
    state = request.args.get("state", "open")
    state = state if state in STATES else "open"
    page = listing.list_conflicts(session(), actor(), state=state, cursor=request.args.get("cursor"), limit=SHOWN)
    return render_template(
        "conflicts/index.html",
        state=state,
        counts=listing.conflict_counts(session(), actor()),
        conflicts=page.items,
        said=sources_view.gist_words,
        field_words=programme_view.field_words,
        sources=source_names(),
        first_url=lists.first_url(),
        next_url=lists.next_url(page.next),
        data_url=f"/api/v1/conflicts?state={state}",
    )


@pages.get("/conflicts/<int:conflict_id>")
def show(conflict_id: int) -> ResponseReturnValue:
    """One conflict: what each source says and since when."""
    return _show(conflict_id, [], "")


def _show(conflict_id: int, errors: list[str], reason: str) -> str:
    view = listing.read_conflict(session(), actor(), conflict_id)
    return render_template(
        "conflicts/show.html",
        conflict=view.item,
        said=sources_view.gist_words,
        field_words=programme_view.field_words,
        sources=source_names(),
        errors=errors,
        reason=reason,
        may_decide=view.may_decide,
        history=revisions(view.history, lambda name: gettext(WORDS[name]) if name in WORDS else name),
        data_url=f"/api/v1/conflicts/{conflict_id}",
    )


@pages.post("/conflicts/<int:conflict_id>")
def decide(conflict_id: int) -> ResponseReturnValue:
    """Note a decision, or take it back. The button says it: `keep`, `both`, `back` or `take-<number of the side>`."""
    pressed, reason = request.form.get("decision", ""), request.form.get("reason", "").strip()
    decision, _, side = pressed.partition("-")
    form = {"decision": None if decision == "back" else decision, "side": side or None, "reason": reason}
    try:
        data = load(DecisionForm(), form)
        deciding.decide(session(), actor(), conflict_id, data, expected_version(request.form))
    except InvalidInput as error:
        return _show(conflict_id, [text for texts in error.fields.values() for text in texts], reason), error.status
    except Conflict as error:
        return _show(conflict_id, [error.message], reason), error.status
    except VersionMismatch as error:
        message = N_("Somebody else decided meanwhile, or a source changed: look at it again.")
        return _show(conflict_id, [message], reason), error.status
    flash(gettext("Taken back.") if decision == "back" else gettext("Decided, and remembered."), "good")
    return redirect(url_for("web.conflicts.show", conflict_id=conflict_id), 303)
