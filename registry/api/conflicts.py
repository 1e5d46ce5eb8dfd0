"""/api/v1/conflicts: where sources of one programme disagree, and what people decided."""

from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.api.answers import json_response
from registry.api.etags import etag_of, expected_version
from registry.api.lists import MOST, USUAL, list_response, page_of
from registry.api.openapi import Blueprint
from registry.catalogue.conflicts import deciding, listing
from registry.catalogue.conflicts.models import STATES
from registry.catalogue.conflicts.schemas import DecisionForm
from registry.catalogue.schemas import VersionSchema
from registry.errors import N_
from registry.http import actor, session
from registry.schemas import RecordId

blp = Blueprint("conflicts", __name__, description="Where sources of one programme disagree, and what people decided.")


class SideDocument(Schema):
    """What one source says."""

    programme_id = fields.Integer()
    source = fields.String(metadata={"description": "`feed:<id>` or `person`"})
    at = fields.String()
    user_id = fields.Integer(allow_none=True)
    gist = fields.Raw(allow_none=True, metadata={"description": "the value in a nutshell; null: nothing"})


class ConflictDocument(Schema):
    """A field on which sources disagree; the first of `sides` is in force."""

    id = fields.Integer()
    version = fields.Integer()
    programme_id = fields.Integer()
    programme = fields.Dict()
    field = fields.String()
    state = fields.String(metadata={"description": "`open`, `decided`, or `gone`: the sources agree by now"})
    sides = fields.List(fields.Nested(SideDocument))
    decision = fields.String(allow_none=True)
    user_id = fields.Integer(allow_none=True)
    reason = fields.String()
    decided_at = fields.AwareDateTime(allow_none=True)
    opened_at = fields.AwareDateTime()


class ConflictWhole(ConflictDocument):
    """A conflict with its history."""

    history = fields.List(fields.Nested(VersionSchema))


class ConflictListPage(page_of(ConflictDocument)):  # type: ignore[misc]
    """One page of conflicts, those that opened last first, with how many there are in each state."""

    counts = fields.Dict(keys=fields.String(), values=fields.Integer())


class ConflictListArgs(Schema):
    """Which conflicts."""

    state = fields.String(
        load_default="open", validate=validate.OneOf((*STATES, "any"), error=N_("Choose one of: {choices}."))
    )
    programme_id = RecordId(load_default=None)
    limit = fields.Integer(
        load_default=USUAL,
        validate=validate.Range(1, MOST, error=N_("This must be a whole number from {min} to {max}.")),
    )
    cursor = fields.String(load_default="")


@blp.route("")
class Conflicts(MethodView):
    @blp.arguments(ConflictListArgs, location="query")
    @blp.response(200, ConflictListPage)
    def get(self, args: dict[str, Any]) -> Response:
        """List conflicts of the programmes that are yours to decide on."""
        page = listing.list_conflicts(
            session(), actor(), state=None if args["state"] == "any" else args["state"],
            programme_id=args["programme_id"], cursor=args["cursor"] or None, limit=args["limit"],
        )  # fmt: skip
        counts = listing.conflict_counts(session(), actor(), args["programme_id"])
        return list_response(page.items, page.next, None, more={"counts": counts})


@blp.route("/<int:conflict_id>")
class ConflictItem(MethodView):
    @blp.response(200, ConflictWhole)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, conflict_id: int) -> Response:
        """Read a conflict."""
        return _answer(conflict_id)

    @blp.arguments(DecisionForm)
    @blp.response(200, ConflictWhole)
    @blp.alt_response(404, "NOT_FOUND")
    def patch(self, data: dict[str, Any], conflict_id: int) -> Response:
        """Decide a conflict, or take the decision back (null)."""
        deciding.decide(session(), actor(), conflict_id, data, expected_version())
        return _answer(conflict_id)


def _answer(conflict_id: int) -> Response:
    view = listing.read_conflict(session(), actor(), conflict_id)
    # The version is that of the decision; what sources say changes without it, so no answer is "not modified".
    return json_response(view.item | {"history": view.history}, headers={"ETag": etag_of(view.item["version"])})
