"""Organisations: list, profile with programmes and offers, and the form that corrects one."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from registry.accounts import policy
from registry.catalogue import history, listing, mandates, organisations
from registry.catalogue.models import Organisation
from registry.catalogue.reference import codelist
from registry.catalogue.schemas import MandateForm, OrganisationCreateSchema, OrganisationPatchSchema
from registry.errors import N_, InvalidInput, VersionMismatch
from registry.http import actor, session
from registry.matching import listing as entries
from registry.schemas import load
from registry.web import choices, lists
from registry.web.conflicts import conflict_page
from registry.web.forms import Form, expected_version, nested
from registry.web.history_view import revisions
from registry.web.i18n import language
from registry.web.results_view import web_link

pages = Blueprint("organisations", __name__)

SORTS = {"": N_("Best match or name"), "name": N_("Name"), "updated": N_("Latest change")}
WORDS = {
    "name": N_("Name"),
    "names": N_("Names in other languages"),
    "acronym": N_("Acronym"),
    "kind": N_("Kind"),
    "state": N_("State"),
    "description": N_("Description"),
    "website": N_("Website"),
    "identifiers": N_("Identifiers"),
}
FIELDS = ("name", "acronym", "kind", "state", "description", "website")
SHOWN = 20


def words_of(path: str) -> str:
    """The words for a field."""
    first = path.split(".")[0]
    return gettext(WORDS[first]) if first in WORDS else path


@pages.get("/organisations")
def index() -> ResponseReturnValue:
    """The list."""
    q, kind, sort = (request.args.get(name, "").strip() for name in ("q", "kind", "sort"))
    state = request.args.get("state", "")
    filters: dict[str, Any] = {"q": q, "kind": kind or None, "state": state or None}
    page = organisations.list_organisations(
        session(), actor(), **filters, sort=sort or None, cursor=request.args.get("cursor"), limit=50
    )
    kinds = [(code, name, None) for code, name in codelist("OrganisationType", language()).items()]
    titles = {"kind": gettext("Kind"), "state": gettext("State")}
    named = {("kind", code): name for code, name, _ in kinds} | {("state", c): n for c, n in choices.states()}
    return render_template(
        "organisations/index.html",
        q=q,
        rows=page.rows,
        total=organisations.count_organisations(session(), actor(), **filters),
        facets=[(titles["kind"], lists.single_rows("kind", kinds))],
        active=lists.active_filters(titles, named, q, gettext("Words")),
        clear_url=lists.clear_url(),
        state=state,
        states=choices.states(),
        first_url=lists.first_url(),
        next_url=lists.next_url(page.next),
        sorts=[(code, gettext(words)) for code, words in SORTS.items()],
        sort=sort,
        may_create=policy.can(actor(), "organisation.create"),
        exports=lists.export_links("organisations", ("kind", "state"), "csv", "xlsx", "json"),
        data_url=lists.data_url("/api/v1/organisations"),
    )


@pages.get("/organisations/<int:organisation_id>")
def show(organisation_id: int) -> ResponseReturnValue:
    """One organisation."""
    return _show(organisation_id, Form())


def _show(organisation_id: int, mandate_form: Form) -> str:
    organisation, identifiers = organisations.get_organisation(session(), actor(), organisation_id)
    filters = listing.Filters(values={"organisation": [str(organisation_id)]})
    manages = policy.can(actor(), "mandate.manage")
    offers = entries.list_offers(session(), actor(), entries.Filters(organisations=[organisation_id]), limit=SHOWN)
    return render_template(
        "organisations/show.html",
        organisation=organisation,
        identifiers=identifiers,
        same=organisations.same_as(session(), actor(), organisation),
        language_names=choices.LANGUAGE_NAMES,
        website=web_link(organisation.website),
        programmes=listing.list_programmes(session(), actor(), filters, limit=SHOWN).rows,
        programme_count=listing.count_programmes(session(), actor(), filters),
        offers=offers.items,
        offer_count=offers.total,
        history=revisions(history.versions(session(), "organisation", organisation_id), words_of),
        mandates=mandates.list_mandates(session(), organisation_id) if manages else [],
        manages_mandates=manages,
        mandate_form=mandate_form,
        may_edit=policy.can(actor(), "organisation.update", organisation) and not organisation.archived_at,
        data_url=f"/api/v1/organisations/{organisation_id}",
    )


@pages.post("/organisations/<int:organisation_id>/mandates")
def enter_mandate(organisation_id: int) -> ResponseReturnValue:
    """Enter that the organisation reports programmes for another."""
    given = {name: request.form.get(name, "").strip() for name in ("reported", "reason")}
    found = organisations.find_named(session(), given["reported"])
    try:
        if len(found) != 1:
            raise InvalidInput({"reported_id": [N_("No single organisation has this identifier or name.")]})
        data = load(MandateForm(), {"reported_id": found[0], "reason": given["reason"]})
        mandates.enter_mandate(session(), actor(), organisation_id, data["reported_id"], data["reason"])
    except InvalidInput as error:
        errors = {"reported" if name == "reported_id" else name: texts for name, texts in error.fields.items()}
        return _show(organisation_id, Form(given, errors)), error.status
    flash(gettext("Saved."), "good")
    return redirect(url_for("web.organisations.show", organisation_id=organisation_id), 303)


@pages.post("/organisations/<int:organisation_id>/mandates/<int:mandate_id>/revoke")
def revoke_mandate(organisation_id: int, mandate_id: int) -> ResponseReturnValue:
    """Revoke a mandate; what was reported under it stays."""
    mandates.revoke_mandate(session(), actor(), organisation_id, mandate_id)
    flash(gettext("The mandate is revoked."), "good")
    return redirect(url_for("web.organisations.show", organisation_id=organisation_id), 303)


@pages.route("/organisations/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Enter an organisation."""
    policy.require(actor(), "organisation.create")
    if request.method == "GET":
        return _form(Form(), None)
    data = _typed()
    try:
        organisation = organisations.create_organisation(session(), actor(), load(OrganisationCreateSchema(), data))
    except InvalidInput as error:
        return _form(Form(_again(data), error.fields), None), error.status
    flash(gettext("Saved."), "good")
    return redirect(url_for("web.organisations.show", organisation_id=organisation.id), 303)


