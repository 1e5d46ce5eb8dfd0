"""How a partner pings a feed: the address, and the secret that it signs with."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from registry.errors import N_, InvalidInput
from registry.http import actor, registry_app, session
from registry.schemas import load
from registry.sync import feeds, pings
from registry.web.forms import Form
from registry.webhooks.schemas import USUAL_OVERLAP, RotationForm

pages = Blueprint("pings", __name__)

WORDS = {"overlap_hours": N_("Hours for which the old secret stays good")}


def words_of(path: str) -> str:
    """The words for a field."""
    return gettext(WORDS[path])


@pages.get("/feeds/<int:feed_id>/ping")
def show(feed_id: int) -> ResponseReturnValue:
    """Where to ping, since when there is a secret, and when a ping last came."""
    return _page(feed_id, Form({"overlap_hours": USUAL_OVERLAP}))


@pages.post("/feeds/<int:feed_id>/ping")
def replace(feed_id: int) -> ResponseReturnValue:
    """A secret, or another one, shown in this answer and nowhere else, hence no redirect."""
    typed = {"overlap_hours": request.form.get("overlap_hours", "") or "0"}
    try:
        hours = load(RotationForm(), typed)["overlap_hours"]
    except InvalidInput as error:
        return _page(feed_id, Form(typed, error.fields)), error.status
    _key, secret = pings.replace_key(session(), actor(), feed_id, hours, registry_app().settings)
    return _page(feed_id, Form({"overlap_hours": USUAL_OVERLAP}), secret), 200, {"Cache-Control": "no-store"}


@pages.post("/feeds/<int:feed_id>/ping/off")
def remove(feed_id: int) -> ResponseReturnValue:
    """Take no pings any more."""
    pings.remove_key(session(), actor(), feed_id)
    flash(gettext("No pings are taken for this feed any more."), "good")
    return redirect(url_for("web.pings.show", feed_id=feed_id), 303)


def _page(feed_id: int, form: Form, secret: str | None = None) -> str:
    return render_template(
        "feeds/ping.html",
        feed=feeds.get_feed(session(), actor(), feed_id),
        key=pings.key_of(session(), feed_id),
        last_ping_at=pings.last_ping_at(session(), feed_id),
        url=pings.ping_url(registry_app().settings, feed_id),
        form=form,
        secret=secret,
        words=words_of,
        data_url=f"/api/v1/feeds/{feed_id}/notify-secret",
    )
