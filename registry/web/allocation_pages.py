"""Allocation rounds: open one, compare its scenarios, look at one of them."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from registry.db import utcnow
from registry.errors import InvalidInput
from registry.http import actor, session
from registry.matching.allocation.reasons import FAIRNESS, SEARCH_LIMITS
from registry.matching.rounds import service, views
from registry.sync import timetable
from registry.web import lists
from registry.web.forms import Form

pages = Blueprint("allocation", __name__)

SHOWN = 200
"""Grants and needs on a page; all of them stand in the data behind it"""


@pages.get("/allocation")
def index() -> ResponseReturnValue:
    """Rounds, and the form that opens one."""
    return _index(Form({"fairness": ["none", "country"]}))


@pages.post("/allocation")
def create() -> ResponseReturnValue:
    """Open a round."""
    title, fairness = request.form.get("title", ""), request.form.getlist("fairness")
    try:
        made = service.open_round(session(), actor(), title, fairness)
    except InvalidInput as error:
        return _index(Form({"title": title, "fairness": fairness}, error.fields)), 422
    timetable.ask(session(), service.SOLVE, made.id or 0, utcnow())
    flash(gettext("The round is open. It is solved in the background; this page shows what comes of it."), "good")
    return redirect(url_for("web.allocation.show", round_id=made.id), 303)


def _index(form: Form) -> str:
    found, following = service.list_rounds(session(), actor(), request.args.get("cursor"), 25)
    return render_template(
        "allocation/index.html",
        form=form,
        rows=[(one, service.scenarios(session(), one.id or 0)) for one in found],
        fairness=[(code, gettext(words)) for code, words in FAIRNESS.items()],
        first_url=lists.first_url(),
        next_url=lists.next_url(following),
        data_url="/api/v1/allocation-rounds",
    )


@pages.get("/allocation/<int:round_id>")
def show(round_id: int) -> ResponseReturnValue:
    """A round's scenarios side by side, and one of them in full."""
    round_ = service.get_round(session(), actor(), round_id)
    found = service.scenarios(session(), round_id)
    solved = [one for one in found if one.status == "solved"]
    asked = request.args.get("scenario")
    chosen = next((one for one in solved if one.fairness == asked), solved[0] if solved else None)
    return render_template(
        "allocation/show.html",
        round=round_,
        scenarios=found,
        solved=solved,
        applied=any(one.applied_at for one in found),
        chosen=chosen,
        view=views.view(session(), round_, chosen) if chosen else None,
        shown=SHOWN,
        limits=SEARCH_LIMITS,
        fairness={code: gettext(words) for code, words in FAIRNESS.items()},
        others=[
            (code, gettext(words)) for code, words in FAIRNESS.items() if code not in {one.fairness for one in found}
        ],
        waiting=any(one.status == "waiting" for one in found),
        data_url=f"/api/v1/allocation-rounds/{round_id}" + (f"/scenarios/{chosen.fairness}" if chosen else ""),
    )


@pages.post("/allocation/<int:round_id>/scenarios")
def add(round_id: int) -> ResponseReturnValue:
    """One more scenario, or one that failed once more."""
    service.ask_for(session(), actor(), round_id, request.form.get("fairness", ""))
    timetable.ask(session(), service.SOLVE, round_id, utcnow())
    return redirect(url_for("web.allocation.show", round_id=round_id), 303)
