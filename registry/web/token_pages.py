"""The token that a partner's server is shown: set, replaced, taken away; never shown again."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from registry.accounts import policy
from registry.errors import N_, InvalidInput
from registry.http import actor, registry_app, session
from registry.schemas import load
from registry.sync import credentials
from registry.sync.feeds import get_feed
from registry.web.forms import Form

pages = Blueprint("tokens", __name__)

WORDS = {"token": N_("Token")}


def words_of(path: str) -> str:
    """The words for a field."""
    return gettext(WORDS[path]) if path in WORDS else path


@pages.get("/feeds/<int:feed_id>/token")
def show(feed_id: int) -> ResponseReturnValue:
    """Whether there is one, and since when."""
    return _page(feed_id, Form())


@pages.post("/feeds/<int:feed_id>/token")
def replace(feed_id: int) -> ResponseReturnValue:
    """Keep a token, in place of one before. What was typed is not sent back."""
    try:
        token = load(credentials.TokenForm(), {"token": request.form.get("token", "")})["token"]
        feed = get_feed(session(), actor(), feed_id, lock=True)
        credentials.set_token(session(), actor(), feed, token, registry_app().settings)
    except InvalidInput as error:
        return _page(feed_id, Form({}, error.fields)), error.status
    flash(gettext("The token is kept: it is sent with the next fetch."), "good")
    return redirect(url_for("web.tokens.show", feed_id=feed_id), 303)


@pages.post("/feeds/<int:feed_id>/token/off")
def remove(feed_id: int) -> ResponseReturnValue:
    """Show the server no token any more."""
    credentials.remove_token(session(), actor(), get_feed(session(), actor(), feed_id, lock=True))
    flash(gettext("No token is sent any more."), "good")
    return redirect(url_for("web.tokens.show", feed_id=feed_id), 303)


def _page(feed_id: int, form: Form) -> str:
    policy.require(actor(), "feed.manage")
    feed = get_feed(session(), actor(), feed_id)
    has_token = credentials.has_token(session(), feed_id)
    return render_template("feeds/token.html", feed=feed, has_token=has_token, form=form, words=words_of)
