"""Persons and entities on sanctions lists: what the lists say, with source and date. For coordinators."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from registry.accounts import policy
from registry.catalogue import history
from registry.catalogue.reference import states
from registry.errors import N_, NotFound
from registry.http import actor, session
from registry.matching import listed
from registry.matching.models import PARTY_KINDS
from registry.sync.feeds import get_feed
from registry.sync.models import Feed
from registry.web import choices, lists
from registry.web.history_view import revisions
from registry.web.labels import label

pages = Blueprint("listed", __name__)

SORTS = {"name": N_("Name"), "listed_on": N_("Latest listing"), "updated": N_("Latest change")}
SHOWN = 50
WORDS = {
    "archived": N_("Taken off"), "name": N_("Name"), "original_name": N_("In its own script"),
    "regime": N_("Regime"), "listed_on": N_("Listed on"), "amended_on": N_("Amended on"), "gender": N_("Gender"),
    "titles": N_("Titles"), "designations": N_("Functions"), "nationalities": N_("Nationality"),
    "aliases": N_("Other names"), "addresses": N_("Addresses"), "births": N_("Birth"),
    "birth_places": N_("Place of birth"), "documents": N_("Papers"), "comments": N_("What the list adds"),
    "states": N_("States named"), "list_version": N_("Version on the list"), "reference": N_("Reference"),
}  # fmt: skip


def words_of(path: str) -> str:
    """The words for a field."""
    return gettext(WORDS[path]) if path in WORDS else path


@pages.get("/listed")
def index() -> ResponseReturnValue:
    """The list, searched by any name."""
    policy.require(actor(), "listed.read")
    q, kind, regime, state, sort = (
        request.args.get(name, "").strip() for name in ("q", "kind", "regime", "state", "sort")
    )
    delisted = bool(request.args.get("delisted"))
    filters = listed.Filters(q, kind or None, regime or None, state or None, delisted)
    page = listed.list_parties(session(), actor(), filters, sort or None, request.args.get("cursor"), SHOWN)
    regimes = [(name, name, count) for name, count in listed.regime_counts(session(), actor())]
    kinds = [(code, label("party", code), None) for code in PARTY_KINDS]
    standing = [("1", gettext("Taken off the list"), None)]
    titles = {
        "regime": gettext("Regime"),
        "kind": gettext("Kind"),
        "state": gettext("State"),
        "delisted": gettext("Standing"),
    }
    named = {("kind", code): words for code, words, _ in kinds} | {("delisted", "1"): standing[0][1]}
    named |= {("state", code): area.name() for code, area in states().items()}
    return render_template(
        "listed/index.html",
        q=q,
        rows=page.rows,
        total=listed.count_parties(session(), actor(), filters),
        facets=[
            (titles["regime"], lists.single_rows("regime", regimes)),
            (titles["kind"], lists.single_rows("kind", kinds)),
            (titles["delisted"], lists.single_rows("delisted", standing)),
        ],
        active=lists.active_filters(titles, named, q, gettext("Words")),
        clear_url=lists.clear_url(),
        state=state,
        states=choices.states(),
        first_url=lists.first_url(),
        next_url=lists.next_url(page.next),
        sorts=[(code, gettext(words)) for code, words in SORTS.items()],
        sort=sort,
        sources=_sources(),
        data_url=lists.data_url("/api/v1/listed"),
    )


@pages.get("/listed/<int:party_id>")
def show(party_id: int) -> ResponseReturnValue:
    """All that the list says of one person or entity."""
    party, document = listed.get_party(session(), actor(), party_id)
    return render_template(
        "listed/show.html",
        party=party,
        document=document,
        source=_source(party.source),
        words=words_of,
        history=revisions(history.versions(session(), listed.KIND, party_id), words_of),
        data_url=f"/api/v1/listed/{party_id}",
    )


def _sources() -> list[Feed]:
    """The feeds that the lists come from."""
    found = [_source(source) for source in listed.sources(session(), actor())]
    return [feed for feed in found if feed]


def _source(source: str) -> Feed | None:
    """The feed that a party comes from."""
    kind, _, number = source.partition(":")
    if kind != "feed" or not number.isdecimal():
        return None
    try:
        return get_feed(session(), actor(), int(number))
    except NotFound:
        return None
