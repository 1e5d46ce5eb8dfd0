"""Partners whose names are like a listed party's: the list, one side by side with its evidence, the decision."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from registry.accounts import policy
from registry.catalogue import history
from registry.errors import N_, InvalidInput, VersionMismatch
from registry.http import actor, session
from registry.matching import listed
from registry.matching.screening import deciding
from registry.matching.screening.screening import KIND, threshold
from registry.web import lists
from registry.web.forms import Form, expected_version
from registry.web.history_view import revisions

pages = Blueprint("screening", __name__)

SHOWN = 50
WORDS = {
    "score": N_("Likeness"), "names": N_("Names compared"), "decision": N_("Decision"), "reason": N_("Reason"),
    "current": N_("Alike today"), "name": N_("Name"), "born": N_("Year of birth"),
}  # fmt: skip


def words_of(path: str) -> str:
    """The words for a field."""
    return gettext(WORDS[path]) if path in WORDS else path


@pages.get("/screening")
def index() -> ResponseReturnValue:
    """What waits for a decision; other lists by their tab. `name` is compared with the lists at once."""
    counts = deciding.counts(session(), actor())
    shown = request.args.get("standing", "")
    shown = shown if shown in counts else "open"
    filters = deciding.Filters(shown, q=request.args.get("q", "").strip())
    page = deciding.list_hits(session(), actor(), filters, cursor=request.args.get("cursor"), limit=SHOWN)
    typed = {name: request.args.get(name, "").strip() for name in ("name", "born")}
    form, found, status = Form(typed), None, 200
    if "name" in request.args:
        try:
            found = deciding.check_name(session(), actor(), {"name": typed["name"], "born": typed["born"] or None})
        except InvalidInput as error:
            form, status = Form(typed, error.fields), error.status
    return (
        render_template(
            "screening/index.html",
            counts=counts,
            shown=shown,
            rows=page.rows,
            q=filters.q,
            form=form,
            found=found,
            words=words_of,
            threshold=threshold(),
            first_url=lists.first_url(),
            next_url=lists.next_url(page.next),
            data_url=f"/api/v1/screenings?standing={shown}",
        ),
        status,
    )


@pages.get("/screening/<int:hit_id>")
def show(hit_id: int) -> ResponseReturnValue:
    """One, side by side with what the list says."""
    return _page(hit_id, Form())


@pages.post("/screening/<int:hit_id>")
def decide(hit_id: int) -> ResponseReturnValue:
    """Keep a decision, or take it back."""
    typed = {name: request.form.get(name, "").strip() for name in ("decision", "reason")}
    try:
        deciding.decide(session(), actor(), hit_id, typed, expected_version(request.form))
    except InvalidInput as error:
        return _page(hit_id, Form(typed, error.fields)), error.status
    except VersionMismatch as error:
        changed = gettext("Somebody changed this meanwhile: look at it again, then decide.")
        return _page(hit_id, Form(typed, {"_schema": [changed]})), error.status
    flash(gettext("Noted. It stands in the list of its decision, where it can be taken back."), "good")
    return redirect(url_for("web.screening.show", hit_id=hit_id), 303)


def _page(hit_id: int, form: Form) -> str:
    hit = deciding.get_hit(session(), actor(), hit_id)
    party, document = listed.get_party(session(), actor(), hit.party_id)
    return render_template(
        "screening/show.html",
        hit=hit,
        standing=deciding.standing(hit),
        party=party,
        document=document,
        form=form,
        words=words_of,
        threshold=threshold(),
        may_decide=policy.can(actor(), "screening.decide", hit),
        history=revisions(history.versions(session(), KIND, hit_id), words_of),
        data_url=f"/api/v1/screenings/{hit_id}",
    )
