"""A State's gaps of all its standards on one page, and one draft need made of those that are ticked."""

from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from registry.catalogue import reference
from registry.catalogue.reference import State
from registry.errors import N_, InvalidInput, NotFound
from registry.http import actor, session
from registry.loop.gap_list import Wanted, gap_list, latest_of, make_need
from registry.web import choices
from registry.web.forms import Form
from registry.web.i18n import language
from registry.web.standards_words import instrument_name

pages = Blueprint("gaps", __name__)


@pages.get("/states/<state>/gaps")
def of_state(state: str) -> ResponseReturnValue:
    """The gaps that the reader may see, the heaviest first."""
    return _show(_known(state), Form())


@pages.post("/states/<state>/gaps")
def make_need_of(state: str) -> ResponseReturnValue:
    """Make one draft need of the gaps chosen, of whichever standards; the State completes and opens it."""
    found = _known(state)
    chosen = request.form.getlist("clauses")
    try:
        need = make_need(session(), actor(), found.alpha3, {"clauses": chosen})
    except InvalidInput as error:
        texts = list(dict.fromkeys(text for texts in error.fields.values() for text in texts))
        return _show(found, Form({"clauses": chosen}, {"clauses": texts})), error.status
    flash(gettext("A draft need was made of these gaps. Complete it: say how much, when, and open it."), "good")
    return redirect(url_for("web.needs.edit", need_id=need.id), 303)


def _show(state: State, form: Form) -> str:
    wanted = Wanted(
        request.args.get("theme", ""), request.args.get("standard", ""), request.args.get("without_need") == "1"
    )
    kept = {"theme": wanted.theme, "standard": wanted.standard, "without_need": "1" if wanted.without_need else ""}
    query = urlencode({name: value for name, value in kept.items() if value})
    return render_template(
        "states/gaps.html",
        state=state,
        groups=gap_list(session(), actor(), state.alpha3, wanted, language()),
        filtered=bool(query),
        without_need=wanted.without_need,
        standards=[(slug, instrument_name(slug)) for slug in sorted(latest_of(session(), actor(), state.alpha3))],
        themes=choices.themes(),
        may_link=actor().role == "state" and actor().state == state.alpha3,
        form=form,
        data_url=f"/api/v1/states/{state.alpha3}/gaps" + (f"?{query}" if query else ""),
    )


def _known(code: str) -> State:
    state = reference.resolve_state(code)
    if state is None:
        raise NotFound(N_("There is no such State."))
    return state
