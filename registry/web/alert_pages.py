"""Saved searches: the search somebody looks at is named, kept, told of in one way or another, taken away."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from registry.accounts.models import User
from registry.alerts import searches
from registry.alerts.models import DELIVERIES, IN_APP
from registry.alerts.queries import KINDS
from registry.alerts.schemas import SavedSearchForm, SavedSearchPatch
from registry.errors import N_, Conflict, InvalidInput, VersionMismatch
from registry.http import actor, registry_app, session
from registry.schemas import load
from registry.web import lists, search_words
from registry.web.conflicts import conflict_page
from registry.web.forms import Form, expected_version
from registry.web.i18n import message
from registry.web.labels import label

pages = Blueprint("alerts", __name__)

SHOWN = 30
WORDS = {"name": N_("Name"), "delivery": N_("How to tell you"), "filters": N_("Search")}


def words_of(path: str) -> str:
    """The words for a field."""
    name = path.partition(".")[0]
    return gettext(WORDS[name]) if name in WORDS else path


@pages.get("/saved-searches")
def index() -> ResponseReturnValue:
    """My saved searches."""
    rows, following = searches.list_searches(session(), actor(), request.args.get("cursor"), SHOWN)
    return render_template(
        "alerts/index.html",
        searches=[{**row, "words": search_words.in_words(row), "url": search_words.list_url(row)} for row in rows],
        first_url=lists.first_url(),
        next_url=lists.next_url(following),
        data_url="/api/v1/saved-searches",
    )


@pages.route("/saved-searches/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Save a search: what is searched for stands in this page's address, as it stood in the list's."""
    asked = _asked()
    if request.method == "GET":
        return _form(Form({"name": "", "delivery": IN_APP}), asked, None)
    typed = _typed()
    try:
        data = load(SavedSearchForm(), {**asked, **typed})
        owner = session().get_one(User, actor().user_id)
        searches.save_search(session(), actor(), owner, data, registry_app().settings)
    except InvalidInput as error:
        return _form(Form(typed, error.fields), asked, None), error.status
    except Conflict as error:
        return _form(Form(typed, {"_schema": [message(error)]}), asked, None), error.status
    flash(gettext("Saved. You hear of what begins to fit from now on."), "good")
    return redirect(url_for("web.alerts.index"), 303)


@pages.route("/saved-searches/<int:search_id>/edit", methods=["GET", "POST"])
def edit(search_id: int) -> ResponseReturnValue:
    """Another name, another way to be told."""
    found = searches.get_search(session(), actor(), search_id)
    row = searches.search_row(found)
    stored = {name: row[name] for name in ("name", "delivery")}
    if request.method == "GET":
        return _form(Form(stored, version=found.version), row, search_id)
    typed, version = _typed(), expected_version(request.form)
    try:
        data = load(SavedSearchPatch(), typed)
        searches.update_search(session(), actor(), search_id, data, version, registry_app().settings)
    except InvalidInput as error:
        return _form(Form(typed, error.fields, version), row, search_id), error.status
    except VersionMismatch as error:
        url = url_for("web.alerts.edit", search_id=search_id)
        return conflict_page(typed, stored, version=error.current, url=url, edit_url=url, words=words_of)
    flash(gettext("Saved."), "good")
    return redirect(url_for("web.alerts.index"), 303)


@pages.post("/saved-searches/<int:search_id>/delete")
def delete(search_id: int) -> ResponseReturnValue:
    """Take it away."""
    searches.delete_search(session(), actor(), search_id, expected_version(request.form))
    flash(gettext("The saved search is taken away."), "good")
    return redirect(url_for("web.alerts.index"), 303)


def _asked() -> dict[str, Any]:
    """What this page's address searches for, by the names the list's address has."""
    kind = request.args.get("kind", "")
    if kind not in KINDS:
        abort(404)
    return {"kind": kind, "q": request.args.get("q", "").strip(), "filters": lists.chosen(KINDS[kind].names)}


def _typed() -> dict[str, str]:
    return {"name": request.form.get("name", ""), "delivery": request.form.get("delivery", "")}


def _form(form: Form, search: dict[str, Any], search_id: int | None) -> str:
    # Only ways there are, and the one in force.
    sends = registry_app().settings.sends_mail
    ways = [code for code in DELIVERIES if sends or code in (IN_APP, form.value("delivery"))]
    return render_template(
        "alerts/form.html",
        form=form,
        search=search,
        search_id=search_id,
        asked=search_words.in_words(search),
        list_url=search_words.list_url(search),
        ways=[(code, label("alert", code)) for code in ways],
        sends_mail=sends,
        email=session().get_one(User, actor().user_id).email,
        words=words_of,
    )
