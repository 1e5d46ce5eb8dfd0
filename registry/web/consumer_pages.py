"""What the registry itself does with events: how far each consumer is, and the events that one could not take."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from registry.accounts import audit, policy
from registry.db import utcnow
from registry.errors import N_, NotFound
from registry.events import dead_letters
from registry.http import actor, session

pages = Blueprint("consumers", __name__)

SHOWN = 100


@pages.get("/consumers")
def index() -> ResponseReturnValue:
    """All consumers, and the oldest dead letters."""
    return render_template(
        "consumers/index.html",
        consumers=dead_letters.standings(session()),
        letters=dead_letters.letters(session(), limit=SHOWN),
        count=dead_letters.count(session()),
    )


@pages.post("/consumers/dead-letters/retry", defaults={"letter_id": None})
@pages.post("/consumers/dead-letters/<int:letter_id>/retry")
def retry(letter_id: int | None) -> ResponseReturnValue:
    """Have one of them, or all, tried again."""
    policy.require(actor(), "consumer.manage")
    found = dead_letters.letters(session()) if letter_id is None else [_letter(letter_id)]
    dead_letters.ask_again(session(), found, utcnow())
    for letter in found:
        audit.record(session(), actor(), "dead_letter.retry", f"dead_letter:{letter.id}", of=letter.consumer)
    words = ngettext("%(num)s event is tried again.", "%(num)s events are tried again.", len(found))
    flash(f"{words} {gettext('What is still here in a moment failed once more.')}", "good")
    return redirect(url_for("web.consumers.index"), 303)


@pages.post("/consumers/dead-letters/<int:letter_id>/discard")
def discard(letter_id: int) -> ResponseReturnValue:
    """Give one up."""
    policy.require(actor(), "consumer.manage")
    letter = _letter(letter_id)
    dead_letters.discard(session(), letter_id)
    audit.record(
        session(), actor(), "dead_letter.discard", f"dead_letter:{letter_id}", of=letter.consumer,
        event=letter.event.uid, reason=letter.reason,
    )  # fmt: skip
    flash(gettext("The event is given up: it will have no effect there."), "good")
    return redirect(url_for("web.consumers.index"), 303)


def _letter(letter_id: int) -> dead_letters.Letter:
    found = dead_letters.letters(session(), [letter_id])
    if not found:
        raise NotFound(N_("There is no such dead letter: it had its effect by now, or was given up."))
    return found[0]
