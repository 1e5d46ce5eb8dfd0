"""/api/v1/assessments: States' assessments of themselves, their scores, and needs made of their gaps."""

from collections.abc import Callable
from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.api.answers import history_response, json_response
from registry.api.compliance_documents import (
    AssessmentDocument,
    AssessmentSummary,
    GapDocument,
    ScoreDocument,
    SuggestionDocument,
)
from registry.api.etags import expected_version, item_response, partly_versioned, version_if_sent, versioned
from registry.api.idempotency import idempotent
from registry.api.lists import ListArgs, list_response, page_of
from registry.api.matching_documents import NeedDocument
from registry.api.openapi import Blueprint
from registry.catalogue.schemas import HistorySchema
from registry.compliance import assessments, gaps, listing, scorecard, suggesting
from registry.compliance.assessment_history import steps_of
from registry.compliance.models import ASSESSMENT_STATUSES, Assessment
from registry.compliance.overtaking import says_what_was_read
from registry.compliance.schemas import AnswersForm, GapsForm, ReturnForm, StartForm, StateCode
from registry.errors import N_
from registry.http import actor, session
from registry.matching.needs import create_need
from registry.matching.requirements import needs_by_clause
from registry.matching.views import need_views

blp = Blueprint("assessments", __name__, description="How far States are on the standards, by their own account.")


class AssessmentListArgs(ListArgs):
    """Filters of the list."""

    class Meta:
        exclude = ("q",)

    state = StateCode(load_default=None, metadata={"description": "any code or name of a State"})
    standard = fields.String(load_default=None, validate=validate.Length(max=60))
    status = fields.String(
        load_default=None,
        validate=validate.OneOf(ASSESSMENT_STATUSES, error=N_("This must be one of: {choices}.")),
    )


class DecisionForm(Schema):
    """What the State makes of a suggestion."""

    decision = fields.String(
        required=True,
        validate=validate.OneOf(suggesting.DECISIONS, error=N_("This must be one of: {choices}.")),
    )


class AnswersPatch(AnswersForm):
    """Answers and facts to change."""


@blp.route("")
class Assessments(MethodView):
    @blp.arguments(AssessmentListArgs, location="query")
    @blp.response(200, page_of(AssessmentSummary))
    def get(self, args: dict[str, Any]) -> Response:
        """List assessments: all published ones and, to a State's own people, the others of that State."""
        items, following = listing.list_assessments(
            session(), actor(), args, args["sort"], args["cursor"], args["limit"]
        )
        return list_response(items, following, None)

    @idempotent
    @blp.arguments(StartForm)
    @blp.response(201, AssessmentDocument)
    def post(self, data: dict[str, Any]) -> Response:
        """Begin an assessment of the current edition; `carry_from` takes over the answers of a published one."""
        assessment = assessments.start(session(), actor(), data)
        return _answered(assessment, status=201, location=f"{blp.url_prefix}/{assessment.id}")


@blp.route("/<int:assessment_id>")
class AssessmentItem(MethodView):
    @blp.response(200, AssessmentDocument)
    def get(self, assessment_id: int) -> Response:
        """Show an assessment with its answers."""
        return _answered(_visible(assessment_id))


@blp.route("/<int:assessment_id>/answers")
class Answers(MethodView):
    @partly_versioned
    @blp.arguments(AnswersPatch)
    @blp.response(200, AssessmentDocument)
    def patch(self, data: dict[str, Any], assessment_id: int) -> Response:
        """Give or change answers and facts of a draft; null takes an answer back. All of them are kept or none.

        If-Match asks for the whole assessment as last read. Without it every answer names its own `version` (0: it was
        open) and `facts_seen` the facts, so that colleagues may work in one section: 412 names what another changed.
        """
        version = version_if_sent() if says_what_was_read(data) else expected_version()
        return _answered(assessments.answer(session(), actor(), _visible(assessment_id), data, version))


@blp.route("/<int:assessment_id>/suggestions")
class Suggestions(MethodView):
    @blp.response(200, page_of(SuggestionDocument))
    def get(self, assessment_id: int) -> Response:
        """List what the State's answers to other standards suggest for open clauses of a draft; none of it counts."""
        found = suggesting.suggestions(session(), actor(), _visible(assessment_id))
        return list_response([suggesting.describe(each) for each in found.values()], None, len(found))


