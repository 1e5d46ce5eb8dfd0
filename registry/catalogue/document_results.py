"""Results of a programme document: indicators with baselines, targets and actual values."""

from marshmallow import Schema, fields, validate

from registry.catalogue.document_parts import DocumentLinkSchema, VocabularyCodeSchema, list_of, narratives, text
from registry.catalogue.fields import Code, IsoDate
from registry.errors import N_


class DimensionSchema(Schema):
    """A breakdown, such as sex: female."""

    name = text(200, required=True)
    value = text(200, required=True)


class MeasuredSchema(Schema):
    """A target or an actual value, as given."""

    value = text(200)
    comment = narratives()
    locations = list_of(text())
    dimensions = list_of(DimensionSchema)
    documents = list_of(DocumentLinkSchema)


class BaselineSchema(MeasuredSchema):
    """The value before."""

    year = fields.Integer(
        strict=True, validate=validate.Range(1900, 2200, error=N_("Write the year with four digits."))
    )
    date = IsoDate()


class PeriodSchema(Schema):
    """A period with targets and actual values."""

    start = IsoDate()
    end = IsoDate()
    targets = list_of(MeasuredSchema)
    actuals = list_of(MeasuredSchema)


class IndicatorReferenceSchema(VocabularyCodeSchema):
    """Where an indicator comes from."""

    uri = text(2000)


class ResultReferenceSchema(VocabularyCodeSchema):
    """A framework that a result belongs to."""

    vocabulary_uri = text(2000)


class IndicatorSchema(Schema):
    """What is measured."""

    measure = Code("IndicatorMeasure")
    ascending = fields.Boolean()
    aggregation = fields.Boolean()
    title = narratives(required=True)
    description = narratives()
    documents = list_of(DocumentLinkSchema)
    references = list_of(IndicatorReferenceSchema)
    baselines = list_of(BaselineSchema)
    periods = list_of(PeriodSchema)


class ResultSchema(Schema):
    """A result and its indicators."""

    type = Code("ResultType", required=True)
    aggregation = fields.Boolean()
    title = narratives(required=True)
    description = narratives()
    references = list_of(ResultReferenceSchema)
    documents = list_of(DocumentLinkSchema)
    indicators = list_of(IndicatorSchema)
