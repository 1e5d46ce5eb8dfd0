"""/api/v1/indicators: what is measured, and how."""

from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields

from registry.api.answers import json_response
from registry.api.lists import list_response, page_of
from registry.api.openapi import Blueprint
from registry.compliance.indicators.definitions import all_indicators, get_indicator
from registry.compliance.indicators.views import count_states, definition
from registry.http import actor, session

blp = Blueprint("indicators", __name__, description="What is measured of States over time, and how.")


class IndicatorDocument(Schema):
    """A definition. Texts are language → text."""

    id = fields.String()
    title = fields.Dict(keys=fields.String(), values=fields.String())
    definition = fields.Dict(keys=fields.String(), values=fields.String())
    numerator = fields.String(metadata={"description": "empty: the indicator is one number"})
    denominator = fields.String()
    unit = fields.String(metadata={"description": "count, percent, days, rate_per_100k or usd"})
    direction = fields.String(metadata={"description": "up or down: which way is better"})
    requirements = fields.List(fields.Dict(keys=fields.String(), values=fields.String()))
    dimensions = fields.List(fields.String(), metadata={"description": "by what it may be broken down"})
    expected = fields.List(fields.String(), metadata={"description": "by what it is to be broken down"})
    sdg = fields.String()
    frequency_months = fields.Integer(allow_none=True)
    source = fields.String()
    checked = fields.Boolean()
    states = fields.Integer(metadata={"description": "States whose series you may see"})


@blp.route("")
class Indicators(MethodView):
    @blp.response(200, page_of(IndicatorDocument))
    def get(self) -> Response:
        """List all indicators: this registry's own, then those of the standards in force."""
        counts = count_states(session(), actor())
        found = [
            definition(indicator) | {"states": counts.get(name, 0)}
            for name, indicator in all_indicators(session()).items()
        ]
        return list_response(found, None, len(found))


@blp.route("/<name>")
class IndicatorItem(MethodView):
    @blp.response(200, IndicatorDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, name: str) -> Response:
        """Read one definition."""
        found: dict[str, Any] = definition(get_indicator(session(), name))
        return json_response(found | {"states": count_states(session(), actor()).get(name, 0)})
