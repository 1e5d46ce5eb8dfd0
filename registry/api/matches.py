"""Matches over the API: pairs with their score, why and why not, and the weights."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask import Response
from flask.views import MethodView
from flask_babel import gettext
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from registry.accounts import policy
from registry.api.answers import json_response
from registry.api.lists import ListArgs, list_response, page_of
from registry.api.matching_documents import Explanation, MatchBlock, MatchDocument, WeightsDocument
from registry.api.openapi import Blueprint
from registry.http import actor, session
from registry.matching import matches, weights
from registry.matching.blocked import blocked_needs, blocked_offers
from registry.matching.explain import explain
from registry.schemas import RecordId

blp = Blueprint("matches", __name__, description="Pairs of open needs and offers, and why they match or not.")


class MatchListArgs(ListArgs):
    """Filters of the list of matches."""

    class Meta:
        exclude = ("q", "sort")

    need = RecordId(load_default=None, metadata={"description": "of this need only"})
    offer = RecordId(load_default=None, metadata={"description": "of this offer only"})


class PairArgs(Schema):
    """Which pair."""

    need = RecordId(required=True)
    offer = RecordId(required=True)


def said_pair(pair: Mapping[str, Any]) -> dict[str, Any]:
    """A match with its evidence in words."""
    return {**pair, "parts": [said_part(part) for part in pair["parts"]]}


def said_part(part: Mapping[str, Any]) -> dict[str, Any]:
    """A part of a score with its evidence in words."""
    evidence = part["evidence"]
    return {**part, "evidence": {**evidence, "text": gettext(evidence["message"], **evidence["params"])}}


def said_blocks(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Reasons against a pair, in words."""
    return [
        {
            **block,
            "text": gettext(block["message"], **block["params"]),
            "unblock_text": gettext(block["unblock"], **block["params"]),
        }
        for block in blocks
    ]


@blp.route("")
class Matches(MethodView):
    @blp.arguments(MatchListArgs, location="query")
    @blp.response(200, page_of(MatchDocument))
    def get(self, args: dict[str, Any]) -> Response:
        """List matches, best first; only those both sides of which the caller may see."""
        page = matches.list_matches(session(), actor(), args["need"], args["offer"], args["cursor"], args["limit"])
        return list_response([said_pair(pair) for pair in page.items], page.next, page.total)


@blp.route("/explain")
class MatchExplanation(MethodView):
    @blp.arguments(PairArgs, location="query")
    @blp.response(200, Explanation)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, args: dict[str, Any]) -> Response:
        """Explain why any pair matches, or why not and what would change that."""
        policy.require(actor(), "match.explain")
        found = explain(session(), actor(), args["need"], args["offer"])
        blocks = said_blocks(found["blocks"])
        changes = [{**change, "text": gettext(change["message"], **change["params"])} for change in found["changes"]]
        parts = [said_part(part) for part in found["parts"]]
        return json_response({**found, "blocks": blocks, "parts": parts, "changes": changes})


class BlockedArgs(Schema):
    """Of which need or offer, and which of its pairs."""

    need = RecordId(load_default=None)
    offer = RecordId(load_default=None)
    code = fields.String(load_default=None, metadata={"description": "only pairs that this reason stands against"})
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))

    @validates_schema
    def name_one(self, data: dict[str, Any], **_: Any) -> None:
        if (data.get("need") is None) == (data.get("offer") is None):
            raise ValidationError(gettext("Name a need or an offer."), "need")


class BlockedPair(Schema):
    """A pair against which something stands, and the score it would have."""

    need_id = fields.Integer()
    offer_id = fields.Integer()
    blocks = fields.List(fields.Nested(MatchBlock))
    score = fields.Float()


class BlockedPairs(Schema):
    """Those with the fewest reasons against them first, then those that would score best."""

    items = fields.List(fields.Nested(BlockedPair))
    codes = fields.Dict(
        keys=fields.String(), values=fields.Integer(), metadata={"description": "reason → pairs that it stands against"}
    )
    total = fields.Integer()
    pairs = fields.Integer(metadata={"description": "looked at, fitting ones included"})


@blp.route("/blocked")
class BlockedMatches(MethodView):
    @blp.arguments(BlockedArgs, location="query")
    @blp.response(200, BlockedPairs)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, args: dict[str, Any]) -> Response:
        """List what stands against the open offers that do not fit a need, or the open needs of an offer."""
        if args["need"] is not None:
            found = blocked_offers(session(), actor(), args["need"], args["code"], args["limit"])
        else:
            found = blocked_needs(session(), actor(), args["offer"], args["code"], args["limit"])
        items = [{**item, "blocks": said_blocks(item["blocks"])} for item in found.items]
        return json_response({**asdict(found), "items": items})


@blp.route("/weights")
class MatchWeights(MethodView):
    @blp.response(200, WeightsDocument)
    def get(self) -> Response:
        """Read the weights in force; every match names the version it was computed with."""
        return json_response(asdict(weights.current()))
