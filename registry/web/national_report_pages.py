"""A State's national report: what is known, what the State writes, what is still lacking; to print and to submit."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from registry.accounts import policy
from registry.catalogue.history import versions
from registry.db import utcnow
from registry.errors import N_, Conflict, InvalidInput, NotAcceptable, VersionMismatch
from registry.http import actor, registry_app, session
from registry.reporting import service, views
from registry.reporting.content import OWN, Content, entries_of, progress
from registry.reporting.files import FORMATS, file_of, name_of
from registry.reporting.models import NationalReport
from registry.reporting.rules import KINDS
from registry.web.conflicts import conflict_page, flat
from registry.web.forms import Form, expected_version, is_blank, nested
from registry.web.history_view import revisions
from registry.web.i18n import language, message

pages = Blueprint("national_reports", __name__)

FIELDS = {
    "period_start": N_("First day of the period"),
    "period_end": N_("Last day of the period"),
    "on": N_("Day on which it was filed"),
    "source": N_("Where it can be read"),
    "period": N_("Period"),
    "status": N_("Status"),
    "template": N_("Template"),
}
BLANK_ROWS = 3
"""Empty rows beneath a table, to be filled in"""
EMPTY: dict[str, Any] = {"text": "", "replaces": False, "rows": [], "none": False}
Kept = Mapping[str, Mapping[str, Any]]


def words_for(content: Content) -> Callable[[str], str]:
    """What an error's field is called: the entry's question."""
    asked = {entry["id"]: entry["question"] for _, entry in entries_of(content)}

    def words_of(path: str) -> str:
        parts = path.split(".")
        name = parts[1] if parts[0] == "entries" and len(parts) > 1 else path
        if name in asked:
            question = asked[name]
            return str(question.get(language()) or question["en"])
        return gettext(FIELDS[path]) if path in FIELDS else path

    return words_of


@pages.post("/states/<state>/national-reports")
def begin(state: str) -> ResponseReturnValue:
    """Begin a report, or go on with the draft there is."""
    names = ("template", "period_start", "period_end")
    data = {"state": state, **{name: request.form[name] for name in names if request.form.get(name)}}
    report = service.begin(session(), actor(), data)
    return redirect(url_for("web.national_reports.show", report_id=report.id), 303)


@pages.get("/national-reports/<int:report_id>")
def show(report_id: int) -> ResponseReturnValue:
    """One report; a draft as a form, with what it still lacks on top."""
    report = service.get_report(session(), actor(), report_id)
    return _page(report, _form(report))


@pages.get("/national-reports/<int:report_id>/print")
def note(report_id: int) -> ResponseReturnValue:
    """The report as it would be printed."""
    report = service.get_report(session(), actor(), report_id)
    content = service.content_of(session(), actor(), report)
    return render_template(
        "national_reports/print.html",
        report=report,
        printed=views.in_language(report, content, language()),
        mine=policy.can(actor(), "national_report.update", report),
        data_url=f"/api/v1/national-reports/{report.id}",
    )


@pages.get("/national-reports/<int:report_id>.<any(json, html, xlsx, pdf):format>")
def download(report_id: int, format: str) -> ResponseReturnValue:
    """The report as a file, in the page's language."""
    report = service.get_report(session(), actor(), report_id)
    try:
        body = file_of(session(), actor(), report, format, language(), registry_app().settings.font_folders)
    except NotAcceptable as error:
        return _page(report, _form(report, {"_schema": [message(error)]})), error.status
    headers = {"Content-Disposition": f'attachment; filename="{name_of(report, format)}"'}
    return Response(body, content_type=FORMATS[format], headers=headers)


@pages.post("/national-reports/<int:report_id>")
def fill(report_id: int) -> ResponseReturnValue:
    """Save what was written; where somebody else was faster, show both."""
    report = service.get_report(session(), actor(), report_id)
    version, data = expected_version(request.form), _read(report)
    try:
        service.fill(session(), actor(), report_id, data, version)
    except InvalidInput as error:
        typed = {**_shown(report), **data, "entries": {**report.entries, **data["entries"]}}
        return _page(report, Form(typed, error.fields, version)), error.status
    except Conflict as error:
        return _page(report, _form(report, {"period_start": [message(error)]})), error.status
    except VersionMismatch as error:
        here = url_for("web.national_reports.fill", report_id=report_id)
        mine = {**data, "entries": {name: _as_sent(own or EMPTY) for name, own in data["entries"].items()}}
        stored = {name: _as_sent(report.entries.get(name, EMPTY)) for name in data["entries"]}
        theirs = {**_shown(report), "entries": stored}
        words = words_for(service.content_of(session(), actor(), report))
        return conflict_page(
            mine, theirs, version=error.current, url=here, edit_url=here, words=words, by_field=_by_field
        )
    flash(gettext("Saved."), "good")
    return redirect(url_for("web.national_reports.show", report_id=report_id), 303)


