"""What the questionnaire's page sends while it is filled in: one answer at a time, answered as JSON for its script."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from registry.compliance import assessments, editions, listing, overtaking
from registry.compliance.editions import Edition
from registry.compliance.models import Assessment
from registry.compliance.sections import FACTS
from registry.compliance.writing import answers_of
from registry.errors import N_, Conflict, FieldsChanged, InvalidInput
from registry.http import actor, session
from registry.web import questionnaire
from registry.web.history_view import said
from registry.web.labels import label

pages = Blueprint("answering", __name__)


@pages.post("/assessments/<int:assessment_id>/answer/part")
def save_part(assessment_id: int) -> ResponseReturnValue:
    """Save what was touched of one answer or fact.

    200: `seen` (hidden input → its value from now on), `remarks`, `count`; else `problems` in words, nothing saved.
    """
    assessment = assessments.get_assessment(session(), actor(), assessment_id)
    edition = editions.pinned(session(), assessment.standard_id)
    data = questionnaire.read(request.form, answers_of(session(), assessment))
    try:
        if data["answers"] or data["facts"]:
            if not overtaking.says_what_was_read(data):
                raise InvalidInput({"version": [N_("The form does not say which version it changes.")]})
            assessments.answer(session(), actor(), assessment, data)
    except InvalidInput as error:
        texts = [gettext(text) for texts in error.fields.values() for text in texts]
        return {"problems": texts}, error.status
    except FieldsChanged as error:
        return {"problems": [_overtaken(edition, both) for both in error.fields.values()]}, error.status
    except Conflict as error:
        return {"problems": [gettext(error.message, **error.params)]}, error.status
    return _saved(assessment, edition)


def _overtaken(edition: Edition, both: dict[str, object]) -> str:
    stored = both["stored"]
    if isinstance(stored, dict) and "clause" in both:
        stored = questionnaire.scale(edition).get(str(stored["value"]), stored["value"])
    return gettext(
        "Somebody else changed this meanwhile to: %(answer)s. Nothing of yours is lost: press Save to see both.",
        answer=said(stored) or gettext("Not answered"),
    )


def _saved(assessment: Assessment, edition: Edition) -> ResponseReturnValue:
    given = answers_of(session(), assessment)
    sent = questionnaire.sent_names(request.form)
    clauses = [edition.requirements[clause] for clause in sent["answers"] if clause in edition.requirements]
    shown = questionnaire.values_of(assessment, given, clauses)
    seen = {
        questionnaire.name_of(clause, part): str(parts[part])
        for clause, parts in shown["answers"].items()
        for part in ("version", "shown")
    }
    seen |= {f"facts_seen.{fact}": shown["facts"][fact] for fact in sent["facts"] if fact in shown["facts"]}
    remarks = [
        label("practice_warning", code)
        for clause in clauses
        if clause.id in given
        for code in listing.warnings_of(edition, given[clause.id])
    ]
    count = ""
    for section in questionnaire.sections(edition, assessment, given):
        if any(clause in section.clauses for clause in clauses) or (sent["facts"] and section.id == FACTS):
            count = f"{section.answered} / {section.of}"
    return {"saved": True, "seen": seen, "remarks": remarks, "count": count}
