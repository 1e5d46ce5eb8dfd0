"""Parts that recur all over the programme document: narratives, money, organisations, shares, links."""

from decimal import Decimal
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from registry.catalogue.fields import Code, Country, IsoDate, currency
from registry.catalogue.money import to_minor
from registry.errors import N_
from registry.schemas import LARGEST_ID


def text(most: int = 500, **kwargs: Any) -> fields.String:
    """A text of limited length."""
    return fields.String(validate=validate.Length(1, most, error=N_("From {min} to {max} characters.")), **kwargs)


def list_of(item: fields.Field | type[Schema], most: int = 1000, **kwargs: Any) -> fields.List:
    """A list of limited length of fields or nested schemas; where it is required, of at least one."""
    inner = item if isinstance(item, fields.Field) else fields.Nested(item)
    limits = [validate.Length(max=most, error=N_("At most {max} items."))]
    if kwargs.get("required"):
        limits.append(validate.Length(min=1, error=N_("At least one is needed.")))
    return fields.List(inner, validate=limits, **kwargs)


class NarrativeSchema(Schema):
    """A text in one language; `lang` is left out where it is the document's own."""

    text = fields.String(
        required=True, validate=validate.Length(1, 50_000, error=N_("From {min} to {max} characters."))
    )
    lang = fields.String(
        validate=validate.Regexp(
            r"[a-z]{2,3}(-[a-z0-9]{2,8})*\Z", error=N_("This is not a language code in small letters.")
        )
    )


def narratives(**kwargs: Any) -> fields.List:
    """A text in several languages."""
    return list_of(NarrativeSchema, 30, **kwargs)


def percentage() -> fields.Float:
    """A percentage from 0 to 100."""
    return fields.Float(validate=validate.Range(0, 100, error=N_("This must be from {min} to {max}.")))


class ValueSchema(Schema):
    """Money: an integer in the currency's minor unit, with its value date."""

    amount = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(-LARGEST_ID, LARGEST_ID, error=N_("This amount is too large.")),
    )
    exact = fields.String(
        validate=validate.Regexp(r"-?\d{1,15}\.\d{1,30}\Z", error=N_("Write a number with a decimal point.")),
        metadata={"description": "the amount as its source gave it, where it has more decimals than the currency"},
    )
    currency = currency()
    value_date = IsoDate()

    @validates_schema
    def _check_exact(self, data: dict[str, Any], **_: Any) -> None:
        if "exact" in data and to_minor(Decimal(data["exact"]), data.get("currency")) != data["amount"]:
            raise ValidationError(N_("This is not the amount in the currency's minor unit."), "exact")


class OrgSchema(Schema):
    """An organisation as a document names it."""

    ref = text(200)
    type = Code("OrganisationType")
    activity_id = text()
    narratives = narratives()


class CountrySchema(Schema):
    """A recipient country with its percentage."""

    code = Country(required=True)
    percentage = percentage()
    narratives = narratives()


class CodedShareSchema(Schema):
    """A code of a vocabulary with its percentage: a region or a sector."""

    code = text(50, required=True)
    vocabulary = text(10)
    vocabulary_uri = text(2000)
    percentage = percentage()
    narratives = narratives()


class VocabularyCodeSchema(Schema):
    """A code of a vocabulary."""

    code = text(200, required=True)
    vocabulary = text(20)


class DocumentLinkSchema(Schema):
    """A document elsewhere."""

    url = fields.URL(
        required=True, schemes={"http", "https"}, error_messages={"invalid": N_("This is not an address.")}
    )
    format = text(200)
    title = narratives()
    description = narratives()
    categories = list_of(Code("DocumentCategory"))
    languages = list_of(text(10))
    date = IsoDate()
