"""/api/v1/consumers: what the registry itself does with events, and those that it could not take."""

from dataclasses import asdict
from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.api.answers import json_response
from registry.api.forms import EmptyForm
from registry.api.lists import MOST, USUAL, list_response, page_of
from registry.api.openapi import Blueprint
from registry.errors import N_
from registry.events import dead_letters
from registry.http import actor, session
from registry.sync import letters

blp = Blueprint("consumers", __name__, description="The registry's own consumers of events, and dead letters.")


class ConsumerDocument(Schema):
    """How a consumer stands."""

    name = fields.String()
    position = fields.Integer(metadata={"description": "events up to there had their effect"})
    lag = fields.Integer(metadata={"description": "positions behind the newest event"})
    updated_at = fields.AwareDateTime()
    failures = fields.Integer(metadata={"description": "failed tries of the next event"})
    last_error = fields.String(allow_none=True)
    failed_at = fields.AwareDateTime(allow_none=True)
    next_at = fields.AwareDateTime(allow_none=True)
    dead_letters = fields.Integer()


class LetterEvent(Schema):
    """What identifies an event."""

    uid = fields.String()
    type = fields.String()
    subject = fields.String(metadata={"description": "`need:12`"})
    at = fields.AwareDateTime()


class LetterDocument(Schema):
    """An event that a consumer could not take."""

    id = fields.Integer()
    consumer = fields.String()
    event = fields.Nested(LetterEvent)
    reason = fields.String()
    tries = fields.Integer()
    set_aside_at = fields.AwareDateTime(metadata={"description": "or last tried in vain"})
    retry_at = fields.AwareDateTime(allow_none=True, metadata={"description": "somebody asked for another try"})


class LetterArgs(Schema):
    """The oldest first; tried again or given up they go, so there are no further pages."""

    limit = fields.Integer(
        load_default=USUAL,
        validate=validate.Range(1, MOST, error=N_("This must be a whole number from {min} to {max}.")),
    )


@blp.route("")
class Consumers(MethodView):
    @blp.response(200, page_of(ConsumerDocument))
    def get(self) -> Response:
        """List consumers by name."""
        found = dead_letters.standings(session())
        return list_response([asdict(each) for each in found], None, len(found))


@blp.route("/dead-letters")
class DeadLetters(MethodView):
    @blp.arguments(LetterArgs, location="query")
    @blp.response(200, page_of(LetterDocument))
    def get(self, args: dict[str, Any]) -> Response:
        """List dead letters, the oldest first."""
        found = dead_letters.letters(session(), limit=args["limit"])
        return list_response([letters.letter_row(each) for each in found], None, dead_letters.count(session()))


@blp.route("/dead-letters/<int:letter_id>")
class DeadLetterItem(MethodView):
    @blp.arguments(letters.GivingUp, location="query")
    @blp.response(204)
    @blp.alt_response(404, "NOT_FOUND")
    def delete(self, data: dict[str, Any], letter_id: int) -> Response:
        """Give a dead letter up, and say why."""
        letters.discard(session(), actor(), letter_id, data)
        return Response(status=204)


@blp.route("/dead-letters/<int:letter_id>/retry")
class DeadLetterRetry(MethodView):
    @blp.arguments(EmptyForm)
    @blp.response(202, LetterDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def post(self, _data: dict[str, Any], letter_id: int) -> Response:
        """Have a dead letter tried again."""
        letters.retry(session(), actor(), [letter_id])
        (found,) = dead_letters.letters(session(), [letter_id])
        return json_response(letters.letter_row(found), 202)
