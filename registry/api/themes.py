"""/api/v1/themes: the themes of small-arms control, and which of them a text suggests."""

from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.api.answers import json_response
from registry.api.lists import list_response, page_of
from registry.api.openapi import Blueprint
from registry.catalogue.reference import themes
from registry.matching import suggesting

blp = Blueprint("themes", __name__, description="Themes of small-arms control, and what a text suggests of them.")


class ThemeDocument(Schema):
    """A theme; its id is permanent."""

    id = fields.String()
    parent = fields.String(allow_none=True)
    names = fields.Dict(keys=fields.String(), values=fields.String(), metadata={"description": "by language"})


class SuggestionArgs(Schema):
    """A text in any of the six languages; of a longer one the beginning counts."""

    text = fields.String(required=True, validate=validate.Length(1, suggesting.MAX_TEXT))


class SuggestionDocument(Schema):
    """A theme that the text suggests; a person confirms it."""

    theme = fields.String()
    likeness = fields.Float(metadata={"description": "0 to 1: how like the theme's words the text is"})


@blp.route("")
class Themes(MethodView):
    @blp.response(200, page_of(ThemeDocument))
    def get(self) -> Response:
        """List the themes."""
        found = [{"id": one.id, "parent": one.parent, "names": dict(one.names)} for one in themes().values()]
        return list_response(found, None, len(found))


@blp.route("/suggestions")
class Suggestions(MethodView):
    @blp.arguments(SuggestionArgs, location="query")
    @blp.response(200, SuggestionDocument(many=True))
    def get(self, args: dict[str, Any]) -> Response:
        """Say which themes a text suggests, best first."""
        return json_response([SuggestionDocument().dump(one) for one in suggesting.suggest(args["text"])])
