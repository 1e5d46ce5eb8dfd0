"""What States have published, across standards and regions: documents of the API."""

from marshmallow import Schema, fields

from registry.api.compliance_documents import share
from registry.catalogue.fields import Known
from registry.catalogue.reference import places
from registry.errors import N_


class GridArgs(Schema):
    """Which States."""

    region = Known(
        places,
        load_default="",
        error_messages={"known": N_("This is not a region.")},
        metadata={"description": "M49 region or grouping"},
    )


class CellDocument(Schema):
    """A State's latest published assessment of one standard; the band is indicative."""

    assessment_id = fields.Integer(required=True)
    version = fields.String(required=True)
    low = share()
    high = share()
    of_answered = share()
    answered_share = share()
    applicable = fields.Integer()
    answered = fields.Integer()
    not_applicable = fields.Integer()
    shall_low = share()
    band = fields.String(allow_none=True)
    band_label = fields.String(allow_none=True)


class GridRow(Schema):
    """A State with what it has published."""

    state = fields.String(required=True)
    standards = fields.Dict(keys=fields.String(), values=fields.Nested(CellDocument), required=True)


class ThemeDocument(Schema):
    """Over all standards of one State; what several of them ask in the same words counts once."""

    theme = fields.String(required=True)
    low = share()
    high = share()
    answered_share = share()
    asked = fields.Integer(required=True)
    answered = fields.Integer(required=True)


class RegionDocument(Schema):
    """Over the States of one region; figures are null where fewer than five have published."""

    region = fields.String(required=True)
    name = fields.String(required=True)
    states = fields.Integer(required=True)
    suppressed = fields.Boolean(required=True)
    median_low = share()
    median_high = share()
    least = share()
    most = share()