@pages.post("/national-reports/<int:report_id>/submit")
def submit(report_id: int) -> ResponseReturnValue:
    """Submit a draft: it changes no more."""
    data = {name: request.form.get(name, "").strip() for name in ("on", "source")}
    done = gettext("Submitted and noted as filed. It changes no more.")
    return _moved(report_id, data, done, lambda version: service.submit(session(), actor(), report_id, data, version))


@pages.post("/national-reports/<int:report_id>/publish")
def publish(report_id: int) -> ResponseReturnValue:
    """Show a submitted report to everybody."""
    done = gettext("Published: everybody sees it.")
    return _moved(report_id, {}, done, lambda version: service.publish(session(), actor(), report_id, version))


def _moved(
    report_id: int, data: Mapping[str, Any], done: str, step: Callable[[int], NationalReport]
) -> ResponseReturnValue:
    report = service.get_report(session(), actor(), report_id)
    try:
        step(expected_version(request.form))
    except InvalidInput as error:
        return _page(report, Form({**_shown(report), **data}, error.fields, report.version)), error.status
    except (Conflict, VersionMismatch) as error:
        session().refresh(report)
        return _page(report, _form(report, {"_schema": [message(error)]})), error.status
    flash(done, "good")
    return redirect(url_for("web.national_reports.show", report_id=report_id), 303)


def _form(report: NationalReport, errors: Mapping[str, list[str]] | None = None) -> Form:
    return Form({**_shown(report), "on": utcnow().date().isoformat()}, errors or {}, report.version)


def _shown(report: NationalReport) -> dict[str, Any]:
    period = {"period_start": report.period_start.isoformat(), "period_end": report.period_end.isoformat()}
    return {"entries": report.entries, **period}


def _read(report: NationalReport) -> dict[str, Any]:
    """What the form changes: entries that it shows and whose words are others than stored, and the period."""
    sent = nested(request.form)
    written = _mapping(sent.get("entries"))
    _, _, confirmed = request.form.get("do", "").partition("keep:")
    changed: dict[str, Any] = {}
    for name in service.template_in(report).entries:
        if name in written:
            own = _own(written[name])
            stored = {key: report.entries.get(name, EMPTY)[key] for key in OWN}
            if own != stored or name == confirmed:
                changed[name] = None if own == EMPTY else own
    period = {name: sent[name] for name in ("period_start", "period_end") if sent.get(name)}
    return {"entries": changed, **period}


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _own(sent: Any) -> dict[str, Any]:
    given = _mapping(sent)
    rows: list[Any] = given["rows"] if isinstance(given.get("rows"), list) else []
    return {
        "text": str(given.get("text", "")).replace("\r\n", "\n").strip(),
        "replaces": given.get("replaces") == "true",
        "none": given.get("none") == "true",
        "rows": [{key: text for key, text in _mapping(row).items() if text} for row in rows if not is_blank(row)],
    }


def _as_sent(own: Mapping[str, Any]) -> dict[str, Any]:
    """Own words as the form's inputs have them."""
    ticked = {name: "true" if own[name] else "" for name in ("replaces", "none")}
    return {"text": own["text"], **ticked, "rows": own["rows"]}


def _by_field(values: Mapping[str, Any]) -> dict[str, Any]:
    return dict(flat(values))


def _page(report: NationalReport, form: Form) -> str:
    content = service.content_of(session(), actor(), report)
    printed = views.in_language(report, content, language())
    remarks = views.checks_for(actor(), report, content, utcnow().date())
    mine = policy.can(actor(), "national_report.update", report)
    may = {name: policy.can(actor(), f"national_report.{name}", report) for name in ("update", "submit", "publish")}
    return render_template(
        "national_reports/show.html",
        report=report,
        content=content,
        entries={entry["id"]: entry for _, entry in entries_of(content)},
        printed=printed,
        remarks={kind: [remark for remark in remarks if remark.kind == kind] for kind in KINDS},
        at={remark.entry: [each for each in remarks if each.entry == remark.entry] for remark in remarks},
        say=lambda remark: gettext(remark.text) % remark.values,
        progress=progress(content),
        form=form,
        words=words_for(content),
        history=revisions(versions(session(), "national_report", report.id or 0), words_for(content)) if mine else [],
        mine=mine,
        formats=list(FORMATS),
        may=may,
        blank_rows=BLANK_ROWS,
        data_url=f"/api/v1/national-reports/{report.id}",
    )
