"""The gate for needs and offers: whatever comes in by page, API or import is loaded through these schemas.

A draft may be incomplete; what opening asks for besides stands in lifecycle.py. Empty values ("" or null) are the same
as none. Form of both: docs/matching.md.
"""

from datetime import date
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, pre_load, validate, validates_schema

from registry.catalogue.models import VISIBILITIES
from registry.errors import N_
from registry.matching.fields import (
    WORLD,
    Amount,
    Choice,
    Currency,
    Day,
    Instant,
    Language,
    Place,
    StateCode,
    Text,
    ThemeId,
    Whole,
    read_written,
    too_large,
)
from registry.matching.models import ASSISTANCE_TYPES, PRIORITIES

SAID_TWICE = N_("This condition on the same instrument is there already: keep one of the two.")
CONDITION_KINDS = ("participates", "reported", "answered")
TOO_LARGE = N_("This amount is too large: at most 1,000,000,000,000 US dollars.")
CURRENCY_NEEDED = N_("Name the currency of the amount.")
MAX_LINES = 30


def _several(inner: Any, limit: int, what: str, **kwargs: Any) -> fields.List:
    return fields.List(
        inner,
        load_default=list,
        validate=validate.Length(max=limit, error=f"At most {{max}} {what}."),
        error_messages={"invalid": N_("This must be a list.")},
        **kwargs,
    )


class Form(Schema):
    """A schema to which an empty value is no value."""

    error_messages = {
        "unknown": N_("There is no such field."),
        "type": N_("This must be an object with named fields."),
    }

    @pre_load
    def drop_empty(self, data: Any, **_: Any) -> Any:
        if not isinstance(data, dict):
            return data
        # A name that is none of the form's stays, so that it is refused whatever its value.
        return {n: value for n, value in data.items() if n not in self.fields or (value is not None and value != "")}


class WindowForm(Form):
    """What has a window in time."""

    window_start = Day(load_default=None)
    window_end = Day(load_default=None)

    @validates_schema(skip_on_field_errors=False)
    def check_window(self, data: dict[str, Any], **_: Any) -> None:
        start, end = data.get("window_start"), data.get("window_end")
        if start and end and end <= start:
            raise ValidationError(N_("The window must end after it begins."), "window_end")


class MoneyForm(Form):
    """Money: minor units of a currency at a date. Without a date: the day of entry."""

    amount = Amount(required=True, error_messages={"required": N_("This is needed.")})
    currency = Currency(required=True, error_messages={"required": CURRENCY_NEEDED})
    value_date = Day(load_default=None)

    @pre_load
    def written(self, data: Any, **_: Any) -> Any:
        return read_written(data, ("amount",)) if isinstance(data, dict) else data

    @validates_schema
    def check_size(self, data: dict[str, Any], **_: Any) -> None:
        if too_large(data["amount"], data["currency"], data.get("value_date")):
            raise ValidationError(TOO_LARGE, "amount")


class LineForm(Form):
    """One typed line of a need."""

    type = Choice(ASSISTANCE_TYPES, required=True)
    description = Text(500, load_default="", lines=True)
    money = fields.Nested(MoneyForm, load_default=None, allow_none=True)
    quantity = Whole(1, 10**9, load_default=None)
    unit = Text(60, load_default=None)

    @pre_load
    def no_money(self, data: Any, **_: Any) -> Any:
        """Money without an amount (an untouched row of a form, a chosen currency) is no money; other names stay."""
        if isinstance(data, dict) and isinstance(money := data.get("money"), dict):
            if not set(money) <= {"amount", "currency", "value_date"}:
                return data
            amount = money.get("amount")
            typed = amount.get("written", amount) if isinstance(amount, dict) and set(amount) == {"written"} else amount
            if typed in (None, "") or (isinstance(typed, str) and not typed.strip()):
                return {**data, "money": None}
        return data


class RequirementForm(Form):
    """The clause of a standard that a need would meet, and the assessment in which the gap was found."""

    standard = Text(60, required=True)
    clause = Text(60, required=True)
    assessment_id = Whole(1, 2**53, load_default=None)


