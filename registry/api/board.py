"""/api/v1/board: open needs without an offer that fits and offers with something left, with reasons. For the staff."""

from dataclasses import asdict
from typing import Any

from flask import Response
from flask.views import MethodView
from flask_babel import gettext
from marshmallow import Schema, fields, validate

from registry.api.answers import json_response
from registry.api.openapi import Blueprint
from registry.http import actor, session
from registry.matching.board.reading import Board, Entry, chosen, counted, read_board
from registry.matching.board.rules import BANDS, REASONS
from registry.matching.listing import Filters

blp = Blueprint("board", __name__, description="What stays unmatched or unspent, why, and for how long: for the staff.")


class BoardArgs(Schema):
    """What the board is narrowed by."""

    theme = fields.String(load_default=None)
    region = fields.String(load_default=None, metadata={"description": "M49 code"})


class EntryArgs(BoardArgs):
    """Which entries of the board."""

    reason = fields.String(load_default=None)
    waiting = fields.String(load_default=None, validate=validate.OneOf([code for code, _ in BANDS]))


class CountDocument(Schema):
    """How many entries have one reason; `waiting`: days open → how many of them."""

    reason = fields.String()
    message = fields.String()
    count = fields.Integer()
    waiting = fields.Dict(keys=fields.String(), values=fields.Integer())


class BoardDocument(Schema):
    """Counts of unmatched needs and of unspent offers by reason."""

    open_needs = fields.Integer()
    open_offers = fields.Integer()
    needs = fields.List(fields.Nested(CountDocument))
    offers = fields.List(fields.Nested(CountDocument))
    computed_at = fields.AwareDateTime()


class EntryDocument(Schema):
    """One need or offer of the board."""

    id = fields.Integer()
    reason = fields.String()
    message = fields.String()
    days = fields.Integer(metadata={"description": "since it was opened"})
    band = fields.String()
    pairs = fields.Integer(metadata={"description": "pairs that get as far as this reason"})
    nearest = fields.Integer(
        allow_none=True, metadata={"description": "number of one record on the other side of such a pair"}
    )


class EntryList(Schema):
    """Entries, those open longest first."""

    items = fields.List(fields.Nested(EntryDocument))
    total = fields.Integer()


def _read(args: dict[str, Any]) -> Board:
    values = {name: [args[name]] for name in ("theme", "region") if args[name]}
    return read_board(session(), actor(), Filters.of("", values))


def _said(code: str) -> str:
    return gettext(REASONS[code]) if code in REASONS else code


def _counts(entries: list[Entry]) -> list[dict[str, Any]]:
    return [{**row, "message": _said(row["reason"])} for row in counted(entries)]


def _entries(entries: list[Entry], args: dict[str, Any]) -> Response:
    found = chosen(entries, args["reason"], args["waiting"])
    return json_response(
        {"items": [{**asdict(entry), "message": _said(entry.reason)} for entry in found], "total": len(found)}
    )


@blp.route("")
class BoardCounts(MethodView):
    @blp.arguments(BoardArgs, location="query")
    @blp.response(200, BoardDocument)
    def get(self, args: dict[str, Any]) -> Response:
        """Count unmatched needs and unspent offers by reason and days open."""
        board = _read(args)
        return json_response({
            "open_needs": board.open_needs, "open_offers": board.open_offers, "needs": _counts(board.needs),
            "offers": _counts(board.offers), "computed_at": board.computed_at,
        })  # fmt: skip


@blp.route("/needs")
class BoardNeeds(MethodView):
    @blp.arguments(EntryArgs, location="query")
    @blp.response(200, EntryList)
    def get(self, args: dict[str, Any]) -> Response:
        """List unmatched needs with their reasons."""
        return _entries(_read(args).needs, args)


@blp.route("/offers")
class BoardOffers(MethodView):
    @blp.arguments(EntryArgs, location="query")
    @blp.response(200, EntryList)
    def get(self, args: dict[str, Any]) -> Response:
        """List unspent offers with their reasons."""
        return _entries(_read(args).offers, args)
