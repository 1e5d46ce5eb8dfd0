"""The gate for subscriptions: what may come in, from the API, pages and commands alike.

The form of an address is judged by the service, which knows what this installation allows.
"""

from datetime import datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates, validates_schema

from registry.catalogue import reference
from registry.errors import N_
from registry.events.cloudevents import HIDDEN
from registry.events.types import EVENT_TYPES
from registry.schemas import Patch

KINDS = tuple(dict.fromkeys(name.partition(".")[0] for name in EVENT_TYPES))
TYPES = frozenset({*EVENT_TYPES, *(f"{kind}.{ending}" for kind in KINDS for ending in ("*", HIDDEN))})
USUAL_OVERLAP, LONGEST_OVERLAP = 24, 7 * 24


class SubscriptionForm(Schema):
    """A subscription as somebody enters it."""

    name = fields.String(
        required=True,
        validate=validate.Length(1, 200, error=N_("This must have between {min} and {max} characters.")),
        metadata={"description": "what it is for, so that you recognise it later"},
    )
    url = fields.String(
        required=True,
        validate=validate.Length(1, 2000, error=N_("This must have between {min} and {max} characters.")),
        metadata={"description": "where messages are posted to; https"},
    )
    types = fields.List(
        fields.String(),
        load_default=list,
        metadata={"description": "event types (docs/events.md); `need.*`: all of a kind; none: all"},
    )
    states = fields.List(
        fields.String(),
        load_default=list,
        metadata={"description": "only events that concern one of these States (alpha-3); none: all"},
    )

    @validates("types")
    def _check_types(self, values: list[str], **_: Any) -> None:
        if unknown := sorted({value[:80] for value in values if value not in TYPES}):
            raise ValidationError(f"There is no such event type: {', '.join(unknown[:5])}.")

    @validates("states")
    def _check_states(self, values: list[str], **_: Any) -> None:
        if unknown := sorted({value[:20] for value in values if value not in reference.states()}):
            raise ValidationError(f"There is no such State: {', '.join(unknown[:5])}.")


class SubscriptionPatch(Patch, SubscriptionForm):
    """A change: what is left out stays. `enabled` switches it off and on; on, it begins with what happens from then."""

    enabled = fields.Boolean()


class RotationForm(Schema):
    """How long messages are signed with the old secret as well."""

    overlap_hours = fields.Integer(
        load_default=USUAL_OVERLAP,
        validate=validate.Range(0, LONGEST_OVERLAP, error=N_("This must be a whole number from {min} to {max}.")),
        metadata={"description": "0: the old secret ends at once"},
    )


class ReplayForm(Schema):
    """From where on everything is sent again: one of both."""

    since = fields.AwareDateTime(
        load_default=None, allow_none=True, metadata={"description": "events from this instant on"}
    )
    after = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 500, error=N_("This must have between {min} and {max} characters.")),
        metadata={"description": "events behind this cursor of the change feed"},
    )

    @validates("since")
    def _check_since(self, value: datetime | None, **_: Any) -> None:
        # Beyond these years an instant may have no place in UTC.
        if value is not None and not 1900 <= value.year <= 9000:
            raise ValidationError(N_("This must be an instant of our time."))

    @validates_schema
    def _check_one(self, data: dict[str, Any], **_: Any) -> None:
        if (data["since"] is None) == (data["after"] is None):
            raise ValidationError(N_("Say either since when, or behind which cursor."))
