"""Loading this registry's own standards: what it would change is shown first, and just that is applied."""

import hashlib

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from registry.accounts import policy
from registry.compliance import library
from registry.compliance.library import LoadReport
from registry.errors import InvalidInput
from registry.http import actor, session
from registry.settings import data_path

pages = Blueprint("library", __name__)


@pages.get("/standards/loading")
def preview() -> ResponseReturnValue:
    """What loading the standards that came with this version would do; writes nothing."""
    return _page()


@pages.post("/standards/loading")
def apply() -> ResponseReturnValue:
    """Load them, where they still are what was shown. Loading again changes nothing."""
    policy.require(actor(), "standard.load")
    try:
        shown = library.plan(session(), [data_path("standards")])
        if request.form.get("plan") != _digest(shown):
            flash(gettext("What would be loaded has changed meanwhile: look at it again."), "warn")
            return _page(), 409
        report = library.load(session(), actor(), [data_path("standards")])
    except InvalidInput:
        return _page(), InvalidInput.status
    count = sum(item.outcome != "unchanged" for item in report.planned)
    flash(gettext("Loaded: %(count)s.", count=count), "good")
    return redirect(url_for("web.standards.index"), 303)


def _page() -> str:
    policy.require(actor(), "standard.load")
    problems: dict[str, list[str]] = {}
    report = LoadReport()
    try:
        report = library.load(session(), actor(), [data_path("standards")], dry_run=True)
    except InvalidInput as error:
        problems = dict(error.fields)
    return render_template(
        "standards/loading.html",
        planned=[item for item in report.planned if item.outcome != "unchanged"],
        unchanged=sum(item.outcome == "unchanged" for item in report.planned),
        problems=problems,
        plan=_digest(report),
    )


def _digest(report: LoadReport) -> str:
    """One word for all that would be loaded: the same plan has the same one."""
    told = [f"{item.edition.slug} {item.edition.sha256} {item.outcome}" for item in report.planned]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()
