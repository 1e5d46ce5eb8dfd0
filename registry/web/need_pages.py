"""Needs: lists with filters, the form with typed lines, and their life (entry_life.py)."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from registry.accounts import policy
from registry.db import utcnow
from registry.errors import N_
from registry.http import actor, session
from registry.matching import comparable, listing, matches, needs, quality
from registry.matching.views import need_views
from registry.web import choices, lists
from registry.web.entry_forms import need_values, need_words, read_need
from registry.web.entry_life import Entry, add_life
from registry.web.entry_lists import FILTERS, asked, choose_offer

pages = Blueprint("needs", __name__)

SORTS = {
    "": N_("Latest change"),
    "opened": N_("Longest open first"),
    "-opened": N_("Newest first"),
    "start": N_("Needed soonest"),
    "title": N_("Title"),
    "state": N_("State"),
}


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
        may_allocate=policy.can(actor(), "allocation.manage"),
        save_url=lists.save_url("need", (*FILTERS, "state")),
        exports=lists.export_links("needs", (*FILTERS, "state"), "csv", "xlsx", "json"),
        data_url=lists.data_url("/api/v1/needs"),
    )


def _names(words: dict[str, list[tuple[str, str, None]]]) -> dict[tuple[str, str], str]:
    named = {(name, code): label for name, options in words.items() for code, label, _ in options}
    return named | {("state", code): name for code, name in choices.states()}


def _choices() -> dict[str, Any]:
    return {
        "themes": choices.themes(),
        "types": choices.of("assistance"),
        "priorities": choices.of("priority"),
        "visibilities": choices.of("visibility"),
        "currencies": choices.currency_options(),
        "languages": choices.languages(),
    }


def _beside(form: Mapping[str, Any]) -> dict[str, Any]:
    """How ready the need is as it stands in the form, and what comparable programmes cost."""
    state = str(form.get("state") or actor().state or "")
    themes = [theme for theme in form.get("themes") or () if isinstance(theme, str)]
    return {
        "readiness": quality.quality(form, utcnow().date()),
        "similar": comparable.comparable(session(), actor(), state, themes),
    }


@pages.post("/needs/check")
def check() -> ResponseReturnValue:
    """The same for a form that is being typed; nothing is saved."""
    policy.require(actor(), "need.create")
    return render_template("needs/check.html", **_beside(read_need(request.form)))


def _with_kept(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "requirements": [{**item, "keep": "1"} for item in data["requirements"]]}


def _without_kept(data: Mapping[str, Any]) -> dict[str, Any]:
    requirements = [{name: item.get(name) for name in ("standard", "clause")} for item in data["requirements"]]
    return {**data, "requirements": requirements}


add_life(
    pages,
    Entry(
        kind=needs.NEEDS,
        create=needs.create_need,
        update=needs.update_need,
        views=need_views,
        matches=matches.matches_of_need,
        others=choose_offer,
        typed=read_need,
        values=need_values,
        words=need_words,
        blank={"language": "en", "priority": "medium", "visibility": "members"},
        rows="lines",
        choices=_choices,
        drafted=N_("The need is saved as a draft: only your State and the coordinators see it."),
        done={
            "open": N_("The need is open: it is matched with offers from now on."),
            "withdraw": N_("The need is withdrawn. It can be renewed."),
            "close": N_("The need is closed."),
            "renew": N_("The need is open again."),
        },
        sent=_with_kept,
        by_field=_without_kept,
        beside=_beside,
    ),
)
