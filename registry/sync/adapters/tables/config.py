"""What a person can say of a table: which column holds what, how it writes numbers and dates. All of it may stay empty.

Names of columns are compared without case, accents and punctuation; an HXL hashtag (`#org+funder`) names one as well.
"""

import codecs
from datetime import date
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates

from registry.catalogue.fields import currency
from registry.errors import N_

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
LENGTH = validate.Length(max=300, error=N_("At most {max} characters."))


def _column(label: str, description: str = "") -> fields.String:
    return fields.String(validate=LENGTH, metadata={"label": label, "description": description})


class Columns(Schema):
    """Our field → the header of the column that holds it, or its hashtag."""

    id = _column(N_("Identifier"), N_("Without one, a row goes by its own content."))
    title = _column(N_("Title"))
    description = _column(N_("Description"))
    status = _column(N_("Status"))
    start = _column(N_("Start date"))
    end = _column(N_("End date"))
    countries = _column(N_("Countries"), N_("Codes or names."))
    place = _column(N_("Place"))
    latitude = _column(N_("Latitude"))
    longitude = _column(N_("Longitude"))
    sectors = _column(N_("Sectors"), N_("DAC codes or words."))
    funder = _column(N_("Funding organisation"))
    accountable = _column(N_("Accountable organisation"))
    implementer = _column(N_("Implementing organisation"))
    reporter = _column(N_("Reporting organisation"))
    budget = _column(N_("Budget"))
    commitment = _column(N_("Amount committed"))
    disbursement = _column(N_("Amount paid"))
    currency = _column(N_("Currency"))
    value_date = _column(N_("Date of the amounts"))
    url = _column(N_("Link"))


FIELDS = tuple(Columns().fields)
"""Ours, in the order in which people are shown them"""


class TableConfig(Schema):
    """What CSV and XLSX share."""

    columns = fields.Nested(
        Columns,
        load_default=dict,
        metadata={
            "label": N_("Columns"),
            "description": N_(
                "The header of the column that holds it, or its HXL hashtag. Needed only where the table has neither "
                "hashtags nor the usual names; once one is declared, only declared and tagged columns are used."
            ),
        },
    )
    header_rows = fields.Integer(
        load_default=1,
        validate=validate.Range(1, 5, error=N_("This must be a whole number from {min} to {max}.")),
        metadata={
            "label": N_("Rows of the header"),
            "description": N_("Where several rows make it, a column goes by all of them, or by the last."),
        },
    )
    id_prefix = fields.String(
        load_default="",
        validate=validate.Length(max=100, error=N_("At most {max} characters.")),
        metadata={"label": N_("Before each identifier"), "description": N_("Makes short numbers unmistakable.")},
    )
    language = fields.String(
        load_default=None,
        validate=validate.Regexp(r"[a-z]{2,3}\Z", error=N_("This is not a language code in small letters.")),
        metadata={"label": N_("Language of the texts")},
    )
    currency = currency(load_default=None, metadata={"label": N_("Currency of the amounts")})
    decimal = fields.String(
        load_default=None,
        validate=validate.OneOf((".", ","), error=N_("This must be one of: {choices}.")),
        metadata={"label": N_("Decimal mark"), "description": N_("Where it is not said, 1.500 cannot be read.")},
    )
    date_format = fields.String(
        load_default=None,
        metadata={
            "label": N_("How dates are written"),
            "description": N_("%d/%m/%Y, for instance. ISO is always read."),
        },
    )
    separator = fields.String(
        load_default=";",
        validate=validate.Length(1, 5, error=N_("This must have between {min} and {max} characters.")),
        metadata={"label": N_("Between several values of a cell")},
    )

    @validates("date_format")
    def _check_date_format(self, value: str | None, **_: Any) -> None:
        if value is None:
            return
        try:
            written = date(2021, 12, 31).strftime(value)
        except ValueError:
            written = value
        if written == value or "%Y" not in value and "%y" not in value:
            raise ValidationError(N_("This does not say how a date is written: %d day, %m month, %Y year."))


class CsvConfig(TableConfig):
    """Of a CSV file."""

    delimiter = fields.String(
        load_default=None,
        validate=validate.OneOf(list(DELIMITERS), error=N_("This must be one of: {choices}.")),
        metadata={"label": N_("Between the cells"), "description": N_("Empty: it is found out.")},
    )
    encoding = fields.String(
        load_default=None,
        metadata={"label": N_("Encoding"), "description": N_("Empty: it is found out. utf-8, windows-1251, gb18030 …")},
    )

    @validates("encoding")
    def _check_encoding(self, value: str | None, **_: Any) -> None:
        try:
            if value is not None and not codecs.lookup(value)._is_text_encoding:
                raise LookupError
            "".encode(value or "utf-8")
        except (LookupError, ValueError):
            raise ValidationError(N_("This encoding is not known.")) from None


class XlsxConfig(TableConfig):
    """Of a workbook."""

    sheet = fields.String(
        load_default=None,
        validate=LENGTH,
        metadata={"label": N_("Sheet"), "description": N_("Empty: the first one.")},
    )
