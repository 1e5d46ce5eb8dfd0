"""Fields that catalogue forms share: codes of a codelist, dates as ISO text, currencies, States."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from marshmallow import fields

from registry.catalogue.money import currencies
from registry.catalogue.reference import codelist, country_of_iati, themes
from registry.errors import N_


class Code(fields.String):
    """A code of an IATI codelist, as text."""

    default_error_messages = {"code": N_("This is not a code of the list {list}.")}

    def __init__(self, list_name: str, **kwargs: Any) -> None:
        self.list_name = list_name
        super().__init__(metadata={"description": f"code of the IATI codelist {list_name}"}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if text not in codelist(self.list_name):
            raise self.make_error("code", list=self.list_name)
        return text


class IsoDate(fields.String):
    """A day as `YYYY-MM-DD`; it stays text, as documents keep it."""

    default_error_messages = {"date": N_("Write the date as YYYY-MM-DD.")}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        try:
            # fromisoformat alone would take `20240131` and week dates too
            if date.fromisoformat(text).isoformat() != text:
                raise ValueError
        except ValueError:
            raise self.make_error("date") from None
        return text


class Known(fields.String):
    """Text that must be one of our own table's keys; `known` gives the table."""

    default_error_messages = {"known": N_("This is not known here.")}

    def __init__(self, known: Callable[[], Mapping[str, Any]], **kwargs: Any) -> None:
        self.known = known
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if text not in self.known():
            raise self.make_error("known")
        return text


def currency(**kwargs: Any) -> Known:
    """An ISO 4217 currency code."""
    return Known(currencies, error_messages={"known": N_("This is not an ISO 4217 currency code.")}, **kwargs)


def theme(**kwargs: Any) -> Known:
    """The id of a theme of standards/themes.yaml."""
    return Known(themes, error_messages={"known": N_("There is no such theme.")}, **kwargs)


class Country(fields.String):
    """A country code, alpha-2 or alpha-3 in any case; loaded as given but in capitals."""

    default_error_messages = {"country": N_("This is not a country code (ISO 3166).")}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs).strip().upper()
        if country_of_iati(text) is None:
            raise self.make_error("country")
        return text
