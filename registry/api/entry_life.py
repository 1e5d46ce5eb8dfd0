"""What the API offers for needs and offers alike: opening, withdrawing, closing, renewing, history and matches."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.api.answers import json_response
from registry.api.etags import expected_version, item_response, versioned
from registry.api.idempotency import idempotent
from registry.api.matches import said_pair
from registry.api.matching_documents import Closing, History, MatchList, Reason
from registry.api.openapi import Blueprint
from registry.http import actor, session
from registry.matching import entries
from registry.matching.entries import Kind
from registry.matching.refresh import TOP

Views = Callable[..., dict[int, dict[str, Any]]]


@dataclass(frozen=True)
class Entry:
    """What differs between the two: how they are kept, shown and described, and how their matches are read."""

    kind: Kind
    views: Views
    document: type[Schema]
    renewal: type[Schema]
    matches: Callable[..., list[dict[str, Any]]]

    def answer(self, record: Any, status: int = 200, location: str | None = None) -> Response:
        """The record as the caller may see it, with its ETag."""
        view = self.views(session(), actor(), [record.id])[record.id]
        return item_response(view, record.version, status=status, location=location)

    def act(self, record_id: int, action: str, data: dict[str, Any] | None = None) -> Response:
        """Take one step of the record's life, in the version that the caller read."""
        record = entries.change_status(session(), actor(), self.kind, record_id, action, data, expected_version())
        return self.answer(record)


class TopArgs(Schema):
    """How many matches."""

    top = fields.Integer(
        load_default=TOP, validate=validate.Range(1, TOP), metadata={"description": f"the best so many, at most {TOP}"}
    )


def several(inner: Any, description: str) -> Any:
    """A filter that may be given more than once: any of the values will do."""
    return fields.List(inner, load_default=list, metadata={"description": f"{description}; any of those given"})


def add_life(blp: Blueprint, entry: Entry) -> None:
    """Add the steps of a life, the history and the matches to a slice's blueprint, under `/<id>/…`."""

    @blp.route("/<int:record_id>/open")
    class Opening(MethodView):
        @idempotent
        @versioned
        @blp.response(200, entry.document)
        @blp.alt_response(404, "NOT_FOUND")
        @blp.alt_response(422, "UNPROCESSABLE_ENTITY")
        def post(self, record_id: int) -> Response:
            """Open a draft: from now on it is matched. What is missing is named at its field."""
            return entry.act(record_id, "open")

    @blp.route("/<int:record_id>/withdraw")
    class Withdrawal(MethodView):
        @idempotent
        @versioned
        @blp.arguments(Reason)
        @blp.response(200, entry.document)
        @blp.alt_response(404, "NOT_FOUND")
        def post(self, data: dict[str, Any], record_id: int) -> Response:
            """Take an open one out of matching; it can be renewed."""
            return entry.act(record_id, "withdraw", data)

    @blp.route("/<int:record_id>/close")
    class Closure(MethodView):
        @idempotent
        @versioned
        @blp.arguments(Closing)
        @blp.response(200, entry.document)
        @blp.alt_response(404, "NOT_FOUND")
        def post(self, data: dict[str, Any], record_id: int) -> Response:
            """Close an open one for good, with the reason."""
            return entry.act(record_id, "close", data)

    @blp.route("/<int:record_id>/renew")
    class Renewal(MethodView):
        @idempotent
        @versioned
        @blp.arguments(entry.renewal)
        @blp.response(200, entry.document)
        @blp.alt_response(404, "NOT_FOUND")
        def post(self, data: dict[str, Any], record_id: int) -> Response:
            """Open a withdrawn or expired one again."""
            return entry.act(record_id, "renew", data)

    @blp.route("/<int:record_id>/history")
    class Versions(MethodView):
        @blp.response(200, History)
        @blp.alt_response(404, "NOT_FOUND")
        def get(self, record_id: int) -> Response:
            """Read what each version changed, newest first."""
            return json_response({"items": entries.history(session(), actor(), entry.kind, record_id)})

    @blp.route("/<int:record_id>/matches")
    class BestMatches(MethodView):
        @blp.arguments(TopArgs, location="query")
        @blp.response(200, MatchList)
        @blp.alt_response(404, "NOT_FOUND")
        def get(self, args: dict[str, Any], record_id: int) -> Response:
            """List the best matches, best first."""
            found = entry.matches(session(), actor(), record_id, args["top"])
            return json_response({"items": [said_pair(pair) for pair in found]})
