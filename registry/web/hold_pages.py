"""What the brake holds back: the records that would go, and the form by which a person releases or refuses them."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from registry.accounts import policy
from registry.errors import Conflict, InvalidInput, VersionMismatch
from registry.http import actor, session
from registry.schemas import load
from registry.sync import feeds, holds, listing
from registry.sync.adapters import ADAPTERS
from registry.sync.holds import RELEASE
from registry.sync.rules import GRACE, SNAPSHOTS
from registry.sync.schemas import DECISIONS, HoldForm
from registry.web import lists
from registry.web.forms import Form, expected_version

pages = Blueprint("holds", __name__)

RECORDS_SHOWN = 100


@pages.get("/holds/<int:hold_id>")
def show(hold_id: int) -> ResponseReturnValue:
    """One question, and the records that it asks about."""
    return _page(hold_id, Form())


@pages.post("/holds/<int:hold_id>")
def decide(hold_id: int) -> ResponseReturnValue:
    """Release or refuse, as the button says."""
    data = {"decision": request.form.get("do", ""), "reason": request.form.get("reason", "").strip()}
    here = redirect(url_for("web.holds.show", hold_id=hold_id), 303)
    try:
        form, version = load(HoldForm(), data), expected_version(request.form)
        hold = holds.decide(session(), actor(), hold_id, DECISIONS[form["decision"]], form["reason"], version)
    except InvalidInput as error:
        return _page(hold_id, Form(data, error.fields)), error.status
    except VersionMismatch:
        flash(gettext("The question changed while you read it. Look again, then answer."), "warn")
        return here
    except Conflict as error:
        flash(gettext(error.message), "warn")
        return here
    if hold.status == RELEASE:
        flash(gettext("Released. The records go as soon as they have been missing long enough."), "good")
    else:
        flash(gettext("Refused. The records stay, and are not asked about again."), "good")
    return redirect(url_for("web.feeds.show", feed_id=hold.feed_id), 303)


def _page(hold_id: int, form: Form) -> str:
    hold = holds.get_hold(session(), actor(), hold_id)
    feed = feeds.get_feed(session(), actor(), hold.feed_id)
    rows, following = listing.held_rows(session(), actor(), hold_id, request.args.get("cursor"), RECORDS_SHOWN)
    return render_template(
        "feeds/hold.html",
        hold=hold,
        left=holds.left(session(), hold),
        feed=feed,
        form=form,
        records=rows,
        is_programme=ADAPTERS[feed.adapter].target == "programme",
        days=GRACE.days,
        snapshots=SNAPSHOTS,
        first_url=lists.first_url(),
        next_url=lists.next_url(following),
        may_decide=policy.can(actor(), "feed.manage"),
        words=lambda path: gettext("Reason") if path == "reason" else path,
        data_url=f"/api/v1/feeds/holds/{hold_id}/records",
    )
