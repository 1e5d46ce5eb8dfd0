"""/api/v1/notices: what you were told, in the app."""

from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.alerts import notices
from registry.api.answers import json_response
from registry.api.feeds import PageArgs
from registry.api.lists import list_response, page_of
from registry.api.openapi import Blueprint
from registry.db import utcnow
from registry.http import actor, session
from registry.schemas import RecordId

blp = Blueprint(
    "notices", __name__, description="What saved searches found, and webhooks of yours that were switched off."
)


class NoticeDocument(Schema):
    """One notice; only those whose record you may see at this moment are there."""

    id = fields.Integer()
    kind = fields.String(validate=validate.OneOf(list(notices.MODELS)))
    record_id = fields.Integer()
    title = fields.String(metadata={"description": "of the record, as it is by now"})
    language = fields.String(allow_none=True, metadata={"description": "of the title"})
    search_id = fields.Integer(allow_none=True)
    search = fields.String(allow_none=True, metadata={"description": "name of the saved search"})
    created_at = fields.AwareDateTime()
    read_at = fields.AwareDateTime(allow_none=True)


class NoticeArgs(PageArgs):
    """All notices, or those not read."""

    unread = fields.Boolean(load_default=False, metadata={"description": "only those that you have not read"})


class ReadForm(Schema):
    """Whether a notice is read."""

    read = fields.Boolean(required=True)


class AllReadForm(Schema):
    """Up to which notice."""

    up_to = RecordId(
        load_default=None, allow_none=True, metadata={"description": "this notice and older ones; none: all"}
    )


class AllReadDocument(Schema):
    """How many there were."""

    read = fields.Integer()


@blp.route("")
class Notices(MethodView):
    @blp.arguments(NoticeArgs, location="query")
    @blp.response(200, page_of(NoticeDocument))
    def get(self, args: dict[str, Any]) -> Response:
        """List your notices, newest first."""
        rows, following = notices.list_notices(
            session(), actor(), unread_only=args["unread"], cursor=args["cursor"], limit=args["limit"]
        )
        return list_response(rows, following, None)


@blp.route("/<int:notice_id>/read")
class NoticeItem(MethodView):
    @blp.arguments(ReadForm)
    @blp.response(200, NoticeDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def post(self, data: dict[str, Any], notice_id: int) -> Response:
        """Mark a notice as read, or as unread again."""
        return json_response(notices.mark(session(), actor(), notice_id, data["read"], utcnow()))


@blp.route("/read")
class AllRead(MethodView):
    @blp.arguments(AllReadForm)
    @blp.response(200, AllReadDocument)
    def post(self, data: dict[str, Any]) -> Response:
        """Mark all your notices as read."""
        return json_response({"read": notices.mark_all(session(), actor(), utcnow(), data["up_to"])})
