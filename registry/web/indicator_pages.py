"""Indicators: what is measured, what a State observed, its baselines and targets; the State enters and imports."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from registry.accounts import policy
from registry.catalogue import history, reference
from registry.catalogue.reference import State
from registry.catalogue.tabular import ImportReport
from registry.compliance.indicators import importing, service, views
from registry.compliance.indicators.definitions import Indicator, all_indicators, get_indicator
from registry.compliance.indicators.models import QUALITIES, Series
from registry.compliance.indicators.schemas import VISIBILITIES
from registry.errors import N_, InvalidInput, NotFound, VersionMismatch
from registry.http import actor, session
from registry.web import indicator_view as view
from registry.web.conflicts import conflict_page
from registry.web.forms import Form, expected_version
from registry.web.history_view import revisions
from registry.web.labels import label
from registry.web.tables_in import imported

pages = Blueprint("indicators", __name__)

SHOWN = 200
WORDS = {
    "visibility": N_("Who may see it"), "baseline": N_("Baseline"), "baseline_on": N_("Day of the baseline"),
    "target": N_("Target"), "target_on": N_("Day of the target"), "note": N_("Note"),
    "period_start": N_("First day"), "period_end": N_("Last day"), "value": N_("Value"),
    "numerator": N_("Numerator"), "denominator": N_("Denominator"), "quality": N_("Quality"),
    "source": N_("Source"), "file": N_("File"), "columns": N_("Columns"), "indicator": N_("Indicator"),
    "state": N_("State"), "observations": N_("Observations"),
}  # fmt: skip


def words_of(path: str) -> str:
    """The words for a field."""
    name = path.rpartition(".")[2]
    if path.startswith("groups."):
        return label("dimension", name)
    return gettext(WORDS[name]) if name in WORDS else path


@pages.get("/indicators")
def index() -> ResponseReturnValue:
    """Everything that is measured."""
    counts = views.count_states(session(), actor())
    return render_template(
        "indicators/index.html",
        indicators=[(found, view.heading(found), counts.get(name, 0))
                    for name, found in all_indicators(session()).items()],
        own=actor().state if actor().role == "state" else None,
        data_url="/api/v1/indicators",
    )  # fmt: skip


@pages.get("/indicators/<name>")
def definition(name: str) -> ResponseReturnValue:
    """One definition, with the States' series of it in alphabetical order: no ranking."""
    indicator = get_indicator(session(), name)
    listed, _more = views.list_series(session(), actor(), {"indicator": name}, "state", None, SHOWN)
    return render_template(
        "indicators/definition.html",
        indicator=indicator,
        heading=view.heading(indicator),
        described=views.definition(indicator),
        series=listed,
        figure=view.figure,
        own=actor().state if actor().role == "state" else None,
        data_url=f"/api/v1/indicators/{name}",
    )


@pages.get("/states/<state>/indicators")
def of_state(state: str) -> ResponseReturnValue:
    """A State's series, each with its progress, and what storing its surplus costs against destroying it."""
    return _of_state(_state(state))


@pages.post("/states/<state>/indicators/import")
def import_file(state: str) -> ResponseReturnValue:
    """Observations from a table: looked at first, then entered."""
    found = _state(state)
    policy.require(actor(), "indicator.write", Series(state=found.alpha3, indicator=""))
    try:
        report = imported(importing.import_rows)
    except InvalidInput as error:
        return _of_state(found, Form({}, error.fields)), error.status
    return _of_state(found, report=report)


def _of_state(state: State, form: Form | None = None, report: ImportReport | None = None) -> str:
    listed, _more = views.list_series(session(), actor(), {"state": state.alpha3}, "indicator", None, SHOWN)
    known = all_indicators(session())
    own = policy.can(actor(), "indicator.write", Series(state=state.alpha3, indicator=""))
    begun = {item["indicator"] for item in listed}
    return render_template(
        "indicators/state.html",
        state=state,
        series=[(item, view.heading(known[item["indicator"]])) for item in listed if item["indicator"] in known],
        to_begin=[(name, view.heading(found)) for name, found in known.items() if own and name not in begun],
        costs=views.surplus_costs(session(), actor(), state.alpha3),
        figure=view.figure,
        own=own,
        form=form or Form({}),
        report=report,
        entered=request.form.get("do") == "enter",
        words=words_of,
        columns=importing.COLUMNS,
        data_url=f"/api/v1/indicator-series?state={state.alpha3}",
    )


@pages.get("/states/<state>/indicators/<name>")
def show(state: str, name: str) -> ResponseReturnValue:
    """One series: the line, the target, what was observed."""
    return _show(_state(state), get_indicator(session(), name))


