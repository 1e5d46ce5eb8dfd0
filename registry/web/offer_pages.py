"""Offers: lists with filters, the form, one offer with its life cycle, the needs that fit it and its history."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from registry.accounts import policy
from registry.compliance.editions import text_in
from registry.compliance.listing import list_standards
from registry.errors import N_, InvalidInput, VersionMismatch
from registry.http import actor, session
from registry.matching import listing, matches, offers
from registry.matching.models import Offer
from registry.matching.views import offer_views
from registry.web import choices, lists
from registry.web.conflicts import conflict_page
from registry.web.entry_forms import offer_values, offer_words, read_offer, shown_again
from registry.web.entry_lists import OFFER_FILTERS, asked, choose_need
from registry.web.forms import Form, expected_version
from registry.web.history_view import revisions
from registry.web.i18n import language

pages = Blueprint("offers", __name__)

SORTS = {
    "": N_("Latest change"),
    "-opened": N_("Newest first"),
    "expires": N_("Expiring soonest"),
    "title": N_("Title"),
}
ACTIONS = {
    "open": N_("The offer is open: it is matched with needs from now on."),
    "withdraw": N_("The offer is withdrawn. It can be renewed."),
    "close": N_("The offer is closed."),
    "renew": N_("The offer is open again."),
}
_OPERATIONS = {"withdraw": offers.withdraw_offer, "close": offers.close_offer, "renew": offers.renew_offer}


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
        exports=lists.export_links("offers", (*OFFER_FILTERS, "state", "organisation"), "csv", "xlsx", "json"),
        data_url=lists.data_url("/api/v1/offers"),
    )


@pages.get("/offers/new")
def new() -> ResponseReturnValue:
    """An empty form."""
    policy.require(actor(), "offer.create")
    return _form(Form({"language": "en", "visibility": "public"}), None)


@pages.post("/offers/new")
def create() -> ResponseReturnValue:
    """Save a draft; `add_line` only gives the form one more condition."""
    policy.require(actor(), "offer.create")
    data = read_offer(request.form)
    if request.form.get("do") == "add_line":
        return _form(Form(shown_again(data)), None, more=True)
    try:
        offer = offers.create_offer(session(), actor(), data)
        if request.form.get("do") == "open":
            offers.open_offer(session(), actor(), offer.id or 0, offer.version)
    except InvalidInput as error:
        return _form(Form(shown_again(data), error.fields), None), error.status
    saved = N_("The offer is saved as a draft: only your organisation and the coordinators see it.")
    flash(gettext(saved if offer.status == "draft" else ACTIONS["open"]), "good")
    return redirect(url_for("web.offers.show", offer_id=offer.id), 303)


@pages.get("/offers/<int:offer_id>/edit")
def edit(offer_id: int) -> ResponseReturnValue:
    """The form with what is stored."""
    offer = offers.get_offer(session(), actor(), offer_id)
    policy.require(actor(), "offer.update", offer)
    return _form(Form(_stored(offer_id), version=offer.version), offer)


@pages.post("/offers/<int:offer_id>/edit")
def update(offer_id: int) -> ResponseReturnValue:
    """Save; where somebody else was faster, show both."""
    offer = offers.get_offer(session(), actor(), offer_id)
    policy.require(actor(), "offer.update", offer)
    data, version = read_offer(request.form), expected_version(request.form)
    form = Form(shown_again(data), version=version)
    if request.form.get("do") == "add_line":
        return _form(form, offer, more=True)
    try:
        offer = offers.update_offer(session(), actor(), offer_id, data, version)
        if request.form.get("do") == "open" and offer.status == "draft":
            offers.open_offer(session(), actor(), offer_id, offer.version)
    except InvalidInput as error:
        return _form(form.with_errors(error), offer), error.status
    except VersionMismatch as error:
        url = url_for("web.offers.edit", offer_id=offer_id)
        return conflict_page(
            shown_again(data), _stored(offer_id), version=error.current, url=url, edit_url=url, words=offer_words,
            by_field=lambda values: {name: value for name, value in values.items() if name != "expires_moment"},
        )  # fmt: skip
    flash(gettext("Saved."), "good")
    return redirect(url_for("web.offers.show", offer_id=offer_id), 303)


def _stored(offer_id: int) -> dict[str, Any]:
    return offer_values(offers.OFFERS.forms(session(), [offer_id])[offer_id])


@pages.get("/offers/<int:offer_id>")
def show(offer_id: int) -> ResponseReturnValue:
    """One offer."""
    return _show(offers.get_offer(session(), actor(), offer_id), Form())


@pages.post("/offers/<int:offer_id>/<any(open, withdraw, close, renew):action>")
def act(offer_id: int, action: str) -> ResponseReturnValue:
    """One step of the life cycle; what is missing is said at its field."""
    offer = offers.get_offer(session(), actor(), offer_id)
    version = expected_version(request.form)
    given = {name: request.form[name] for name in ("reason", "window_start", "window_end") if request.form.get(name)}
    try:
        if action == "open":
            offers.open_offer(session(), actor(), offer_id, version)
        else:
            _OPERATIONS[action](session(), actor(), offer_id, given, version)
    except InvalidInput as error:
        if action == "open":
            return _form(Form(_stored(offer_id), error.fields, offer.version), offer), error.status
        return _show(offer, Form(given, error.fields), action), error.status
    flash(gettext(ACTIONS[action]), "good")
    return redirect(url_for("web.offers.show", offer_id=offer_id), 303)


def _show(offer: Offer, form: Form, acting: str = "") -> str:
    offer_id = offer.id or 0
    return render_template(
        "offers/show.html",
        offer=offer_views(session(), actor(), [offer_id])[offer_id],
        form=form,
        blank=Form(),
        words=offer_words,
        acting=acting,
        may={name: policy.can(actor(), f"offer.{name}", offer) for name in ("update", *ACTIONS)},
        matches=matches.matches_of_offer(session(), actor(), offer_id),
        needs=choose_need(session(), actor()),
        history=revisions(offers.offer_history(session(), actor(), offer_id), offer_words),
        data_url=f"/api/v1/offers/{offer_id}",
    )


def _form(form: Form, offer: Offer | None, more: bool = False) -> str:
    conditions = form.value("conditions") or []
    instruments = [(item["standard"], text_in(item["title"], language())) for item in list_standards(session())]
    return render_template(
        "offers/form.html",
        form=form,
        offer=offer,
        rows=max(len(conditions) + more, 1),
        words=offer_words,
        themes=choices.themes(),
        types=choices.of("assistance"),
        kinds=choices.of("condition"),
        instruments=instruments,
        visibilities=choices.of("visibility"),
        currencies=choices.currency_options(),
        languages=choices.languages(),
        places=[name for _, name in (*choices.regions(), *choices.states())],
    )
