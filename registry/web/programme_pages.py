"""The catalogue of programmes: list with facets, one programme whole, and the form that corrects it."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select

from registry.accounts import policy
from registry.catalogue import editing, history, listing, programmes, totals
from registry.catalogue.conflicts import listing as conflicts
from registry.catalogue.left_out import left_out_of
from registry.catalogue.mandates import standing_in
from registry.catalogue.models import Programme
from registry.catalogue.provenance import sources_of
from registry.catalogue.reference import codelist
from registry.catalogue.schemas import ProgrammeCreateSchema, ProgrammePatchSchema
from registry.errors import N_, InvalidInput, VersionMismatch
from registry.http import actor, session
from registry.matching.alongside import alongside
from registry.matching.ledger.views import commitments_of_programme
from registry.schemas import load
from registry.sync.models import Feed
from registry.web import choices, lists, programme_entry, programme_forms, programme_view, results_view, sources_view
from registry.web.conflicts import conflict_page
from registry.web.forms import Form, expected_version
from registry.web.history_view import revisions
from registry.web.i18n import language

pages = Blueprint("programmes", __name__)

FACETS = {
    "theme": N_("Theme"),
    "country": N_("Country"),
    "region": N_("Region"),
    "organisation": N_("Organisation"),
    "status": N_("Status"),
    "year": N_("Year"),
    "marker": N_("Marker"),
    "source": N_("Source"),
}
SORTS = {
    "": N_("Best match or latest change"),
    "title": N_("Title, A to Z"),
    "-start": N_("Start, latest first"),
    "start": N_("Start, earliest first"),
    "-budget": N_("Budget, largest first"),
    "budget": N_("Budget, smallest first"),
}
LEFT_OUT = {
    "budget": N_("Budget"), "commitment": N_("Commitment"), "disbursement": N_("Disbursement"),
    "joined": N_("Further records of the same programme"),
}  # fmt: skip
PAGE = 25


@pages.get("/programmes")
def index() -> ResponseReturnValue:
    """The catalogue."""
    q = request.args.get("q", "").strip()
    left_out = request.args.get("left_out", "")
    filters = listing.Filters(q, lists.chosen(tuple(FACETS)), left_out=left_out)
    sort = request.args.get("sort") or None
    page = listing.list_programmes(
        session(), actor(), filters, sort=sort, cursor=request.args.get("cursor"), limit=PAGE
    )
    counts = listing.facet_counts(session(), actor(), filters, language())
    feeds = source_names()
    titles = {name: gettext(words) for name, words in FACETS.items()}
    rows = {name: [(c.value, feeds.get(c.value, c.label), c.count) for c in counts.get(name, ())] for name in FACETS}
    words = {(name, value): label for name, found in rows.items() for value, label, _ in found}
    words |= {("left_out", name): gettext(said) for name, said in LEFT_OUT.items()}
    return render_template(
        "programmes/index.html",
        q=q,
        may_enter=policy.can(actor(), "programme.create", _own()),
        rows=page.rows,
        total=listing.count_programmes(session(), actor(), filters),
        facets=[(titles[name], lists.facet_rows(name, found)) for name, found in rows.items()],
        active=lists.active_filters(titles | {"left_out": gettext("Not counted in sums")}, words, q, gettext("Words")),
        clear_url=lists.clear_url(),
        first_url=lists.first_url(),
        next_url=lists.next_url(page.next),
        sorts=[(code, gettext(words)) for code, words in SORTS.items()],
        sort=sort or "",
        # Neither a saved search nor an export knows what sums leave out.
        save_url=None if left_out else lists.save_url("programme", tuple(FACETS)),
        exports=[] if left_out else lists.export_links("programmes", tuple(FACETS), "csv", "xlsx", "json", "iati"),
        data_url=lists.data_url("/api/v1/programmes"),
    )


def source_names() -> dict[str, str]:
    """`feed:<id>` or `person` → words."""
    feeds: dict[str, str] = {f"feed:{id_}": name for id_, name in session().execute(select(Feed.id, Feed.name))}  # type: ignore[call-overload]
    return {**feeds, "person": gettext("Entered by a person")}


@pages.route("/programmes/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Enter a programme that no feed brings: donors and agencies what they report, the staff for others."""
    policy.require(actor(), "programme.create", _own())
    if request.method == "GET":
        return entry_page(Form(programme_entry.EMPTY))
    data = programme_entry.read(request.form)
    try:
        given = programme_entry.programme_of(data)
        programme_id = editing.create_programme(session(), actor(), load(ProgrammeCreateSchema(), given))
    except InvalidInput as error:
        return entry_page(Form(data, programme_entry.errors_of(error.fields, data))), error.status
    flash(gettext("Entered. It is in the catalogue now."), "good")
    return redirect(url_for("web.programmes.show", programme_id=programme_id), 303)


def _own() -> Programme:
    """A programme of the person's organisation, as it would be entered."""
    return Programme(iati_identifier="", title="", reporting_organisation_id=actor().organisation_id)


