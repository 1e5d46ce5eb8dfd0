"""The gate for participation: an act entered, changed or confirmed, by page, API or table."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from marshmallow import ValidationError, fields, validate

from registry.catalogue.acts import ACTS
from registry.compliance.schemas import NEEDED, Form, Trimmed
from registry.errors import N_
from registry.schemas import Patch


class Day(fields.Date):
    """A day as YYYY-MM-DD; blank is none."""

    default_error_messages = {"required": NEEDED, "invalid": N_("Write a date as YYYY-MM-DD.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"allow_none": True, "load_default": None, **kwargs})

    def deserialize(  # type: ignore[override]
        self, value: Any, attr: str | None = None, data: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> date | None:
        text = value.strip() if isinstance(value, str) else value
        return super().deserialize(None if text == "" else text, attr, data, **kwargs)


class ActName(fields.String):
    """One of ACTS, in any case."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs)).strip().lower()
        if text not in ACTS:
            raise ValidationError(f"This must be one of: {', '.join(ACTS)}.")
        return text


class ActForm(Form):
    """What a State did towards an instrument."""

    instrument = Trimmed(200, required=True, metadata={"description": "id, short name or title of an instrument"})
    act = ActName(
        required=True,
        error_messages={"required": NEEDED, "null": NEEDED, "invalid": N_("This must be text.")},
        metadata={"description": f"one of: {', '.join(ACTS)}"},
    )
    on = Day(metadata={"description": "the day; only `participation` may be without one"})
    source = Trimmed(500, required=True, metadata={"description": "where it can be read: a link or a symbol"})
    reservation = Trimmed(2000, load_default="", metadata={"description": "reservation or declaration made with it"})


class ActPatch(Patch, ActForm):
    """What is to be corrected of an act; the instrument stays."""

    class Meta:
        exclude = ("instrument",)


class ConfirmForm(Form):
    """Whether it was compared with its source."""

    checked = fields.Boolean(
        load_default=True,
        validate=validate.OneOf((True, False)),
        error_messages={"invalid": N_("This must be true or false.")},
    )
