"""Kinds of fields that needs and offers are made of: texts, dates, amounts, States, regions, themes.

Every message names what is allowed. Amounts come as integers in the currency's minor unit, or as `{"written": text}`
where a person typed them (forms, spreadsheets): then whole units, in any custom of writing numbers.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from marshmallow import ValidationError, fields, validate

from registry.catalogue.money import currencies, parse_money, rate_of, to_decimal
from registry.catalogue.reference import groupings, regions, resolve_place, resolve_state, states, themes
from registry.errors import N_

EARLIEST, LATEST = date(1990, 1, 1), date(2100, 12, 31)
LARGEST_USD = 10**12
LARGEST_MINOR = 10**17
"""Where no rate is known: far above any real amount, far below what a 64-bit column holds."""
WORLD = "001"

_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")


class Text(fields.String):
    """Text without control characters, trimmed; one line unless `lines`. Too long names the limit."""

    default_error_messages = {
        "required": N_("This is needed."),
        "null": N_("This is needed."),
        "invalid": N_("This must be text."),
        "control": N_("There are control characters in this text."),
    }

    def __init__(self, limit: int, *, lines: bool = False, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(max=limit, error=N_("At most {max} characters.")), **kwargs)
        self.lines = lines

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if _FORBIDDEN.search(text):
            raise self.make_error("control")
        text = text.strip() if self.lines else " ".join(text.split())
        if self.required and not text:
            raise self.make_error("required")
        return text


class Choice(fields.String):
    """One of a few codes; the message lists them."""

    default_error_messages = {"required": N_("This is needed."), "null": N_("This is needed.")}

    def __init__(self, choices: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(
            validate=validate.OneOf(choices, error=N_("This must be one of: {choices}.")),
            **kwargs,
        )


class Language(fields.String):
    """A language tag: `en`, `pt-BR`."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if len(text) > 10 or not _LANGUAGE.fullmatch(text):
            raise ValidationError(N_("Write a language as its code, for example en, fr or pt-BR."))
        return text


class Day(fields.Date):
    """A calendar day from 1990 to 2100, written YYYY-MM-DD."""

    def _serialize(self, value: date | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return value.isoformat() if value else None

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> date:
        if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value.strip()):
            raise ValidationError(N_("Write a date as YYYY-MM-DD."))
        try:
            day = date.fromisoformat(value.strip())
        except ValueError:
            raise ValidationError(N_("There is no such day. Write a date as YYYY-MM-DD.")) from None
        if not EARLIEST <= day <= LATEST:
            raise ValidationError(N_("The year must be from 1990 to 2100."))
        return day


class Instant(fields.AwareDateTime):
    """A moment with its time zone in ISO 8601; a bare day means its last second in UTC."""

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return value.isoformat() if value else None

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> datetime:
        wrong = N_("Write a moment as 2027-01-31T12:00:00Z or a day as 2027-01-31.")
        if not isinstance(value, str):
            raise ValidationError(wrong)
        text = value.strip()
        try:
            if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
                moment = datetime.combine(date.fromisoformat(text), time(23, 59, 59), UTC)
            else:
                moment = datetime.fromisoformat(text)
        except ValueError:
            raise ValidationError(wrong) from None
        if moment.tzinfo is None:
            raise ValidationError(N_("A moment needs its time zone: Z or, for example, +02:00."))
        if not EARLIEST <= moment.date() <= LATEST:
            raise ValidationError(N_("The year must be from 1990 to 2100."))
        return moment.astimezone(UTC)


