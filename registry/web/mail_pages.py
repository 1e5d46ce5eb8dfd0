"""E-mails that fail or were given up: to whom, why, and a person's having them tried again."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from registry.alerts import mails
from registry.alerts.reasons import MAIL_REASONS
from registry.db import utcnow
from registry.http import actor, registry_app, session

pages = Blueprint("mails", __name__)

SHOWN = 100


@pages.get("/mails")
def index() -> ResponseReturnValue:
    """The oldest of them."""
    return render_template(
        "alerts/mails.html",
        mails=mails.failed_rows(session(), actor(), SHOWN),
        reasons=MAIL_REASONS,
        sends_mail=registry_app().settings.sends_mail,
    )


@pages.post("/mails/retry", defaults={"mail_id": None})
@pages.post("/mails/<int:mail_id>/retry")
def retry(mail_id: int | None) -> ResponseReturnValue:
    """Have one of them, or all, tried again."""
    count = mails.retry(session(), actor(), mail_id, utcnow())
    flash(ngettext("%(num)s e-mail is tried again.", "%(num)s e-mails are tried again.", count), "good")
    return redirect(url_for("web.mails.index"), 303)


@pages.post("/mails/<int:mail_id>/discard")
def discard(mail_id: int) -> ResponseReturnValue:
    """Give one up for good."""
    mails.discard(session(), actor(), mail_id, utcnow())
    flash(gettext("The e-mail is given up. Its notices stay in the app."), "good")
    return redirect(url_for("web.mails.index"), 303)
