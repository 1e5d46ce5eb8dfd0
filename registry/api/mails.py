"""/api/v1/mails: e-mails of alerts that fail or were given up."""

from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields

from registry.alerts import mails
from registry.api.answers import json_response
from registry.api.consumers import LetterArgs
from registry.api.forms import EmptyForm
from registry.api.lists import list_response, page_of
from registry.api.openapi import Blueprint
from registry.db import utcnow
from registry.http import actor, session

blp = Blueprint("mails", __name__, description="E-mails of alerts that fail or were given up.")


class MailDocument(Schema):
    """An e-mail that did not arrive."""

    id = fields.Integer()
    cause = fields.String()
    status = fields.String(metadata={"description": "waiting: tried again at next_at; failed: given up"})
    reason = fields.String(allow_none=True)
    detail = fields.String(metadata={"description": "what the mail server said"})
    tries = fields.Integer()
    next_at = fields.AwareDateTime()
    created_at = fields.AwareDateTime()
    name = fields.String()
    email = fields.String()


class RetriedDocument(Schema):
    """How many are tried again."""

    retried = fields.Integer()


@blp.route("")
class Mails(MethodView):
    @blp.arguments(LetterArgs, location="query")
    @blp.response(200, page_of(MailDocument))
    def get(self, args: dict[str, Any]) -> Response:
        """List e-mails that fail or were given up, the oldest first."""
        return list_response(mails.failed_rows(session(), actor(), args["limit"]), None, None)


@blp.route("/<int:mail_id>/retry")
class MailRetry(MethodView):
    @blp.arguments(EmptyForm)
    @blp.response(202, RetriedDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def post(self, _data: dict[str, Any], mail_id: int) -> Response:
        """Have one tried again now."""
        return json_response({"retried": mails.retry(session(), actor(), mail_id, utcnow())}, 202)


@blp.route("/<int:mail_id>")
class MailItem(MethodView):
    @blp.response(204)
    @blp.alt_response(404, "NOT_FOUND")
    def delete(self, mail_id: int) -> Response:
        """Give one up for good: its notices stay in the app."""
        mails.discard(session(), actor(), mail_id, utcnow())
        return Response(status=204)
