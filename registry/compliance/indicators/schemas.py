"""The gate for indicators: a series with its baseline and target, observations. What depends on the definition is
judged in judging.py, with the same dotted paths.
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from marshmallow import ValidationError, fields, pre_load, validate, validates_schema

from registry.compliance.indicators.models import QUALITIES
from registry.compliance.schemas import NEEDED, Form, StateCode, Trimmed
from registry.errors import N_

DIMENSIONS = ("sex", "age", "disability", "location", "weapon_type", "authority")
VISIBILITIES = ("public", "members", "private")
FIRST, LAST = date(1980, 1, 1), date(2100, 12, 31)
AT_ONCE = 1000
_NUMBER = re.compile(r"\d{1,15}(\.\d{1,6})?")
_ONE_OF = N_("This must be one of: {choices}.")


class Number(fields.Field[str]):
    """Zero or more, at most 15 digits and 6 decimals, as a number or as text; loads as canonical text (`12.5`)."""

    default_error_messages = {"required": NEEDED, "null": NEEDED}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        wrong = N_("Write a number of zero or more, for example 1250 or 12.5: digits, a point, at most six decimals.")
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValidationError(wrong)
        text = re.sub(r"(?<=\d)[\u0020\u00a0\u202f](?=\d{3}(?!\d))", "", str(value).strip())
        if isinstance(value, float) and not _NUMBER.fullmatch(text):
            text = _written_out(value)
        if not text.isascii() or not _NUMBER.fullmatch(text):
            raise ValidationError(wrong)
        number = Decimal(text)
        return f"{number.normalize():f}"


def _written_out(value: float) -> str:
    try:
        return f"{Decimal(str(value)):f}"
    except (InvalidOperation, ValueError):
        return ""


class Day(fields.Date):
    """A calendar day from 1980 to 2100, written YYYY-MM-DD."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> date:
        try:
            day = date.fromisoformat(str(value).strip())
        except ValueError:
            raise ValidationError(N_("Write a day that exists as YYYY-MM-DD.")) from None
        if not FIRST <= day <= LAST:
            raise ValidationError(N_("The year must be from 1980 to 2100."))
        return day


class BlankIsNone(Form):
    """Forms send an empty input where nothing is said."""

    @pre_load
    def blank_is_none(self, data: Any, **_: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {name: None if isinstance(v, str) and not v.strip() else v for name, v in data.items()}


def _text(limit: int) -> Trimmed:
    return Trimmed(limit, load_default="", allow_none=True)


class PlanForm(BlankIsNone):
    """Where a series began and where it is to be by when; each with its day."""

    visibility = fields.String(
        load_default="members", validate=validate.OneOf(VISIBILITIES, error=_ONE_OF), error_messages={"null": NEEDED}
    )
    baseline = Number(load_default=None, allow_none=True)
    baseline_on = Day(load_default=None, allow_none=True)
    target = Number(load_default=None, allow_none=True)
    target_on = Day(load_default=None, allow_none=True)
    note = _text(2000)

    @validates_schema
    def both_or_none(self, data: Mapping[str, Any], **_: Any) -> None:
        for name in ("baseline", "target"):
            number, day = data.get(name), data.get(f"{name}_on")
            if number is not None and day is None:
                raise ValidationError(N_("Say of which day this is."), f"{name}_on")
            if day is not None and number is None:
                raise ValidationError(N_("Write the number for this day, or leave the day out."), name)
        begun, goal = data.get("baseline_on"), data.get("target_on")
        if begun and goal and goal <= begun:
            raise ValidationError(N_("The target's day must be after the baseline's."), "target_on")


class SeriesForm(PlanForm):
    """A new series. `state` may be left out by people of a State."""

    state = StateCode(load_default=None, allow_none=True)
    indicator = Trimmed(125, required=True)


class ObservationForm(BlankIsNone):
    """One observation: a value, or a numerator and a denominator; of the whole or of one group."""

    period_start = Day(required=True, error_messages={"required": NEEDED, "null": NEEDED})
    period_end = Day(required=True, error_messages={"required": NEEDED, "null": NEEDED})
    groups = fields.Dict(
        keys=fields.String(validate=validate.OneOf(DIMENSIONS, error=_ONE_OF)),
        values=Trimmed(40, required=True),
        load_default=dict,
    )
    value = Number(load_default=None, allow_none=True)
    numerator = Number(load_default=None, allow_none=True)
    denominator = Number(load_default=None, allow_none=True)
    quality = fields.String(
        load_default="final", validate=validate.OneOf(QUALITIES, error=_ONE_OF), error_messages={"null": NEEDED}
    )
    source = _text(500)

    @validates_schema
    def in_order(self, data: Mapping[str, Any], **_: Any) -> None:
        start, end = data.get("period_start"), data.get("period_end")
        if start and end and end < start:
            raise ValidationError(N_("The period ends before it begins."), "period_end")


class ObservationsForm(Form):
    """Several observations of one series, all or none."""

    observations = fields.List(
        fields.Nested(ObservationForm),
        required=True,
        validate=validate.Length(min=1, max=AT_ONCE, error=N_("From {min} to {max} observations at a time.")),
        error_messages={"required": NEEDED, "null": NEEDED, "invalid": N_("This must be a list.")},
    )
