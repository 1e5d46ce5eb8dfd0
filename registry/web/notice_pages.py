"""Notices: what the reader was told, newest first; how many are unread stands in the head of every page."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from registry.alerts import notices
from registry.db import utcnow
from registry.http import RegistryFlask, actor, registry_app, session
from registry.schemas import LARGEST_ID
from registry.web import lists, proposal_words

pages = Blueprint("notices", __name__)

SHOWN = 50
RECORDS = {
    "programme": ("web.programmes.show", "programme_id"),
    "need": ("web.needs.show", "need_id"),
    "asked_again": ("web.needs.show", "need_id"),
    "offer": ("web.offers.show", "offer_id"),
    "proposal": ("web.proposals.show", "proposal_id"),
    "contact": ("web.contacts.show", "contact_id"),
    "assigned": ("web.assessments.show", "assessment_id"),
    "subscription": ("web.subscriptions.show", "subscription_id"),
}
"""Kind → the endpoint of its page, and the name of the record's number there"""


@pages.get("/notices")
def index() -> ResponseReturnValue:
    """All notices, or those not read."""
    unread_only = request.args.get("list") == "unread"
    rows, following = notices.list_notices(
        session(), actor(), unread_only=unread_only, cursor=request.args.get("cursor"), limit=SHOWN
    )
    return render_template(
        "alerts/notices.html",
        notices=rows,
        asked=proposal_words.asked_of(
            session(),
            actor(),
            {row["record_id"] for row in rows if row["kind"] == "proposal"},
            registry_app().settings.proposal_lapse_days,
        ),
        unread_only=unread_only,
        unread=notices.count_unread(session(), actor()),
        first_url=lists.first_url(),
        next_url=lists.next_url(following),
        data_url="/api/v1/notices" + ("?unread=true" if unread_only else ""),
    )


@pages.post("/notices/<int:notice_id>/read")
def read(notice_id: int) -> ResponseReturnValue:
    """Mark one as read and go to its record, or mark it as unread again."""
    is_read = request.form.get("read", "1") == "1"
    notice = notices.mark(session(), actor(), notice_id, is_read, utcnow())
    if not is_read:
        return redirect(url_for("web.notices.index"), 303)
    endpoint, name = RECORDS[notice["kind"]]
    return redirect(url_for(endpoint, **{name: notice["record_id"]}), 303)


@pages.post("/notices/read")
def read_all() -> ResponseReturnValue:
    """Mark as read what the page showed: not what came since."""
    text = request.form.get("up_to", "")
    up_to = int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else LARGEST_ID
    count = notices.mark_all(session(), actor(), utcnow(), up_to)
    flash(ngettext("%(num)s notice is marked as read.", "%(num)s notices are marked as read.", count), "good")
    return redirect(url_for("web.notices.index"), 303)


def unread_count() -> int:
    """For the head of every page, error pages too: hence in a session of its own."""
    if not actor().signed_in:
        return 0
    with registry_app().database.reading() as reading:
        return notices.count_unread(reading, actor())


def words_of_count(count: int) -> str:
    """The number as the head of the page has room for it."""
    return gettext("%(number)s+", number=count - 1) if count >= notices.MOST_COUNTED else str(count)


def install(app: RegistryFlask) -> None:
    """Give templates what the head of the page shows."""
    app.jinja_env.globals.update(unread_count=unread_count, words_of_count=words_of_count)