class Amount(fields.Integer):
    """Minor units of a currency, more than zero. `read_written` has turned what a person typed into one before."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if isinstance(value, Unreadable):
            raise ValidationError(value.reason)
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValidationError(
                N_('An amount is a whole number in the currency\'s minor unit (cents), or {"written": "91,501.05"}.')
            )
        if value <= 0:
            raise ValidationError(N_("An amount must be more than zero; leave it out where it is not known."))
        if value > LARGEST_MINOR:
            raise ValidationError(N_("This amount is too large: at most 1,000,000,000,000 US dollars."))
        return value


class Whole(fields.Integer):
    """A whole number within limits, as a JSON integer or (forms, spreadsheets) as its digits."""

    default_error_messages = {"required": N_("This is needed."), "null": N_("This is needed.")}

    def __init__(self, low: int, high: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.low, self.high = low, high

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if isinstance(value, str) and re.fullmatch(r"\s*[0-9]{1,18}\s*", value):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not self.low <= value <= self.high:
            raise ValidationError(f"This must be a whole number from {self.low} to {self.high}.")
        return value


class Unreadable:
    """Stands in for an amount that a person typed and nobody can read, with the reason."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


def read_written(data: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Turn `{"written": text}` under these names into minor units of `data["currency"]`, or of the one written."""
    data = dict(data)
    for name in names:
        value = data.get(name)
        if not isinstance(value, Mapping):
            continue
        text, currency = value.get("written"), data.get("currency")
        if set(value) != {"written"} or not isinstance(text, str):
            data[name] = Unreadable(N_('Write the amount as {"written": "91,501.05"}.'))
            continue
        if not text.strip():
            data[name] = None
            continue
        known = currency if isinstance(currency, str) and currency in currencies() else None
        try:
            money = parse_money(text, known)
        except ValueError as error:
            data[name] = Unreadable(str(error))
            continue
        if currency and money.currency and money.currency != currency and known:
            data[name] = Unreadable(N_("Two currencies are named."))
            continue
        data[name] = money.amount
        if not currency and money.currency:
            data["currency"] = money.currency
    return data


def too_large(amount: int, currency: str, on: date | None) -> bool:
    """Whether an amount is beyond 10^12 US dollars (in whole units of its currency where no rate is known)."""
    rate = rate_of(currency, on.year) if on else None
    if rate is None:
        return currency == "USD" and to_decimal(amount, currency) > LARGEST_USD
    return to_decimal(amount, currency) * rate.usd_per_unit > LARGEST_USD


class Currency(fields.String):
    """An ISO 4217 code that the registry knows."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        code: str = super()._deserialize(value, attr, data, **kwargs).strip().upper()
        if code not in currencies():
            raise ValidationError(N_("This is not a currency in use: write its ISO 4217 code, for example USD or EUR."))
        return code


class StateCode(fields.String):
    """A State, by any of its ISO codes, M49 code or names; loads as alpha-3."""

    default_error_messages = {"required": N_("This is needed."), "null": N_("This is needed.")}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        state = resolve_state(super()._deserialize(value, attr, data, **kwargs))
        if state is None:
            raise ValidationError(N_("This is not a State: write its ISO code, for example KEN, or its UN short name."))
        return state.alpha3


class Place(fields.String):
    """A State as in StateCode, or a region or grouping by M49 code, name or letters (LDC); loads as its code."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs).strip()
        if code := resolve_place(text):
            return code
        state = resolve_state(text)
        if state is None:
            raise ValidationError(
                N_(
                    "This is neither a State (KEN, Kenya) nor an M49 region or grouping (014, Eastern Africa; 199, LDC,"
                    " Least developed countries): see /api/v1/states."
                )
            )
        return state.alpha3


class ThemeId(fields.String):
    """A theme of standards/themes.yaml; the message lists them all."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        theme: str = super()._deserialize(value, attr, data, **kwargs).strip()
        if theme not in themes():
            raise ValidationError(f"This is not a theme of this registry. Themes: {', '.join(themes())}.")
        return theme


def regions_of(state: str) -> frozenset[str]:
    """M49 codes of all regions and groupings that hold a State, without the world itself."""
    found = {code for code, grouping in groupings().items() if state in grouping.members}
    known = states().get(state)
    code: str | None = known.region if known else None
    while code and code in regions():
        found.add(code)
        code = regions()[code].parent
    return frozenset(found - {WORLD})
