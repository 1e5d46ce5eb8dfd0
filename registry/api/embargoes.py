"""/api/v1/embargoes: arms embargo regimes as this registry knows them, with who watches them."""

from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.api.answers import json_response
from registry.api.lists import list_response, page_of
from registry.api.openapi import Blueprint
from registry.compliance.schemas import StateCode
from registry.db import utcnow
from registry.errors import N_, NotFound
from registry.matching.embargoes import reading
from registry.matching.embargoes.rules import EXEMPTION_KINDS, MEASURES, SCOPES, Regime

blp = Blueprint("embargoes", __name__, description="Arms embargo regimes, their exemptions and monitoring bodies.")


class EmbargoListArgs(Schema):
    """Filters of the list."""

    state = StateCode(load_default=None, metadata={"description": "any code or name of a State"})
    in_force = fields.Boolean(load_default=None, metadata={"description": "only those in force today, or lapsed ones"})


class ProofDocument(Schema):
    """Whether a page that says so was read."""

    checked = fields.Boolean()
    on = fields.Date(metadata={"description": "day on which it was looked for"})
    page = fields.String(metadata={"description": "whose page was read"})
    url = fields.String()
    left = fields.String(metadata={"description": "what the page does not say"})
    tried = fields.String(metadata={"description": "what was searched in vain"})


class RenewalDocument(Schema):
    """The last renewal that was found."""

    by = fields.String(metadata={"description": "resolution"})
    runs_to = fields.Date(metadata={"description": "past this day the regime is taken to hold, unverified"})
    proof = fields.Nested(ProofDocument)


class MonitorDocument(Schema):
    """A body that watches how a regime is kept."""

    kind = fields.String()
    name = fields.String()
    source = fields.String(metadata={"description": "resolution that set it up"})
    until = fields.Date(allow_none=True, metadata={"description": "first day on which its mandate no longer ran"})
    proof = fields.Nested(ProofDocument)


class WayDocument(Schema):
    """One way in which a regime lets something through."""

    id = fields.String()
    kind = fields.String(validate=validate.OneOf(EXEMPTION_KINDS))
    name = fields.Dict(keys=fields.String(), values=fields.String())
    goods = fields.String()
    recipient = fields.String()
    measures = fields.List(fields.String())
    items = fields.List(fields.String(), metadata={"description": "what its checklist asks for"})
    days_before = fields.Integer(allow_none=True)
    source = fields.String(metadata={"description": "resolution and paragraph"})
    proof = fields.Nested(ProofDocument)


class EmbargoDocument(Schema):
    """A regime. One that is missing here is no proof that there is none."""

    id = fields.String()
    name = fields.Dict(keys=fields.String(), values=fields.String())
    body = fields.String(metadata={"description": "who imposed it"})
    states = fields.List(fields.String())
    scope = fields.String(validate=validate.OneOf(SCOPES))
    place = fields.String()
    actors = fields.String()
    covers = fields.String(metadata={"description": "only these goods; empty: all arms"})
    measures = fields.List(fields.String(validate=validate.OneOf(MEASURES)))
    resolution = fields.String()
    changed_by = fields.List(fields.String())
    committee = fields.String()
    monitoring = fields.List(fields.Nested(MonitorDocument))
    since = fields.Date()
    until = fields.Date(allow_none=True, metadata={"description": "first day on which it no longer holds"})
    renewal = fields.Nested(RenewalDocument, allow_none=True)
    in_force = fields.Boolean()
    disputed = fields.Boolean()
    note = fields.String()
    exemptions = fields.List(fields.Nested(WayDocument))
    source = fields.Dict(keys=fields.String(), values=fields.String())
    proof = fields.Nested(ProofDocument)
    checked = fields.Boolean(metadata={"description": "sources read, and the renewal that was found still runs"})
    file_version = fields.String()


@blp.route("")
class Embargoes(MethodView):
    @blp.arguments(EmbargoListArgs, location="query")
    @blp.response(200, page_of(EmbargoDocument))
    def get(self, args: dict[str, Any]) -> Response:
        """List regimes in the order of the file, lapsed ones too."""
        today, known = utcnow().date(), reading.current()
        found = [
            shown(regime)
            for regime in known.regimes
            if args["state"] in (None, *regime.states) and args["in_force"] in (None, regime.holds_on(today))
        ]
        return list_response(found, None, len(found))


@blp.route("/<regime_id>")
class EmbargoItem(MethodView):
    @blp.response(200, EmbargoDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, regime_id: str) -> Response:
        """Read a regime."""
        regime = reading.current().get(regime_id)
        if regime is None:
            raise NotFound(N_("There is no such embargo here."))
        return json_response(shown(regime))


def shown(regime: Regime) -> dict[str, Any]:
    """A regime as the API shows it; sets in order."""
    plain = ("id", "name", "body", "scope", "place", "actors", "resolution", "changed_by", "committee", "monitoring",
             "since", "until", "renewal", "covers", "disputed", "note", "source", "proof")  # fmt: skip
    names = ("id", "kind", "name", "goods", "recipient", "items", "days_before", "source", "proof")
    today = utcnow().date()
    return {
        **{name: getattr(regime, name) for name in plain},
        "states": sorted(regime.states),
        "measures": [name for name in MEASURES if name in regime.measures],
        "exemptions": [
            {**{name: getattr(way, name) for name in names}, "measures": [m for m in MEASURES if m in way.measures]}
            for way in regime.exemptions
        ],
        "in_force": regime.holds_on(today),
        "checked": regime.verified_on(today),
        "file_version": reading.current().version,
    }
