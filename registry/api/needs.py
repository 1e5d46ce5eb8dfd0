"""Needs over the API: the list, one need, and its life (entry_life.py)."""

from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import fields, validate

from registry.api.entry_life import Entry, add_life, several
from registry.api.etags import expected_version
from registry.api.idempotency import idempotent
from registry.api.lists import ListArgs, list_response, page_of
from registry.api.matching_documents import NeedBody, NeedDocument, NeedPatch, NeedRenewal
from registry.api.openapi import Blueprint
from registry.http import actor, session
from registry.matching import listing, matches, needs
from registry.matching.fields import StateCode
from registry.matching.models import ASSISTANCE_TYPES, NEED_STATUSES, PRIORITIES
from registry.matching.views import need_views

blp = Blueprint("needs", __name__, description="What States say they need.")
entry = Entry(needs.NEEDS, need_views, NeedDocument, NeedRenewal, matches.matches_of_need)


class NeedListArgs(ListArgs):
    """Filters of the list of needs."""

    state = several(StateCode(), "State, by any code or name")
    region = several(fields.String(), "M49 region that the State lies in")
    theme = several(fields.String(), "theme")
    type = several(fields.String(validate=validate.OneOf(ASSISTANCE_TYPES)), "type of assistance")
    status = several(fields.String(validate=validate.OneOf(NEED_STATUSES)), "status")
    priority = several(fields.String(validate=validate.OneOf(PRIORITIES)), "priority")


@blp.route("")
class Needs(MethodView):
    @blp.arguments(NeedListArgs, location="query")
    @blp.response(200, page_of(NeedDocument))
    def get(self, args: dict[str, Any]) -> Response:
        """List needs."""
        filters = listing.Filters(
            q=args["q"], states=args["state"], themes=args["theme"], types=args["type"], statuses=args["status"],
            regions=args["region"], priorities=args["priority"],
        )  # fmt: skip
        page = listing.list_needs(session(), actor(), filters, args["sort"], args["cursor"], args["limit"])
        return list_response(page.items, page.next, page.total)

    @idempotent
    @blp.arguments(NeedBody)
    @blp.response(201, NeedDocument)
    def post(self, data: dict[str, Any]) -> Response:
        """Enter a need as a draft."""
        need = needs.create_need(session(), actor(), data)
        return entry.answer(need, 201, f"{blp.url_prefix}/{need.id}")


@blp.route("/<int:need_id>")
class NeedItem(MethodView):
    @blp.response(200, NeedDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, need_id: int) -> Response:
        """Read a need."""
        return entry.answer(needs.get_need(session(), actor(), need_id))

    @blp.arguments(NeedPatch(partial=True))
    @blp.response(200, NeedDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def patch(self, data: dict[str, Any], need_id: int) -> Response:
        """Change a need; an open one must stay matchable, and is matched anew."""
        return entry.answer(needs.update_need(session(), actor(), need_id, data, expected_version()))


add_life(blp, entry)