def entry_page(form: Form, commitment: int | None = None) -> str:
    """The form that enters a programme; `commitment`: it is filled in from that one."""
    return render_template(
        "programmes/new.html",
        form=form,
        commitment=commitment,
        words=programme_entry.words_of,
        asks_reporter=actor().organisation_id is None and commitment is None,
        rows=programme_entry.STATES,
        statuses=list(codelist("ActivityStatus", language()).items()),
        states=choices.states(),
        currencies=choices.currency_options(),
        languages=choices.languages(),
        themes=choices.themes(),
        visibilities=choices.of("visibility"),
    )


@pages.get("/programmes/<int:programme_id>")
def show(programme_id: int) -> ResponseReturnValue:
    """One programme."""
    programme, document, provenance = programmes.get_programme(session(), actor(), programme_id)
    names = source_names()
    said = sources_of(session(), actor(), programme_id)
    latest, count = results_view.payments(document)
    sectors, on_transactions = programme_view.sectors(document)
    return render_template(
        "programmes/show.html",
        programme=programme,
        document=document,
        view=programme_view,
        totals=totals.totals_of(document),
        left_out=[(gettext(LEFT_OUT[item["measure"]]), item) for item in left_out_of(session(), programme_id)],
        years=programme_view.money_by_year(document),
        sectors=sectors,
        sectors_on_transactions=on_transactions,
        results=results_view.results(document),
        papers=results_view.papers(document.get("documents")),
        payments=latest,
        payment_count=count,
        web_link=results_view.web_link,
        corrected=[
            (programme_view.field_words(name), name) for name, origin in sorted(provenance.items()) if origin.user_id
        ],
        said=said,
        fields=sources_view.field_rows(said, names),
        source_names=names,
        open_conflicts=conflicts.conflict_counts(session(), actor(), programme_id)["open"],
        source=names.get(programme.source, programme.source),
        history=revisions(history.versions(session(), "programme", programme_id), programme_view.field_words),
        may_edit=policy.can(
            standing_in(session(), actor(), programme.reporting_organisation_id), "programme.update", programme
        ),
        alongside=alongside(session(), actor(), "programme", programme_id),
        commitments=commitments_of_programme(session(), actor(), programme_id),
        data_url=f"/api/v1/programmes/{programme_id}",
    )


@pages.route("/programmes/<int:programme_id>/edit", methods=["GET", "POST"])
def edit(programme_id: int) -> ResponseReturnValue:
    """Correct a programme: over a feed's value a person's lies until it is released. Conflicts show both."""
    programme, document, _provenance = programmes.get_programme(session(), actor(), programme_id)
    owner = programme.reporting_organisation_id
    policy.require(standing_in(session(), actor(), owner), "programme.update", programme)
    stored = programme_forms.values_of(programme, document)
    if request.method == "GET":
        return _form(Form(stored, version=programme.version), programme)
    data, version = programme_forms.read(request.form), expected_version(request.form)
    try:
        patch = load(ProgrammePatchSchema(), programme_forms.patch_of(data, stored, document))
        editing.update_programme(session(), actor(), programme_id, patch, version)
    except InvalidInput as error:
        return _form(Form(data, programme_forms.errors_of(error.fields), version), programme), error.status
    except VersionMismatch as error:
        url = url_for("web.programmes.edit", programme_id=programme_id)
        return conflict_page(data, stored, version=error.current, url=url, edit_url=url, words=programme_forms.words_of)
    flash(gettext("Saved. Your values stand above the source's until they are released."), "good")
    return redirect(url_for("web.programmes.show", programme_id=programme_id), 303)


def _form(form: Form, programme: Programme) -> str:
    return render_template(
        "programmes/form.html",
        form=form,
        programme=programme,
        words=programme_forms.words_of,
        statuses=list(codelist("ActivityStatus", language()).items()),
        themes=choices.themes(),
        visibilities=choices.of("visibility"),
    )


@pages.post("/programmes/<int:programme_id>/release")
def release(programme_id: int) -> ResponseReturnValue:
    """Give corrected fields back to the source's own values."""
    version = expected_version(request.form)
    editing.release_fields(session(), actor(), programme_id, request.form.getlist("fields"), version)
    flash(gettext("Released: the source's own values are in force again."), "good")
    return redirect(url_for("web.programmes.show", programme_id=programme_id), 303)


@pages.post("/programmes/<int:programme_id>/archive")
def archive(programme_id: int) -> ResponseReturnValue:
    """Withdraw a programme; it stays as a tombstone with its history."""
    version, reason = expected_version(request.form), request.form.get("reason", "").strip()
    if not reason:
        raise InvalidInput({"reason": [N_("Say why it is withdrawn.")]})
    editing.archive_programme(session(), actor(), programme_id, reason[:300], version)
    flash(gettext("Withdrawn."), "good")
    return redirect(url_for("web.programmes.show", programme_id=programme_id), 303)
