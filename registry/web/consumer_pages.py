"""What the registry itself does with events: how far each consumer is, and the events that one could not take."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from registry.errors import InvalidInput
from registry.events import dead_letters
from registry.http import actor, session
from registry.schemas import load
from registry.sync import letters
from registry.web.forms import Form

pages = Blueprint("consumers", __name__)

SHOWN = 100


@pages.get("/consumers")
def index() -> ResponseReturnValue:
    """All consumers, and the oldest dead letters."""
    return _page(Form())


@pages.post("/consumers/dead-letters/retry", defaults={"letter_id": None})
@pages.post("/consumers/dead-letters/<int:letter_id>/retry")
def retry(letter_id: int | None) -> ResponseReturnValue:
    """Have one of them, or all, tried again."""
    found = letters.retry(session(), actor(), None if letter_id is None else [letter_id])
    words = ngettext("%(num)s event is tried again.", "%(num)s events are tried again.", len(found))
    flash(f"{words} {gettext('What is still here in a moment failed once more.')}", "good")
    return redirect(url_for("web.consumers.index"), 303)


@pages.post("/consumers/dead-letters/<int:letter_id>/discard")
def discard(letter_id: int) -> ResponseReturnValue:
    """Give one up; whoever does says why."""
    typed = {"reason": request.form.get("reason", "")}
    try:
        letters.discard(session(), actor(), letter_id, load(letters.GivingUp(), typed))
    except InvalidInput as error:
        return _page(Form(typed, error.fields), letter_id), error.status
    flash(gettext("The event is given up: it will have no effect there."), "good")
    return redirect(url_for("web.consumers.index"), 303)


def _page(form: Form, giving_up: int | None = None) -> str:
    return render_template(
        "consumers/index.html",
        consumers=dead_letters.standings(session()),
        letters=dead_letters.letters(session(), limit=SHOWN),
        count=dead_letters.count(session()),
        form=form,
        blank=Form(),
        giving_up=giving_up,
        data_url="/api/v1/consumers",
    )
