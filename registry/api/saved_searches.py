"""/api/v1/saved-searches: lists that you want to hear of."""

from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.accounts.models import User
from registry.alerts import searches
from registry.alerts.models import DELIVERIES
from registry.alerts.queries import KINDS
from registry.alerts.schemas import SavedSearchForm, SavedSearchPatch
from registry.api.etags import expected_version, item_response
from registry.api.feeds import PageArgs
from registry.api.idempotency import idempotent
from registry.api.lists import list_response, page_of
from registry.api.openapi import Blueprint
from registry.http import actor, registry_app, session

blp = Blueprint("saved-searches", __name__, description="Searches that you want to hear of when they find more.")


class SavedSearchDocument(Schema):
    """A saved search."""

    id = fields.Integer()
    name = fields.String()
    kind = fields.String(validate=validate.OneOf(list(KINDS)))
    q = fields.String()
    filters = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))
    delivery = fields.String(validate=validate.OneOf(DELIVERIES))
    digest_at = fields.AwareDateTime(allow_none=True, metadata={"description": "when the next e-mail is due"})
    user_id = fields.Integer()
    version = fields.Integer()
    created_at = fields.AwareDateTime()
    updated_at = fields.AwareDateTime()


@blp.route("")
class SavedSearches(MethodView):
    @blp.arguments(PageArgs, location="query")
    @blp.response(200, page_of(SavedSearchDocument))
    def get(self, args: dict[str, Any]) -> Response:
        """List your saved searches, newest first."""
        rows, following = searches.list_searches(session(), actor(), args["cursor"], args["limit"])
        return list_response(rows, following, None)

    @idempotent
    @blp.arguments(SavedSearchForm)
    @blp.response(201, SavedSearchDocument)
    def post(self, data: dict[str, Any]) -> Response:
        """Save a search: you hear of what begins to fit from now on."""
        owner = session().get_one(User, actor().user_id)
        made = searches.save_search(session(), actor(), owner, data, registry_app().settings)
        where = f"{blp.url_prefix}/{made.id}"
        return item_response(searches.search_row(made), made.version, status=201, location=where)


@blp.route("/<int:search_id>")
class SavedSearchItem(MethodView):
    @blp.response(200, SavedSearchDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, search_id: int) -> Response:
        """Read a saved search."""
        found = searches.get_search(session(), actor(), search_id)
        return item_response(searches.search_row(found), found.version)

    @blp.arguments(SavedSearchPatch)
    @blp.response(200, SavedSearchDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def patch(self, data: dict[str, Any], search_id: int) -> Response:
        """Rename a saved search, or be told in another way."""
        settings = registry_app().settings
        changed = searches.update_search(session(), actor(), search_id, data, expected_version(), settings)
        return item_response(searches.search_row(changed), changed.version)

    @blp.response(204)
    @blp.alt_response(404, "NOT_FOUND")
    def delete(self, search_id: int) -> Response:
        """Take a saved search away with its notices."""
        searches.delete_search(session(), actor(), search_id, expected_version())
        return Response(status=204)
