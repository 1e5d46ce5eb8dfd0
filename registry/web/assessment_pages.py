"""Assessments: begin one, its questionnaire section by section, its way through review, its score and its gaps."""

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import groupby
from operator import attrgetter
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from registry.accounts import policy
from registry.compliance import assessments, editions, gaps, listing, overtaking, scorecard, suggesting
from registry.compliance.assessment_history import steps_of
from registry.compliance.editions import Edition
from registry.compliance.evidence import service as evidence
from registry.compliance.evidence.models import Evidence
from registry.compliance.evidence.rules import is_expired, size_text
from registry.compliance.former import former_answers
from registry.compliance.models import Assessment
from registry.compliance.sections import asked_clauses
from registry.compliance.together import assignments
from registry.compliance.writing import answers_of
from registry.db import utcnow
from registry.errors import N_, FieldsChanged, InvalidInput, NotFound
from registry.http import actor, session
from registry.loop.chains import asked_again
from registry.matching.needs import create_need
from registry.web import assessment_history_view, choices, questionnaire
from registry.web.answer_conflicts import both_sides
from registry.web.compliance_links import linked_needs
from registry.web.forms import Form, expected_version
from registry.web.i18n import language

pages = Blueprint("assessments", __name__)

DONE = {
    "submit": N_("Handed in. Another person of your State reviews it now."),
    "return": N_("Sent back: it is a draft again."),
    "review": N_("Reviewed. It can be published now."),
    "publish": N_("Published: everybody sees it."),
}
_MOVES: dict[str, Callable[..., Assessment]] = {
    "submit": assessments.submit,
    "review": assessments.review,
    "publish": assessments.publish,
}


@pages.get("/assessments")
def index() -> ResponseReturnValue:
    """Published assessments, and those of the reader's own State."""
    items, following = listing.list_assessments(
        session(), actor(), {}, request.args.get("sort"), request.args.get("cursor"), 50
    )
    titles = {item["standard"]: item["title"] for item in listing.list_standards(session())}
    return render_template(
        "assessments/index.html",
        items=items,
        next=following,
        titles=titles,
        text=_text,
        may_begin=policy.can(actor(), "assessment.create"),
        data_url="/api/v1/assessments",
    )


def _text(value: Any) -> str:
    return editions.text_in(value, language()) if value else ""


@pages.get("/assessments/new")
def new() -> ResponseReturnValue:
    """The form to begin one."""
    policy.require(actor(), "assessment.create")
    return _start_form(Form({"standard": request.args.get("standard", "")}))


@pages.post("/assessments/new")
def create() -> ResponseReturnValue:
    """Begin one, perhaps with the answers of an earlier one."""
    data = {name: request.form[name] for name in ("standard", "carry_from") if request.form.get(name)}
    try:
        assessment = assessments.start(session(), actor(), data)
    except InvalidInput as error:
        return _start_form(Form(data, error.fields)), error.status
    return redirect(url_for("web.assessments.answer", assessment_id=assessment.id), 303)


def _start_form(form: Form) -> str:
    standards = listing.list_standards(session())
    slug = form.value("standard")
    state = actor().state or ""
    earlier = assessments.earlier_assessments(session(), actor(), state, slug) if slug else []
    return render_template(
        "assessments/new.html",
        form=form,
        standards=[(item["standard"], _text(item["title"])) for item in standards if item["status"] != "superseded"],
        earlier=[(each.id, each.published_at) for each in earlier],
    )


@pages.get("/assessments/<int:assessment_id>")
def show(assessment_id: int) -> ResponseReturnValue:
    """One assessment: how far, section by section, what is wanting, and what became of it."""
    return _show(_visible(assessment_id), Form())


def _visible(assessment_id: int) -> Assessment:
    return assessments.get_assessment(session(), actor(), assessment_id)


def _show(assessment: Assessment, form: Form) -> str:
    edition = editions.pinned(session(), assessment.standard_id)
    may = {name: policy.can(actor(), f"assessment.{name}", assessment) for name in ("answer", "return", *_MOVES)}
    found = evidence.evidence_of(session(), actor(), assessment)
    steps, wanted = steps_of(session(), actor(), assessment), request.args.get("since", "")
    since = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 10 else 0
    same_person = assessment.submitted_by is not None and assessment.submitted_by == actor().user_id
    return render_template(
        "assessments/show.html",
        assessment=assessment,
        document=listing.describe_assessment(session(), assessment),
        former=former_answers(session(), assessment, language()),
        score=scorecard.scorecard(session(), assessment, linked_needs, language()),
        edition=edition,
        sections=questionnaire.sections(edition, assessment, answers_of(session(), assessment)),
        scale=questionnaire.scale(edition),
        evidence=_by_clause(found),
        expired={each.id for each in found if is_expired(each.expires_on, utcnow().date())},
        size_text=size_text,
        assigned=assignments.assignments_of(session(), actor(), assessment) if may["answer"] else [],
        colleagues=assignments.colleagues(session(), actor(), assessment) if may["answer"] else [],
        form=form,
        may=may,
        same_person=same_person,
        may_link=policy.can(actor(), "assessment.link_gap", assessment),
        history=assessment_history_view.shown_steps(edition, steps),
        since=since,
        changed=assessment_history_view.shown_since(edition, steps, since) if since else [],
        data_url=f"/api/v1/assessments/{assessment.id}",
    )


def _by_clause(found: Iterable[Evidence]) -> dict[str, list[Evidence]]:
    return {clause: list(rows) for clause, rows in groupby(found, attrgetter("clause"))}