class NeedForm(WindowForm):
    """What a State says it needs. State and title suffice for a draft."""

    reference = Text(60, load_default=None)
    state = StateCode(required=True)
    title = Text(300, required=True)
    description = Text(20_000, load_default="", lines=True)
    language = Language(load_default="en")
    themes = _several(ThemeId(), 40, "themes")
    lines = _several(fields.Nested(LineForm), MAX_LINES, "lines")
    priority = Choice(PRIORITIES, load_default="medium")
    min_viable_share = fields.Float(
        load_default=None,
        validate=validate.Range(0, 1, error=N_("This must be a share from 0 to 1.")),
        error_messages={"invalid": N_("This must be a share from 0 to 1."), "special": N_("This must be a number.")},
    )
    endorsing_authority = Text(300, load_default=None)
    partner_wished = Text(300, load_default=None)
    visibility = Choice(VISIBILITIES, load_default="members")
    requirements = _several(fields.Nested(RequirementForm), 50, "requirements")

    @post_load
    def tidy(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        data["themes"] = sorted(set(data["themes"]))
        unique = {(item["standard"], item["clause"]): item for item in data["requirements"]}
        data["requirements"] = [unique[key] for key in sorted(unique)]
        return data


class ConditionForm(Form):
    """What a State must fulfil to receive an offer: take part in an instrument, have reported on it lately, or have
    published so many answers on it."""

    kind = Choice(CONDITION_KINDS, required=True)
    instrument = fields.String(
        required=True,
        validate=validate.Regexp(
            r"^[a-z0-9][a-z0-9_.-]{0,59}\Z", error=N_("Write the id of a standard, like att or poa.")
        ),
    )
    within_months = Whole(1, 240, load_default=None)
    at_least = Whole(1, 1000, load_default=None)

    @validates_schema
    def check_numbers(self, data: dict[str, Any], **_: Any) -> None:
        kind = data["kind"]
        if kind == "reported" and data.get("within_months") is None:
            raise ValidationError(N_("Say within how many months the report must have been filed."), "within_months")
        if kind == "answered" and data.get("at_least") is None:
            raise ValidationError(N_("Say how many answers the State must have published at least."), "at_least")
        if kind != "reported" and data.get("within_months") is not None:
            raise ValidationError(N_("This condition has no number of months."), "within_months")
        if kind != "answered" and data.get("at_least") is not None:
            raise ValidationError(N_("This condition has no number of answers."), "at_least")

    @post_load
    def tidy(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if value is not None}


class OfferForm(WindowForm):
    """What a donor or agency can give. No themes: all themes. No places: worldwide. `organisation` is an identifier."""

    reference = Text(60, load_default=None)
    organisation_id = Whole(1, 2**53, load_default=None)
    organisation = Text(200, load_default=None)
    title = Text(300, required=True)
    description = Text(20_000, load_default="", lines=True)
    language = Language(load_default="en")
    budget = Amount(load_default=None)
    min_grant = Amount(load_default=None)
    max_grant = Amount(load_default=None)
    currency = Currency(load_default=None)
    value_date = Day(load_default=None)
    themes = _several(ThemeId(), 40, "themes")
    types = _several(Choice(ASSISTANCE_TYPES), len(ASSISTANCE_TYPES), "types")
    places = _several(Place(), 250, "places")
    conditions = _several(fields.Nested(ConditionForm), 20, "conditions")
    visibility = Choice(VISIBILITIES, load_default="public")
    expires_at = Instant(load_default=None)

    @pre_load
    def written(self, data: Any, **_: Any) -> Any:
        return read_written(data, ("budget", "min_grant", "max_grant")) if isinstance(data, dict) else data

    @validates_schema(skip_on_field_errors=False)
    def check_money(self, data: dict[str, Any], **_: Any) -> None:
        errors: dict[str, list[str]] = {}
        amounts = {name: data.get(name) for name in ("budget", "min_grant", "max_grant")}
        currency, on = data.get("currency"), data.get("value_date")
        if any(amounts.values()) and "currency" in data and not currency:
            errors["currency"] = [CURRENCY_NEEDED]
        for name, amount in amounts.items():
            if amount and currency and too_large(amount, currency, _day(on)):
                errors[name] = [TOO_LARGE]
        low, high, budget = amounts["min_grant"], amounts["max_grant"], amounts["budget"]
        if low and high and low > high:
            errors["min_grant"] = [N_("The smallest grant must not be more than the largest.")]
        elif low and budget and low > budget:
            errors["min_grant"] = [N_("The smallest grant must not be more than the budget.")]
        if high and budget and high > budget:
            errors["max_grant"] = [N_("The largest grant must not be more than the budget.")]
        if errors:
            raise ValidationError(errors)

    @validates_schema(skip_on_field_errors=False)
    def check_conditions(self, data: dict[str, Any], **_: Any) -> None:
        met: set[tuple[str, str]] = set()
        for place, condition in enumerate(data.get("conditions") or ()):
            if isinstance(condition, dict) and "kind" in condition and "instrument" in condition:
                asked = (condition["kind"], condition["instrument"])
                if asked in met:
                    raise ValidationError({"conditions": {place: {"kind": [SAID_TWICE]}}})
                met.add(asked)

    @post_load
    def tidy(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        for name in ("themes", "types", "places"):
            data[name] = sorted(set(data[name]))
        if WORLD in data["places"]:
            data["places"] = []
        return data


def _day(value: Any) -> date | None:
    return value if isinstance(value, date) else None


class ReasonForm(Form):
    """Why a need or offer is withdrawn."""

    reason = Text(500, load_default=None)


class ClosingForm(Form):
    """Why a need or offer is closed: met, spent, given up."""

    reason = Text(500, required=True)


class NeedRenewalForm(WindowForm):
    """The new window of a withdrawn or expired need."""

    window_start = Day(required=True, error_messages={"required": N_("This is needed.")})
    window_end = Day(required=True, error_messages={"required": N_("This is needed.")})


class OfferRenewalForm(WindowForm):
    """The new window or expiry of a withdrawn or expired offer; what is left out stays (expiry: 12 months from now)."""

    expires_at = Instant(load_default=None)
