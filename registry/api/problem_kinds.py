"""The kinds of problem this API answers with: where a problem document's `type` leads."""

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields

from registry.api.answers import json_response
from registry.api.openapi import Blueprint
from registry.api.problems import KINDS

blp = Blueprint("problems", __name__, description="The kinds of problem documents.")


class ProblemKind(Schema):
    """One kind of problem."""

    code = fields.String(required=True)
    status = fields.Integer(required=True)
    title = fields.String(required=True)
    meaning = fields.String(required=True)


@blp.route("")
class ProblemKinds(MethodView):
    @blp.response(200, ProblemKind(many=True))
    def get(self) -> Response:
        """List the kinds of problem."""
        return json_response(
            [
                {"code": code, "status": kind.status, "title": kind.title, "meaning": kind.meaning}
                for code, kind in KINDS.items()
            ]
        )
