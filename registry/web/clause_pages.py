"""One clause of an assessment for the State's own people: its answer, what proves it, what they say about it."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.wrappers import Response

from registry.accounts import policy
from registry.compliance import assessments, editions
from registry.compliance.evidence import service as evidence
from registry.compliance.evidence.rules import is_expired, megabytes, size_text
from registry.compliance.models import Assessment
from registry.compliance.sections import REST
from registry.compliance.together import assignments, comments
from registry.compliance.writing import answers_of
from registry.db import utcnow
from registry.errors import N_, InvalidInput, NotFound
from registry.http import actor, registry_app, session
from registry.http_files import download_of, sent_file
from registry.web import questionnaire
from registry.web.forms import Form

pages = Blueprint("clauses", __name__)


@pages.get("/assessments/<int:assessment_id>/clauses/<clause>")
def show(assessment_id: int, clause: str) -> ResponseReturnValue:
    """The clause with its answer, its evidence and comments, and the forms for more."""
    return _show(_own(assessment_id), clause, Form())


@pages.post("/assessments/<int:assessment_id>/clauses/<clause>/evidence")
def attach(assessment_id: int, clause: str) -> ResponseReturnValue:
    """Add a file, a link or a document's title."""
    assessment = _own(assessment_id)
    typed = {name: request.form.get(name, "") for name in ("title", "url", "expires_on")}
    data = typed | {"clause": clause, "visibility": "public" if request.form.get("public") else "state_only"}
    try:
        evidence.add(session(), actor(), assessment, data, sent_file())
    except InvalidInput as error:
        return _show(assessment, clause, Form(data, error.fields)), error.status
    flash(gettext("Added."), "good")
    return _back(assessment_id, clause)


@pages.post("/assessments/<int:assessment_id>/evidence/<int:evidence_id>/remove")
def detach(assessment_id: int, evidence_id: int) -> ResponseReturnValue:
    """Take a piece of evidence out of a draft."""
    assessment = _own(assessment_id)
    found = evidence.get(session(), actor(), assessment, evidence_id)
    clause = found.clause
    evidence.remove(session(), actor(), assessment, found)
    flash(gettext("Removed."), "good")
    return _back(assessment_id, clause)


@pages.get("/assessments/<int:assessment_id>/evidence/<int:evidence_id>")
def download(assessment_id: int, evidence_id: int) -> ResponseReturnValue:
    """A file of evidence, to be saved."""
    assessment = assessments.get_assessment(session(), actor(), assessment_id)
    return download_of(evidence.get(session(), actor(), assessment, evidence_id))


@pages.post("/assessments/<int:assessment_id>/clauses/<clause>/comments")
def comment(assessment_id: int, clause: str) -> ResponseReturnValue:
    """Say something to the colleagues."""
    assessment = _own(assessment_id)
    data = {"clause": clause, "text": request.form.get("text", "")}
    try:
        comments.add_comment(session(), actor(), assessment, data)
    except InvalidInput as error:
        return _show(assessment, clause, Form(data, error.fields)), error.status
    return _back(assessment_id, clause, "comments")


@pages.post("/assessments/<int:assessment_id>/assign")
def assign(assessment_id: int) -> ResponseReturnValue:
    """Give a section to a colleague, or to nobody in particular."""
    user_id = request.form.get("user_id", "")
    data = {"section": request.form.get("section", ""), "user_id": user_id or None}
    assignments.assign(session(), actor(), _own(assessment_id), data)
    flash(
        gettext("The section is assigned.") if user_id else gettext("The section is nobody’s in particular now."),
        "good",
    )
    return redirect(url_for("web.assessments.show", assessment_id=assessment_id, _anchor="who"), 303)


def _words(field: str) -> str:
    words = {"file": N_("File"), "url": N_("Or a link"), "title": N_("Title"), "expires_on": N_("Valid until")}
    words["text"] = N_("Comment")
    return gettext(words[field]) if field in words else ""


def _own(assessment_id: int) -> Assessment:
    assessment = assessments.get_assessment(session(), actor(), assessment_id)
    policy.require(actor(), "assessment.answer", assessment)
    return assessment


def _back(assessment_id: int, clause: str, place: str = "evidence") -> Response:
    return redirect(url_for("web.clauses.show", assessment_id=assessment_id, clause=clause, _anchor=place), 303)


def _show(assessment: Assessment, clause_id: str, form: Form) -> str:
    edition = editions.pinned(session(), assessment.standard_id)
    clause = edition.requirements.get(clause_id)
    if clause is None:
        raise NotFound(N_("There is no such clause."))
    given = answers_of(session(), assessment).get(clause_id)
    found = [each for each in evidence.evidence_of(session(), actor(), assessment) if each.clause == clause_id]
    today = utcnow().date()
    return render_template(
        "assessments/clause.html",
        assessment=assessment,
        edition=edition,
        clause=clause,
        section=clause.sections[0] if clause.sections else REST,
        answer=given,
        scale=questionnaire.scale(edition),
        evidence=found,
        expired={each.id for each in found if is_expired(each.expires_on, today)},
        comments=comments.comments_of(session(), actor(), assessment, clause_id),
        size_text=size_text,
        most=megabytes(registry_app().settings.evidence_max_bytes),
        name_of=questionnaire.name_of,
        words=_words,
        form=form,
    )
