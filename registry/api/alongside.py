"""/api/v1/alongside: programmes in the same places, on the same themes, at the same time as a record."""

from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.api.answers import json_response
from registry.api.openapi import Blueprint
from registry.http import actor, session
from registry.matching.alongside import KINDS, alongside
from registry.schemas import RecordId

blp = Blueprint("alongside", __name__, description="Who else works on this theme here.")


class AlongsideArgs(Schema):
    """Of which record."""

    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    id = RecordId(required=True)
    limit = fields.Integer(load_default=10, validate=validate.Range(1, 100))


class AlongsideDocument(Schema):
    """A programme, in short; the whole of it is at /programmes/{id}."""

    id = fields.Integer()
    iati_identifier = fields.String()
    title = fields.String()
    reporting_name = fields.String()
    countries = fields.List(fields.String())
    themes = fields.List(fields.String())
    start_date = fields.String(allow_none=True)
    end_date = fields.String(allow_none=True)
    budget_usd = fields.Integer(allow_none=True, metadata={"description": "US cents"})


class AlongsideList(Schema):
    """Those that end last first; `total` counts all."""

    items = fields.List(fields.Nested(AlongsideDocument))
    total = fields.Integer()


@blp.route("")
class AlongsidePrograms(MethodView):
    @blp.arguments(AlongsideArgs, location="query")
    @blp.response(200, AlongsideList)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, args: dict[str, Any]) -> Response:
        """List who else works on a need's, an offer's or a programme's themes in the same places and time."""
        found = alongside(session(), actor(), args["kind"], args["id"], args["limit"])
        names = AlongsideDocument().fields
        items = [
            {
                name: getattr(row, name).split() if name in ("countries", "themes") else getattr(row, name)
                for name in names
            }
            for row in found.rows
        ]
        return json_response({"items": items, "total": found.total})
