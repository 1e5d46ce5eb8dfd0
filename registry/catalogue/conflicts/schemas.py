"""The gate for decisions on conflicts, from the API, pages and commands alike."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from registry.catalogue.conflicts.models import DECISIONS
from registry.errors import N_


class DecisionForm(Schema):
    """A person's decision; null takes it back."""

    decision = fields.String(
        required=True,
        allow_none=True,
        validate=validate.OneOf(DECISIONS, error=N_("Choose one of: {choices}.")),
        metadata={
            "description": "`keep` the value in force, `take` another's, `both`: the values may stand beside each other"
        },
    )
    side = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, 10_000, error=N_("This must be a whole number from {min} to {max}.")),
        metadata={"description": "with `take`: number of the side in `sides`; 0 is in force already"},
    )
    reason = fields.String(load_default="", validate=validate.Length(max=1000, error=N_("At most {max} characters.")))

    @validates_schema
    def check_side(self, data: dict[str, Any], **_: Any) -> None:
        """Taking means taking one."""
        if (data.get("decision") == "take") != (data.get("side") is not None):
            raise ValidationError(N_("Say which value is taken, and only then."), "side")
