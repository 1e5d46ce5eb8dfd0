"""Reports that a State owes or is invited to send: days with what became of them, as a page and as a calendar file."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from registry.accounts import policy
from registry.catalogue import reference
from registry.catalogue.models import Participation
from registry.catalogue.reference import State
from registry.compliance.duties import service
from registry.compliance.duties.calendars import Entry, ics
from registry.compliance.duties.rules import AHEAD, OPEN, Due
from registry.db import utcnow
from registry.errors import N_, Conflict, InvalidInput, NotFound
from registry.http import actor, registry_app, session
from registry.reporting.models import NationalReport
from registry.reporting.rules import period_before
from registry.reporting.service import list_reports, template_in
from registry.reporting.templates import templates
from registry.web.forms import Form
from registry.web.i18n import language, message
from registry.web.standards_words import instrument_name

pages = Blueprint("reports", __name__)

WORDS = {"instrument": N_("Instrument"), "on": N_("Day on which it was filed"), "source": N_("Where it can be read")}


def words_of(path: str) -> str:
    """The words for a field."""
    return gettext(WORDS[path]) if path in WORDS else path


@pages.get("/states/<state>/reports")
def index(state: str) -> ResponseReturnValue:
    """What is due or invited, what came, what is not known."""
    return _page(_state(state), Form({}))


@pages.post("/states/<state>/reports")
def note(state: str) -> ResponseReturnValue:
    """Note that a report was filed."""
    found = _state(state)
    typed = {name: request.form.get(name, "") for name in WORDS}
    try:
        service.note_filed(session(), actor(), found.alpha3, typed)
    except InvalidInput as error:
        return _page(found, Form(typed, error.fields)), error.status
    except Conflict as error:
        return _page(found, Form(typed, {"_schema": [message(error)]})), error.status
    flash(gettext("Noted."), "good")
    return redirect(url_for("web.reports.index", state=found.alpha3), 303)


@pages.get("/states/<state>/reports.ics")
def calendar(state: str) -> ResponseReturnValue:
    """The days that are still to come, for anybody's calendar."""
    found = _state(state)
    lang, base = language(), registry_app().settings.public_url.rstrip("/")
    entries = []
    for due in service.owed(session(), found.alpha3, utcnow().date()):
        if due.status in AHEAD:
            said = service.describe(due, lang)
            uid = f"{found.alpha3.lower()}-{due.duty}-{due.on:%Y%m%d}@casa-registry"
            link = f"{base}{url_for('web.reports.index', state=found.alpha3)}"
            entries.append(Entry(uid, due.on, f"{found.name(lang)}: {said['title']}", said["source"], link))
    name = gettext("Reports due and invited: %(state)s", state=found.name(lang))
    headers = {"Content-Disposition": f'attachment; filename="reports-{found.alpha3}.ics"'}
    return Response(ics(name, entries), mimetype="text/calendar", headers=headers)


def _page(state: State, form: Form) -> str:
    today = utcnow().date()
    reports = list_reports(session(), actor(), state.alpha3)
    begun = {(each.template, each.period_start.isoformat(), each.period_end.isoformat()): each for each in reports}
    rows = [
        {**service.describe(due, language()), **_to_begin(due, today, begun)}
        for due in service.owed(session(), state.alpha3, today)
    ]
    owned = Participation(state=state.alpha3, instrument="", act="", source="")
    may = policy.can(actor(), "participation.write", owned)
    instruments = [
        (slug, instrument_name(slug)) for slug in sorted({d.instrument for d, _ in service.duties().values()})
    ]
    return render_template(
        "states/reports.html",
        reports=[(each, template_in(each)) for each in reports],
        templates=[(name, template.title(language())) for name, template in templates().items()],
        may_begin=policy.can(actor(), "national_report.create", owned),
        state=state,
        rows=rows,
        form=form,
        may=may,
        instruments=instruments,
        words=words_of,
        data_url=f"/api/v1/states/{state.alpha3}/reports",
    )


def _to_begin(due: Due, today: date, begun: Mapping[tuple[str, str, str], NationalReport]) -> dict[str, Any]:
    """`report`: the one that was begun for this due day; else `begin`: template and period, where one can be."""
    template = next((each for each in templates().values() if due.duty in each.document["duties"]), None)
    if template is None or due.status not in OPEN:
        return {}
    start, end = period_before(due.on, template.document["years"])
    report = begun.get((template.id, start.isoformat(), end.isoformat()))
    if report is not None:
        return {"report": report}
    period = {"period_start": start.isoformat(), "period_end": end.isoformat()}
    return {"begin": {"template": template.id, **period}} if end <= today else {}


def _state(text: str) -> State:
    found = reference.resolve_state(text)
    if found is None:
        raise NotFound(N_("There is no such State."))
    return found
