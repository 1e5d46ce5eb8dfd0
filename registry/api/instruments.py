"""/api/v1/instruments: the instruments that States take part in, and where each State stands."""

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.api.answers import json_response
from registry.api.lists import list_response, page_of
from registry.api.openapi import Blueprint
from registry.compliance.editions import texts
from registry.compliance.participation import standing
from registry.compliance.participation.standing import STANDINGS
from registry.db import utcnow
from registry.http import session

blp = Blueprint("instruments", __name__, description="Instruments, and which State is party, signed, or left.")


class InstrumentSummary(Schema):
    """An instrument. What is null is not said here."""

    id = fields.String()
    title = fields.Dict(keys=fields.String(), values=fields.String())
    short = fields.Dict(keys=fields.String(), values=fields.String())
    type = fields.String(allow_none=True)
    issuer = fields.String(allow_none=True)
    adopted = fields.String(allow_none=True)
    in_force = fields.String(allow_none=True, metadata={"description": "when it entered into force"})
    members = fields.String(allow_none=True, metadata={"description": "universal, parties or members"})
    source = fields.String(allow_none=True)
    url = fields.String(allow_none=True)
    checked = fields.Boolean(metadata={"description": "whether somebody compared these facts with the source"})
    loaded = fields.Boolean(metadata={"description": "whether its standard is at /api/v1/standards/{id}"})
    counts = fields.Dict(keys=fields.String(), values=fields.Integer(), metadata={"description": "as known here"})


class StandingDocument(Schema):
    """Where a State stands."""

    state = fields.String()
    standing = fields.String(validate=validate.OneOf(STANDINGS))
    signed_on = fields.Date(allow_none=True)
    joined_on = fields.Date(allow_none=True)
    left_on = fields.Date(allow_none=True)
    reservations = fields.Integer()
    checked = fields.Boolean()


class InstrumentDocument(InstrumentSummary):
    """An instrument with its States by name; a State that is not there: nothing is known here."""

    states = fields.List(fields.Nested(StandingDocument))


@blp.route("")
class Instruments(MethodView):
    @blp.response(200, page_of(InstrumentSummary))
    def get(self) -> Response:
        """List the instruments by id."""
        found = [_written(each) for each in standing.list_instruments(session(), utcnow().date())]
        return list_response(found, None, len(found))


@blp.route("/<instrument_id>")
class InstrumentItem(MethodView):
    @blp.response(200, InstrumentDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, instrument_id: str) -> Response:
        """Read an instrument with where each State stands, in the order of their English names."""
        return json_response(_written(standing.describe_instrument(session(), instrument_id, utcnow().date())))


def _written(described: dict[str, object]) -> dict[str, object]:
    return {**described, **{name: texts(described[name]) for name in ("title", "short")}}  # type: ignore[arg-type]