@pages.post("/states/<state>/indicators/<name>/plan")
def plan(state: str, name: str) -> ResponseReturnValue:
    """Set baseline, target, who may see it; begins the series where there is none."""
    found, indicator = _state(state), get_indicator(session(), name)
    typed = {field: request.form.get(field, "") for field in service.PLAN}
    series = service.find_series(session(), actor(), found.alpha3, name)
    try:
        if series is None:
            service.begin(session(), actor(), {**typed, "state": found.alpha3, "indicator": name})
        else:
            service.plan(session(), actor(), series.id or 0, typed, expected_version(request.form))
    except InvalidInput as error:
        version = int(request.form["version"]) if request.form.get("version", "").isdecimal() else None
        return _show(found, indicator, plan_form=Form(typed, error.fields, version)), error.status
    except VersionMismatch as error:
        stored = {field: getattr(series, field) for field in service.PLAN}
        there = url_for("web.indicators.show", state=found.alpha3, name=name)
        here = url_for("web.indicators.plan", state=found.alpha3, name=name)
        return conflict_page(typed, stored, version=error.current, url=here, edit_url=there, words=words_of)
    flash(gettext("Saved."), "good")
    return redirect(url_for("web.indicators.show", state=found.alpha3, name=name), 303)


@pages.post("/states/<state>/indicators/<name>/observations")
def observe(state: str, name: str) -> ResponseReturnValue:
    """Enter one observation; of the same period and group it replaces the one before."""
    found, indicator = _state(state), get_indicator(session(), name)
    typed: dict[str, Any] = {
        field: request.form.get(field, "")
        for field in ("period_start", "period_end", "value", "numerator", "denominator", "quality", "source")
    }
    groups = {dim: request.form.get(f"groups.{dim}", "").strip() for dim in indicator.dimensions}
    typed["groups"] = {dim: group for dim, group in groups.items() if group}
    try:
        series = service.find_series(session(), actor(), found.alpha3, name) or service.begin(
            session(), actor(), {"state": found.alpha3, "indicator": name}
        )
        service.observe(session(), actor(), series.id or 0, {"observations": [typed]})
    except InvalidInput as error:
        fields = {path.removeprefix("observations.0."): words for path, words in error.fields.items()}
        session().rollback()
        return _show(found, indicator, form=Form(typed, fields)), error.status
    flash(gettext("Saved."), "good")
    return redirect(url_for("web.indicators.show", state=found.alpha3, name=name), 303)


@pages.post("/states/<state>/indicators/<name>/observations/<int:observation_id>/delete")
def take_back(state: str, name: str, observation_id: int) -> ResponseReturnValue:
    """Take an observation back."""
    found = _state(state)
    series = _series(found, name)
    service.take_back(session(), actor(), series.id or 0, observation_id, expected_version(request.form))
    flash(gettext("The observation is taken back; the history keeps it."), "good")
    return redirect(url_for("web.indicators.show", state=found.alpha3, name=name), 303)


def _show(state: State, indicator: Indicator, *, form: Form | None = None, plan_form: Form | None = None) -> str:
    own = policy.can(actor(), "indicator.write", Series(state=state.alpha3, indicator=indicator.id))
    series = service.find_series(session(), actor(), state.alpha3, indicator.id)
    if series is None and not own:
        raise NotFound(service.MISSING)
    described = views.describe(session(), [series])[0] if series else None
    rows = service.observations_of(session(), series) if series else []
    stored = {field: getattr(series, field) for field in service.PLAN} if series else {"visibility": "members"}
    return render_template(
        "indicators/series.html",
        state=state,
        indicator=indicator,
        heading=view.heading(indicator),
        described=views.definition(indicator),
        series=described,
        chart=view.chart_of(described) if described else None,
        rows=[(views.observation(row), view.groups_in_words(row.dimensions)) for row in rows],
        own=own,
        form=form or Form({"quality": "final"}),
        plan_form=plan_form or Form(stored, version=series.version if series else None),
        qualities=[(code, label("quality", code)) for code in QUALITIES],
        visibilities=[(code, label("visibility", code)) for code in VISIBILITIES],
        words=words_of,
        figure=view.figure,
        history=revisions(history.versions(session(), "indicator_series", series.id or 0), words_of) if series else [],
        data_url=f"/api/v1/indicator-series/{series.id}" if series else f"/api/v1/indicators/{indicator.id}",
    )


def _state(text: str) -> State:
    found = reference.resolve_state(text)
    if found is None:
        raise NotFound(N_("There is no such State."))
    return found


def _series(state: State, name: str) -> Series:
    found = service.find_series(session(), actor(), state.alpha3, name)
    if found is None:
        raise NotFound(service.MISSING)
    return found
