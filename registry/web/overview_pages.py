"""The home page: what this registry is, how much it holds, what is newest, and what waits for the reader."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from registry.catalogue import listing as catalogue
from registry.catalogue import organisations
from registry.compliance.listing import list_standards
from registry.db import utcnow
from registry.http import actor, registry_app, session
from registry.matching import listing
from registry.web import overview_view

pages = Blueprint("overview", __name__)

NEWEST = 5


@pages.get("/")
def home() -> ResponseReturnValue:
    """The overview."""
    who, reading = actor(), session()
    open_only = listing.Filters(statuses=("open",))
    needs = listing.list_needs(reading, who, open_only, "-opened", limit=NEWEST)
    offers = listing.list_offers(reading, who, open_only, "-opened", limit=NEWEST)
    everything = catalogue.Filters()
    return render_template(
        "overview/home.html",
        needs=needs,
        offers=offers,
        programmes=catalogue.list_programmes(reading, who, everything, limit=NEWEST).rows,
        programme_count=catalogue.count_programmes(reading, who, everything),
        organisation_count=organisations.count_organisations(reading, who),
        standard_count=len(list_standards(reading)),
        themes=overview_view.by_theme(reading, who),
        tasks=overview_view.tasks(reading, who, utcnow(), registry_app().settings.proposal_lapse_days),
        matches=overview_view.best_pairs(reading, who, NEWEST),
    )
