"""/api/v1/feeds/{id}/hold: what the brake holds back in a feed, and a person's answer."""

from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.api.etags import expected_version, item_response, versioned
from registry.api.feeds import PageArgs, RecordDocument
from registry.api.lists import list_response, page_of
from registry.api.openapi import Blueprint
from registry.http import actor, session
from registry.sync import holds, listing
from registry.sync.models import HOLD_STATUSES
from registry.sync.schemas import DECISIONS, HoldForm

blp = Blueprint(
    "feed_holds",
    __name__,
    url_prefix="/api/v1/feeds",
    description="Records that went missing from a feed all at once, held back until a person says whether they go.",
)


class HoldDocument(Schema):
    """One question of the brake. `version` grows with the set that it asks about, and with each answer."""

    id = fields.Integer()
    feed_id = fields.Integer()
    run_id = fields.Integer(metadata={"description": "the run that last changed the question"})
    status = fields.String(validate=validate.OneOf(HOLD_STATUSES))
    missing = fields.Integer(metadata={"description": "how many records it asks about"})
    live = fields.Integer(metadata={"description": "of how many that the feed had in the catalogue"})
    left = fields.Integer(metadata={"description": "how many of them are missing still, and not archived"})
    version = fields.Integer()
    begun_at = fields.AwareDateTime()
    changed_at = fields.AwareDateTime()
    decided_at = fields.AwareDateTime(allow_none=True)
    decided_by = fields.String(allow_none=True)
    reason = fields.String()


@blp.route("/<int:feed_id>/hold")
class FeedHold(MethodView):
    @blp.response(200, HoldDocument)
    def get(self, feed_id: int) -> Response:
        """Read the feed's open question, else the last answer that still holds; 404 where nothing is held back."""
        hold, left = holds.current(session(), actor(), feed_id)
        return item_response(listing.hold_row(hold, left), hold.version)

    @versioned
    @blp.arguments(HoldForm)
    @blp.response(200, HoldDocument)
    def post(self, data: dict[str, Any], feed_id: int) -> Response:
        """Release what is held back (it is archived after the usual grace), or refuse (it stays)."""
        hold, _ = holds.current(session(), actor(), feed_id)
        decision = DECISIONS[data["decision"]]
        hold = holds.decide(session(), actor(), hold.id or 0, decision, data["reason"], expected_version())
        return item_response(listing.hold_row(hold, holds.left(session(), hold)), hold.version)


@blp.route("/<int:feed_id>/holds")
class FeedHolds(MethodView):
    @blp.arguments(PageArgs, location="query")
    @blp.response(200, page_of(HoldDocument))
    def get(self, args: dict[str, Any], feed_id: int) -> Response:
        """List all that the brake ever asked about the feed, newest first."""
        rows, following = listing.hold_rows(session(), actor(), feed_id, args["cursor"], args["limit"])
        return list_response(rows, following, None)


@blp.route("/holds/<int:hold_id>")
class HoldItem(MethodView):
    @blp.response(200, HoldDocument)
    def get(self, hold_id: int) -> Response:
        """Read one question."""
        hold = holds.get_hold(session(), actor(), hold_id)
        return item_response(listing.hold_row(hold, holds.left(session(), hold)), hold.version)


@blp.route("/holds/<int:hold_id>/records")
class HoldRecords(MethodView):
    @blp.arguments(PageArgs, location="query")
    @blp.response(200, page_of(RecordDocument))
    def get(self, args: dict[str, Any], hold_id: int) -> Response:
        """List the records of one question that are still missing."""
        rows, following = listing.held_rows(session(), actor(), hold_id, args["cursor"], args["limit"])
        return list_response(rows, following, None)
