"""/api/v1/assessments/{id}/comments and /assignments: a State's people at work together, seen by them alone."""

from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields

from registry.api.answers import json_response
from registry.api.forms import Described
from registry.api.idempotency import idempotent
from registry.api.lists import list_response, page_of
from registry.api.openapi import PREFIX, Blueprint
from registry.compliance import assessments
from registry.compliance.models import Assessment
from registry.compliance.together import assignments, comments
from registry.compliance.together.models import Comment
from registry.compliance.together.schemas import AssignmentForm, CommentForm
from registry.http import actor, session

blp = Blueprint(
    "assessment-teams", __name__, url_prefix=f"{PREFIX}/assessments", description="Working on one assessment together."
)


class CommentArgs(Schema):
    """Which comments."""

    clause = fields.String(load_default=None, metadata={"description": "of this clause only"})


class CommentBody(Described, CommentForm):
    """Something said about a clause."""


class AssignmentBody(Described, AssignmentForm):
    """Who answers a section."""


class CommentDocument(Schema):
    """A comment on a clause."""

    id = fields.Integer(required=True)
    clause = fields.String(required=True)
    text = fields.String(required=True)
    by = fields.String(required=True, metadata={"description": "the author's name"})
    at = fields.DateTime(required=True)


class AssignmentArgs(Schema):
    """Which sections."""

    mine = fields.Boolean(load_default=False, metadata={"description": "only those assigned to the caller"})


class AssignmentDocument(Schema):
    """A section, whose it is, and how many of its clauses that apply are answered."""

    section = fields.String(required=True)
    user_id = fields.Integer(required=True, allow_none=True)
    name = fields.String(required=True)
    answered = fields.Integer(required=True)
    applicable = fields.Integer(required=True)


@blp.route("/<int:assessment_id>/comments")
class Comments(MethodView):
    @blp.arguments(CommentArgs, location="query")
    @blp.response(200, page_of(CommentDocument))
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, args: dict[str, Any], assessment_id: int) -> Response:
        """List what the State's people said, oldest first."""
        found = comments.comments_of(session(), actor(), _visible(assessment_id), args["clause"])
        return list_response([_comment(each, name) for each, name in found], None, len(found))

    @idempotent
    @blp.arguments(CommentBody)
    @blp.response(201, CommentDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def post(self, data: dict[str, Any], assessment_id: int) -> Response:
        """Say something about a clause; possible until the assessment is published."""
        assessment = _visible(assessment_id)
        made = comments.add_comment(session(), actor(), assessment, data)
        session().flush()
        [named] = [
            pair for pair in comments.comments_of(session(), actor(), assessment, made.clause) if pair[0] is made
        ]
        return json_response(_comment(*named), 201)


@blp.route("/<int:assessment_id>/assignments")
class Assignments(MethodView):
    @blp.arguments(AssignmentArgs, location="query")
    @blp.response(200, page_of(AssignmentDocument))
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, args: dict[str, Any], assessment_id: int) -> Response:
        """List the sections with who answers them and how far they are."""
        return _assigned(_visible(assessment_id), args["mine"])

    @blp.arguments(AssignmentBody)
    @blp.response(200, page_of(AssignmentDocument))
    @blp.alt_response(404, "NOT_FOUND")
    def post(self, data: dict[str, Any], assessment_id: int) -> Response:
        """Give a section of a draft to somebody of the State, who is told; null: to nobody in particular."""
        assessment = _visible(assessment_id)
        assignments.assign(session(), actor(), assessment, data)
        return _assigned(assessment)


def _visible(assessment_id: int) -> Assessment:
    return assessments.get_assessment(session(), actor(), assessment_id)


def _comment(comment: Comment, name: str) -> dict[str, Any]:
    return {
        "id": comment.id, "clause": comment.clause, "text": comment.text, "by": name, "at": comment.written_at,
    }  # fmt: skip


def _assigned(assessment: Assessment, mine: bool = False) -> Response:
    found = [
        {
            "section": each.step.id,
            "user_id": each.user_id,
            "name": each.name,
            "answered": each.step.answered,
            "applicable": each.step.of,
        }
        for each in assignments.assignments_of(session(), actor(), assessment)
        if not mine or each.user_id == actor().user_id
    ]
    return list_response(found, None, len(found))
