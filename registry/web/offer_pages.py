"""Offers: lists with filters, the form, and their life (entry_life.py)."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from registry.accounts import policy
from registry.compliance.editions import text_in
from registry.compliance.listing import list_standards
from registry.errors import N_
from registry.http import actor, session
from registry.matching import listing, matches, offers
from registry.matching.views import offer_views
from registry.web import choices, lists
from registry.web.entry_forms import offer_values, offer_words, read_offer, shown_again
from registry.web.entry_life import Entry, add_life
from registry.web.entry_lists import OFFER_FILTERS, asked, choose_need
from registry.web.i18n import language

pages = Blueprint("offers", __name__)

SORTS = {
    "": N_("Latest change"),
    "-opened": N_("Newest first"),
    "expires": N_("Expiring soonest"),
    "title": N_("Title"),
}


@pages.get("/offers")
def index() -> ResponseReturnValue:
    """The list of offers that the reader may see."""
    wanted, titles, words = asked(OFFER_FILTERS)
    sort = request.args.get("sort") or None
    found = listing.list_offers(session(), actor(), wanted, sort, request.args.get("cursor"), limit=25)
    named = {(name, code): label for name, options in words.items() for code, label, _ in options}
    named |= {("state", code): name for code, name in choices.states()}
    return render_template(
        "offers/index.html",
        q=wanted.q,
        rows=found.items,
        total=found.total,
        facets=[(titles[name], lists.facet_rows(name, options)) for name, options in words.items()],
        active=lists.active_filters(
            {**titles, "state": gettext("For"), "organisation": gettext("Organisation")},
            named,
            wanted.q,
            gettext("Words"),
        ),
        state=request.args.get("state", ""),
        states=choices.states(),
        clear_url=lists.clear_url(),
        first_url=lists.first_url(),
        next_url=lists.next_url(found.next),
        sorts=[(code, gettext(label)) for code, label in SORTS.items()],
        sort=sort or "",
        may_create=policy.can(actor(), "offer.create"),
        save_url=lists.save_url("offer", (*OFFER_FILTERS, "state", "organisation")),
        exports=lists.export_links("offers", (*OFFER_FILTERS, "state", "organisation"), "csv", "xlsx", "json"),
        data_url=lists.data_url("/api/v1/offers"),
    )


def _choices() -> dict[str, Any]:
    return {
        "themes": choices.themes(),
        "types": choices.of("assistance"),
        "kinds": choices.of("condition"),
        "instruments": [(item["standard"], text_in(item["title"], language())) for item in list_standards(session())],
        "visibilities": choices.of("visibility"),
        "currencies": choices.currency_options(),
        "languages": choices.languages(),
    }


def _shown(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != "expires_moment"}


add_life(
    pages,
    Entry(
        kind=offers.OFFERS,
        create=offers.create_offer,
        update=offers.update_offer,
        views=offer_views,
        matches=matches.matches_of_offer,
        others=choose_need,
        typed=read_offer,
        values=offer_values,
        words=offer_words,
        blank={"language": "en", "visibility": "public"},
        rows="conditions",
        choices=_choices,
        drafted=N_("The offer is saved as a draft: only your organisation and the coordinators see it."),
        done={
            "open": N_("The offer is open: it is matched with needs from now on."),
            "withdraw": N_("The offer is withdrawn. It can be renewed."),
            "close": N_("The offer is closed."),
            "renew": N_("The offer is open again."),
        },
        sent=shown_again,
        by_field=_shown,
    ),
)