@pages.get("/assessments/<int:assessment_id>/answer")
def answer(assessment_id: int) -> ResponseReturnValue:
    """The questionnaire, one section at a time."""
    assessment = _visible(assessment_id)
    policy.require(actor(), "assessment.answer", assessment)
    edition = editions.pinned(session(), assessment.standard_id)
    given = answers_of(session(), assessment)
    section = _section(questionnaire.sections(edition, assessment, given))
    values = questionnaire.values_of(assessment, given, section.clauses)
    return _questions(assessment, edition, section, Form(values, version=assessment.version))


@pages.post("/assessments/<int:assessment_id>/answer")
def save(assessment_id: int) -> ResponseReturnValue:
    """Save a section; where somebody else was faster, show both."""
    assessment = _visible(assessment_id)
    edition = editions.pinned(session(), assessment.standard_id)
    given = answers_of(session(), assessment)
    steps = questionnaire.sections(edition, assessment, given)
    section, version = _section(steps), expected_version(request.form)
    data = questionnaire.read(request.form, given)
    decision, _, clause = request.form.get("do", "").partition(":")
    suggested = suggesting.suggestions(session(), actor(), assessment).get(clause) if clause else None
    if suggested and suggested.value and decision == "accept":
        # What else was typed in the section is kept with it.
        data["answers"][clause] = {
            "value": suggested.value, "evidence": suggesting.evidence(suggested), "version": 0,
        }  # fmt: skip
    loose = (data["answers"] or data["facts"]) and not overtaking.says_what_was_read(data)
    try:
        assessments.answer(session(), actor(), assessment, data, version if loose else None)
        if suggested and decision in ("accept", "refuse"):
            verdict = "accepted" if decision == "accept" else "refused"
            suggesting.note_verdict(session(), actor(), assessment, suggested, verdict, utcnow())
    except InvalidInput as error:
        stored = questionnaire.values_of(assessment, given, section.clauses)
        form = Form(questionnaire.typed_over(stored, data), error.fields, version)
        return _questions(assessment, edition, section, form), error.status
    except FieldsChanged as error:
        return both_sides(assessment, edition, section.id, data, error)
    flash(gettext("Saved."), "good")
    following = [step.id for step in steps[steps.index(section) + 1 :]][:1]
    if request.form.get("do") == "next" and not following:
        return redirect(url_for("web.assessments.show", assessment_id=assessment_id), 303)
    onward = following[0] if request.form.get("do") == "next" else section.id
    return redirect(url_for("web.assessments.answer", assessment_id=assessment_id, section=onward), 303)


def _section(steps: list[questionnaire.Section]) -> questionnaire.Section:
    wanted = request.args.get("section")
    for step in steps:
        if wanted in (None, "", step.id):
            return step
    raise NotFound(N_("There is no such section."))


def _questions(assessment: Assessment, edition: Edition, section: questionnaire.Section, form: Form) -> str:
    given, asked = answers_of(session(), assessment), asked_clauses(edition, assessment)
    return render_template(
        "assessments/answer.html",
        assessment=assessment,
        edition=edition,
        section=section,
        sections=questionnaire.sections(edition, assessment, given),
        progress=scorecard.progress(session(), assessment),
        scale=questionnaire.scale(edition),
        describes={code: _text(step.get("describes")) for code, step in edition.document["scale"].items()},
        not_applicable=[code for code, value in edition.scheme.scale.items() if value is None],
        applies=lambda clause: clause.id in asked,
        name_of=questionnaire.name_of,
        words=questionnaire.words_for(edition),
        text=_text,
        extents=choices.of("extent"),
        assigned={each.step.id: each for each in assignments.assignments_of(session(), actor(), assessment)},
        files=Counter(each.clause for each in evidence.evidence_of(session(), actor(), assessment)),
        warnings={row.clause: listing.warnings_of(edition, row) for row in given.values()},
        suggested=suggesting.suggestions(session(), actor(), assessment),
        path_of=suggesting.path_of,
        again=asked_again(session(), actor(), assessment.state, assessment.standard),
        form=form,
    )


@pages.post("/assessments/<int:assessment_id>/<any(submit, return, review, publish):action>")
def move(assessment_id: int, action: str) -> ResponseReturnValue:
    """One step on the way through review."""
    assessment, version = _visible(assessment_id), expected_version(request.form)
    try:
        if action == "return":
            data = {"reason": request.form.get("reason", "")}
            assessments.send_back(session(), actor(), assessment, data, version)
        else:
            _MOVES[action](session(), actor(), assessment, version)
    except InvalidInput as error:
        return _show(assessment, Form(dict(request.form), error.fields)), error.status
    flash(gettext(DONE[action]), "good")
    return redirect(url_for("web.assessments.show", assessment_id=assessment_id), 303)


@pages.post("/assessments/<int:assessment_id>/need")
def make_need(assessment_id: int) -> ResponseReturnValue:
    """Make a draft need of the gaps chosen, linked both ways; the State completes and opens it."""
    assessment = _visible(assessment_id)
    try:
        draft = gaps.gap_draft(session(), actor(), assessment, {"clauses": request.form.getlist("clauses")})
    except InvalidInput as error:
        fields = {"clauses": [text for texts in error.fields.values() for text in texts]}
        return _show(assessment, Form({"clauses": request.form.getlist("clauses")}, fields)), error.status
    need = create_need(session(), actor(), draft)
    clauses = [item["clause"] for item in draft["requirements"]]
    gaps.note_linked(session(), actor(), assessment, clauses, need.id or 0)
    flash(gettext("A draft need was made of these gaps. Complete it: say how much, when, and open it."), "good")
    return redirect(url_for("web.needs.edit", need_id=need.id), 303)