@pages.route("/organisations/<int:organisation_id>/edit", methods=["GET", "POST"])
def edit(organisation_id: int) -> ResponseReturnValue:
    """Correct an organisation; where somebody else was faster, show both."""
    organisation, identifiers = organisations.get_organisation(session(), actor(), organisation_id)
    policy.require(actor(), "organisation.update", organisation)
    stored = {name: getattr(organisation, name) or "" for name in FIELDS} | {"identifiers": "\n".join(identifiers)}
    if request.method == "GET":
        return _form(Form(stored, version=organisation.version), organisation)
    data, version = _typed(), expected_version(request.form)
    try:
        loaded = load(OrganisationPatchSchema(), data)
        organisations.update_organisation(session(), actor(), organisation_id, loaded, version)
    except InvalidInput as error:
        return _form(Form(_again(data), error.fields, version), organisation), error.status
    except VersionMismatch as error:
        url = url_for("web.organisations.edit", organisation_id=organisation_id)
        mine = _again(data)
        return conflict_page(mine, stored, version=error.current, url=url, edit_url=url, words=words_of)
    flash(gettext("Saved."), "good")
    return redirect(url_for("web.organisations.show", organisation_id=organisation_id), 303)


def _typed() -> dict[str, Any]:
    data = nested(request.form)
    kept = {name: str(data.get(name) or "").strip() for name in FIELDS}
    nullable = {name: kept[name] or None for name in ("acronym", "kind", "state", "website")}
    identifiers = [line.strip() for line in str(data.get("identifiers") or "").splitlines() if line.strip()]
    return {**kept, **nullable, "identifiers": identifiers}


def _again(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "identifiers": "\n".join(data["identifiers"])}


def _form(form: Form, organisation: Organisation | None) -> str:
    return render_template(
        "organisations/form.html",
        form=form,
        organisation=organisation,
        words=words_of,
        kinds=list(codelist("OrganisationType", language()).items()),
        states=choices.states(),
    )
