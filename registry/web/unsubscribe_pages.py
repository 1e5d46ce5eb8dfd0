"""The link in an e-mail that ends e-mails: shown with a button; a mail program posts to it at once (RFC 8058)."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from registry.alerts import unsubscribing
from registry.db import utcnow
from registry.http import registry_app, session

pages = Blueprint("unsubscribe", __name__)

HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
"""The link is a key: it must not be kept or handed on."""


@pages.get("/unsubscribe/<token>")
def show(token: str) -> ResponseReturnValue:
    """Ask. Programs that look at links in e-mails change nothing by it."""
    user = unsubscribing.user_of(session(), registry_app().settings, token)
    return _page(token, user.no_mail_since is not None)


@pages.post("/unsubscribe/<token>")
def stop(token: str) -> ResponseReturnValue:
    """End e-mails. The signed link is all that is asked for: who reads e-mail is mostly not signed in."""
    user = unsubscribing.user_of(session(), registry_app().settings, token)
    unsubscribing.stop_mail(session(), user, utcnow())
    return _page(token, is_done=True)


def _page(token: str, is_done: bool) -> ResponseReturnValue:
    return render_template("alerts/unsubscribe.html", token=token, is_done=is_done), 200, HEADERS