@blp.route("/<int:assessment_id>/suggestions/<clause>")
class SuggestionItem(MethodView):
    @versioned
    @blp.arguments(DecisionForm)
    @blp.response(200, AssessmentDocument)
    @blp.alt_response(409, "CONFLICT")
    def post(self, data: dict[str, Any], assessment_id: int, clause: str) -> Response:
        """Accept what is suggested for a clause, which makes it an answer, or refuse it for good."""
        assessment = _visible(assessment_id)
        suggesting.decide(session(), actor(), assessment, clause, data["decision"], expected_version())
        return _answered(assessment)


@blp.route("/<int:assessment_id>/history")
class AssessmentHistory(MethodView):
    @blp.response(200, HistorySchema)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, assessment_id: int) -> Response:
        """Read what each version changed, newest first; to others than the State, its way to publication alone."""
        return history_response(steps_of(session(), actor(), _visible(assessment_id)))


@blp.route("/<int:assessment_id>/submit")
class Submission(MethodView):
    @versioned
    @blp.response(200, AssessmentDocument)
    def post(self, assessment_id: int) -> Response:
        """Hand a draft in for review."""
        return _moved(assessments.submit, assessment_id)


@blp.route("/<int:assessment_id>/return")
class Return(MethodView):
    @versioned
    @blp.arguments(ReturnForm)
    @blp.response(200, AssessmentDocument)
    def post(self, data: dict[str, Any], assessment_id: int) -> Response:
        """Send an assessment back to its authors with a reason: it is a draft again."""
        return _answered(assessments.send_back(session(), actor(), _visible(assessment_id), data, expected_version()))


@blp.route("/<int:assessment_id>/review")
class Review(MethodView):
    @versioned
    @blp.response(200, AssessmentDocument)
    def post(self, assessment_id: int) -> Response:
        """Confirm what another person of the State handed in; from now on *not applicable* counts."""
        return _moved(assessments.review, assessment_id)


@blp.route("/<int:assessment_id>/publish")
class Publication(MethodView):
    @versioned
    @blp.response(200, AssessmentDocument)
    def post(self, assessment_id: int) -> Response:
        """Show a reviewed assessment to everybody, for good."""
        return _moved(assessments.publish, assessment_id)


@blp.route("/<int:assessment_id>/score")
class AssessmentScore(MethodView):
    @blp.response(200, ScoreDocument)
    def get(self, assessment_id: int) -> Response:
        """Score an assessment by its own edition: interval, band, sections, gaps, change since the one before."""
        return json_response(scorecard.scorecard(session(), _visible(assessment_id), linked_needs))


@blp.route("/<int:assessment_id>/gaps")
class Gaps(MethodView):
    @blp.response(200, page_of(GapDocument))
    def get(self, assessment_id: int) -> Response:
        """List clauses that are answered and not fully in place, heaviest first, with the needs that stand for them."""
        found = scorecard.scorecard(session(), _visible(assessment_id), linked_needs)["gaps"]
        return list_response(found, None, len(found))

    @idempotent
    @blp.arguments(GapsForm)
    @blp.response(201, NeedDocument)
    def post(self, data: dict[str, Any], assessment_id: int) -> Response:
        """Make a draft need of gaps, which the State completes and opens. Gap and need stay linked both ways."""
        assessment = _visible(assessment_id)
        draft = gaps.gap_draft(session(), actor(), assessment, data)
        need = create_need(session(), actor(), draft)
        need_id = need.id or 0
        clauses = [item["clause"] for item in draft["requirements"]]
        gaps.note_linked(session(), actor(), assessment, clauses, need_id)
        document = need_views(session(), actor(), [need_id])[need_id]
        return item_response(document, need.version, status=201, location=f"/api/v1/needs/{need_id}")


def linked_needs(assessment: Assessment, clauses: Any) -> dict[str, list[dict[str, Any]]]:
    """Clause → needs of that State that the caller may see: what compliance cannot know by itself."""
    return needs_by_clause(session(), actor(), assessment.state, assessment.standard, clauses)


def _visible(assessment_id: int) -> Assessment:
    return assessments.get_assessment(session(), actor(), assessment_id)


def _moved(operation: Callable[..., Assessment], assessment_id: int) -> Response:
    return _answered(operation(session(), actor(), _visible(assessment_id), expected_version()))


def _answered(assessment: Assessment, **how: Any) -> Response:
    return item_response(listing.describe_assessment(session(), assessment), assessment.version, **how)
