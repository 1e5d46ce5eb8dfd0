"""/api/v1/listed: persons and entities on sanctions lists, as the lists say them. For those who screen."""

from typing import Any

import orjson
from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.api.answers import json_response
from registry.api.lists import ListArgs, list_response, page_of
from registry.api.openapi import Blueprint
from registry.catalogue.reference import resolve_state
from registry.errors import N_, InvalidInput
from registry.http import actor, session
from registry.matching import listed
from registry.matching.models import PARTY_KINDS

blp = Blueprint("listed", __name__, description="Persons and entities on sanctions lists, as the lists say them.")


class ListedParty(Schema):
    """A person or entity on a list, in short."""

    id = fields.Integer()
    reference = fields.String(metadata={"description": "the list's own reference number"})
    kind = fields.String(metadata={"description": "`person` or `entity`"})
    name = fields.String()
    regime = fields.String(metadata={"description": "the sanctions regime, as the list names it"})
    listed_on = fields.Date(allow_none=True)
    amended_on = fields.Date(allow_none=True)
    states = fields.String(metadata={"description": "alpha-3 of the States named, a space between"})
    source = fields.String(metadata={"description": "`feed:<id>`"})
    archived_at = fields.AwareDateTime(allow_none=True, metadata={"description": "taken off the list"})
    version = fields.Integer()
    created_at = fields.AwareDateTime()
    updated_at = fields.AwareDateTime(metadata={"description": "when the registry last saw it change"})


class ListedPartyDocument(ListedParty):
    """A person or entity with all that the list says: see docs/listed.md."""

    archived_reason = fields.String(allow_none=True)
    document = fields.Dict()


class ListedArgs(ListArgs):
    """Filters of the list."""

    kind = fields.String(
        load_default=None, validate=validate.OneOf(PARTY_KINDS, error=N_("This must be one of: {choices}."))
    )
    regime = fields.String(load_default=None)
    state = fields.String(
        load_default=None, metadata={"description": "alpha-3 or a name: named by nationality, address or birth"}
    )
    delisted = fields.Boolean(load_default=False, metadata={"description": "those that were taken off instead"})


def filters_of(args: dict[str, Any]) -> listed.Filters:
    """Raises InvalidInput for an unknown State."""
    state = resolve_state(args["state"]) if args["state"] else None
    if args["state"] and state is None:
        raise InvalidInput({"state": [N_("There is no such State.")]})
    alpha3 = state.alpha3 if state else None
    return listed.Filters(args["q"], args["kind"], args["regime"], alpha3, args["delisted"])


@blp.route("")
class ListedParties(MethodView):
    @blp.arguments(ListedArgs, location="query")
    @blp.response(200, page_of(ListedParty))
    def get(self, args: dict[str, Any]) -> Response:
        """List persons and entities on sanctions lists."""
        filters = filters_of(args)
        page = listed.list_parties(session(), actor(), filters, args["sort"], args["cursor"], args["limit"])
        rows = [{name: value for name, value in row._mapping.items() if name != "sort_name"} for row in page.rows]
        return list_response(rows, page.next, listed.count_parties(session(), actor(), filters))


@blp.route("/<int:party_id>")
class ListedItem(MethodView):
    @blp.response(200, ListedPartyDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, party_id: int) -> Response:
        """Read all that a list says of one person or entity."""
        party, _document = listed.get_party(session(), actor(), party_id)
        names = (*ListedParty().fields, "archived_reason")
        row = {name: getattr(party, name) for name in names}
        return json_response(
            row | {"document": orjson.Fragment(party.document)}, headers={"ETag": f'"{party.version}"'}
        )
