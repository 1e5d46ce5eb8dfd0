"""Needs: lists with filters, the form with typed lines, one need with its life cycle, its matches and its history."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from registry.accounts import policy
from registry.errors import N_, InvalidInput, VersionMismatch
from registry.http import actor, session
from registry.matching import listing, matches, needs
from registry.matching.models import Need
from registry.matching.views import need_views
from registry.web import choices, lists
from registry.web.conflicts import conflict_page
from registry.web.entry_forms import need_values, need_words, read_need, shown_again
from registry.web.entry_lists import FILTERS, asked, choose_offer
from registry.web.forms import Form, expected_version
from registry.web.history_view import revisions

pages = Blueprint("needs", __name__)

SORTS = {
    "": N_("Latest change"),
    "opened": N_("Longest open first"),
    "-opened": N_("Newest first"),
    "start": N_("Needed soonest"),
    "title": N_("Title"),
    "state": N_("State"),
}
ACTIONS = {
    "open": N_("The need is open: it is matched with offers from now on."),
    "withdraw": N_("The need is withdrawn. It can be renewed."),
    "close": N_("The need is closed."),
    "renew": N_("The need is open again."),
}
_OPERATIONS = {"withdraw": needs.withdraw_need, "close": needs.close_need, "renew": needs.renew_need}


@pages.get("/needs")
def index() -> ResponseReturnValue:
    """The list of needs that the reader may see."""
    wanted, titles, words = asked(FILTERS)
    sort = request.args.get("sort") or None
    found = listing.list_needs(session(), actor(), wanted, sort, request.args.get("cursor"), limit=25)
    return render_template(
        "needs/index.html",
        q=wanted.q,
        rows=found.items,
        total=found.total,
        facets=[(titles[name], lists.facet_rows(name, options)) for name, options in words.items()],
        active=lists.active_filters({**titles, "state": gettext("State")}, _names(words), wanted.q, gettext("Words")),
        state=request.args.get("state", ""),
        states=choices.states(),
        clear_url=lists.clear_url(),
        first_url=lists.first_url(),
        next_url=lists.next_url(found.next),
        sorts=[(code, gettext(label)) for code, label in SORTS.items()],
        sort=sort or "",
        may_create=policy.can(actor(), "need.create"),
        exports=lists.export_links("needs", (*FILTERS, "state"), "csv", "xlsx", "json"),
        data_url=lists.data_url("/api/v1/needs"),
    )


def _names(words: dict[str, list[tuple[str, str, None]]]) -> dict[tuple[str, str], str]:
    named = {(name, code): label for name, options in words.items() for code, label, _ in options}
    return named | {("state", code): name for code, name in choices.states()}


@pages.get("/needs/new")
def new() -> ResponseReturnValue:
    """An empty form."""
    policy.require(actor(), "need.create")
    return _form(Form({"language": "en", "priority": "medium", "visibility": "members"}), None)


@pages.post("/needs/new")
def create() -> ResponseReturnValue:
    """Save a draft; `add_line` only gives the form one more line."""
    policy.require(actor(), "need.create")
    data = read_need(request.form)
    if request.form.get("do") == "add_line":
        return _form(Form(shown_again(data)), None, more=True)
    try:
        need = needs.create_need(session(), actor(), data)
        if request.form.get("do") == "open":
            needs.open_need(session(), actor(), need.id or 0, need.version)
    except InvalidInput as error:
        return _form(Form(shown_again(data), error.fields), None), error.status
    saved = N_("The need is saved as a draft: only your State and the coordinators see it.")
    flash(gettext(saved if need.status == "draft" else ACTIONS["open"]), "good")
    return redirect(url_for("web.needs.show", need_id=need.id), 303)


@pages.get("/needs/<int:need_id>/edit")
def edit(need_id: int) -> ResponseReturnValue:
    """The form with what is stored."""
    need = needs.get_need(session(), actor(), need_id)
    policy.require(actor(), "need.update", need)
    return _form(Form(_stored(need_id), version=need.version), need)


@pages.post("/needs/<int:need_id>/edit")
def update(need_id: int) -> ResponseReturnValue:
    """Save; where somebody else was faster, show both."""
    need = needs.get_need(session(), actor(), need_id)
    policy.require(actor(), "need.update", need)
    data, version = read_need(request.form), expected_version(request.form)
    form = Form(shown_again(data), version=version)
    if request.form.get("do") == "add_line":
        return _form(form, need, more=True)
    try:
        need = needs.update_need(session(), actor(), need_id, data, version)
        if request.form.get("do") == "open" and need.status == "draft":
            needs.open_need(session(), actor(), need_id, need.version)
    except InvalidInput as error:
        return _form(form.with_errors(error), need), error.status
    except VersionMismatch as error:
        url = url_for("web.needs.edit", need_id=need_id)
        return conflict_page(
            _with_kept(data), _stored(need_id), version=error.current, url=url, edit_url=url, words=need_words,
            by_field=_without_kept,
        )  # fmt: skip
    flash(gettext("Saved."), "good")
    return redirect(url_for("web.needs.show", need_id=need_id), 303)


def _with_kept(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "requirements": [{**item, "keep": "1"} for item in data["requirements"]]}


def _without_kept(data: Mapping[str, Any]) -> dict[str, Any]:
    requirements = [{name: item.get(name) for name in ("standard", "clause")} for item in data["requirements"]]
    return {**data, "requirements": requirements}


def _stored(need_id: int) -> dict[str, Any]:
    return need_values(needs.NEEDS.forms(session(), [need_id])[need_id])


@pages.get("/needs/<int:need_id>")
def show(need_id: int) -> ResponseReturnValue:
    """One need."""
    return _show(needs.get_need(session(), actor(), need_id), Form())


@pages.post("/needs/<int:need_id>/<any(open, withdraw, close, renew):action>")
def act(need_id: int, action: str) -> ResponseReturnValue:
    """One step of the life cycle; what is missing is said at its field."""
    need = needs.get_need(session(), actor(), need_id)
    version = expected_version(request.form)
    given = {name: request.form[name] for name in ("reason", "window_start", "window_end") if request.form.get(name)}
    try:
        if action == "open":
            needs.open_need(session(), actor(), need_id, version)
        else:
            _OPERATIONS[action](session(), actor(), need_id, given, version)
    except InvalidInput as error:
        if action == "open":
            return _form(Form(_stored(need_id), error.fields, need.version), need), error.status
        return _show(need, Form(given, error.fields), action), error.status
    flash(gettext(ACTIONS[action]), "good")
    return redirect(url_for("web.needs.show", need_id=need_id), 303)


def _show(need: Need, form: Form, acting: str = "") -> str:
    need_id = need.id or 0
    view = need_views(session(), actor(), [need_id])[need_id]
    may = {name: policy.can(actor(), f"need.{name}", need) for name in ("update", *ACTIONS)}
    return render_template(
        "needs/show.html",
        need=view,
        form=form,
        blank=Form(),
        words=need_words,
        acting=acting,
        may=may,
        matches=matches.matches_of_need(session(), actor(), need_id),
        offers=choose_offer(session(), actor()),
        history=revisions(needs.need_history(session(), actor(), need_id), need_words),
        data_url=f"/api/v1/needs/{need_id}",
    )


def _form(form: Form, need: Need | None, more: bool = False) -> str:
    lines = form.value("lines") or []
    return render_template(
        "needs/form.html",
        form=form,
        need=need,
        rows=max(len(lines) + more, 1),
        words=need_words,
        themes=choices.themes(),
        types=choices.of("assistance"),
        priorities=choices.of("priority"),
        visibilities=choices.of("visibility"),
        currencies=choices.currency_options(),
        languages=choices.languages(),
    )
