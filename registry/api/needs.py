"""Needs over the API: the list, one need, and its life (entry_life.py)."""

from dataclasses import asdict
from typing import Any

from flask import Response
from flask.views import MethodView
from flask_babel import gettext
from marshmallow import Schema, fields, validate

from registry.accounts import policy
from registry.api.answers import json_response
from registry.api.entry_life import Entry, add_life, several
from registry.api.etags import expected_version
from registry.api.idempotency import idempotent
from registry.api.lists import ListArgs, list_response, page_of
from registry.api.matching_documents import NeedBody, NeedDocument, NeedPatch, NeedRenewal
from registry.api.openapi import Blueprint
from registry.db import utcnow
from registry.http import actor, session
from registry.matching import comparable, listing, matches, needs, quality
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


class QualityPart(Schema):
    """One part of how ready a need is."""

    code = fields.String()
    value = fields.Float()
    weight = fields.Float()
    advice = fields.List(fields.String(), metadata={"description": "what would make it better"})


class SimilarProgramme(Schema):
    """A comparable programme."""

    id = fields.Integer()
    title = fields.String()
    budget_usd_cents = fields.Integer()


class SimilarDocument(Schema):
    """What comparable programmes cost, in US cents; quartiles are null where there are fewer than five."""

    scope = fields.String(metadata={"description": "state, region or world: how far one had to look"})
    count = fields.Integer()
    lower = fields.Integer(allow_none=True)
    median = fields.Integer(allow_none=True)
    upper = fields.Integer(allow_none=True)
    programmes = fields.List(fields.Nested(SimilarProgramme))


class QualityDocument(Schema):
    """How ready a need is: the parts' values times their weights add up to the score."""

    score = fields.Float()
    parts = fields.List(fields.Nested(QualityPart))
    comparable = fields.Nested(SimilarDocument, allow_none=True)


@blp.route("/<int:need_id>/quality")
class NeedQuality(MethodView):
    @blp.response(200, QualityDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, need_id: int) -> Response:
        """Say how ready a need is to be matched and funded, what is missing, and what comparable programmes cost."""
        policy.require(actor(), "need.judge", needs.get_need(session(), actor(), need_id))
        form = need_views(session(), actor(), [need_id])[need_id]
        found = quality.quality(form, utcnow().date())
        near = comparable.comparable(session(), actor(), form["state"], form["themes"])
        parts = [{**asdict(part), "advice": [gettext(text) for text in part.advice]} for part in found.parts]
        similar = None
        if near is not None:
            names = ("id", "title", "budget_usd_cents")
            similar = asdict(near) | {"programmes": [dict(zip(names, row, strict=True)) for row in near.programmes]}
        return json_response({"score": found.score, "parts": parts, "comparable": similar})


add_life(blp, entry)
