"""/api/v1/flows: programmes' money by donor, theme and State."""

from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.api.answers import json_response
from registry.api.openapi import Blueprint
from registry.catalogue.flows import SHOWN, left_out_links, read_summary, summarise
from registry.catalogue.listing import Filters
from registry.catalogue.money_rows import MEASURES
from registry.errors import N_
from registry.http import actor, session
from registry.matching.ledger.flows import read_promised

blp = Blueprint("flows", __name__, description="Where programmes' money comes from and goes to.")


class FlowArgs(Schema):
    """Which programmes and amounts."""

    measure = fields.String(
        load_default="budget",
        validate=validate.OneOf((*MEASURES, "promised")),
        metadata={"description": "`promised`: commitments made here, beside what programmes report"},
    )
    theme = fields.String(load_default=None)
    region = fields.String(load_default=None, metadata={"description": "M49 code"})
    country = fields.String(load_default=None, metadata={"description": "alpha-3"})
    organisation = fields.String(load_default=None, metadata={"description": "number of one that takes part"})


class FlowListArgs(FlowArgs):
    """Which programmes and amounts, and how many flows."""

    limit = fields.Integer(
        load_default=SHOWN,
        validate=validate.Range(1, SHOWN, error=N_("This must be a whole number from {min} to {max}.")),
        metadata={"description": "of the flows, the largest first; all of them come as a table (`/en/flows.csv`)"},
    )


class FlowDocument(Schema):
    """Money of one donor for one theme in one State; an empty text: not said."""

    donor = fields.String()
    theme = fields.String()
    state = fields.String()
    usd_cents = fields.Integer()


FLOW_NAMES = ("donor", "theme", "state", "usd_cents")


class FlowDocuments(Schema):
    """Flows, the largest first. `without_amount`: programmes that say none.

    Money counts once: parts of a programme that states the amount too, what is only passed on and further records of
    the same programme are left out; `left_out` says how many of each, `links.left_out` leads to them.
    """

    items = fields.List(fields.Nested(FlowDocument))
    count = fields.Integer(metadata={"description": "of all flows, those that are not among the items too"})
    programmes = fields.Integer()
    without_amount = fields.Integer()
    total_usd_cents = fields.Integer()
    left_out = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        metadata={
            "description": "`part`, `passed_on`, `joined` → programmes that state the amount and are not counted"
        },
    )
    links = fields.Dict(keys=fields.String(), values=fields.String())


@blp.route("")
class FlowList(MethodView):
    @blp.arguments(FlowListArgs, location="query")
    @blp.response(200, FlowDocuments)
    @blp.alt_response(503, "SERVICE_UNAVAILABLE")
    def get(self, args: dict[str, Any]) -> Response:
        """Sum up money by donor, theme and State; divided where the source does not say how."""
        measure, limit = args.pop("measure"), args.pop("limit")
        filters = Filters(values={name: [value] for name, value in args.items() if value})
        if measure == "promised":
            flows = summarise(read_promised(session(), actor(), filters))
        else:
            flows = read_summary(session(), actor(), filters, measure)
        return json_response({
            "items": [dict(zip(FLOW_NAMES, row, strict=True)) for row in flows.rows[:limit]],
            "count": flows.count,
            "programmes": flows.programmes, "without_amount": flows.unknown,
            "total_usd_cents": flows.total, "left_out": dict(flows.left_out),
            "links": left_out_links(flows.left_out, measure, filters.values, "/api/v1/programmes"),
        })  # fmt: skip
