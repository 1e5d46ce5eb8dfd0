"""The gate for points of contact: entered, changed, by page, API or table."""

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate

from registry.compliance.contacts.models import ROLES
from registry.compliance.participation.schemas import Day
from registry.compliance.schemas import NEEDED, Form, StateCode, Trimmed
from registry.errors import N_
from registry.schemas import Patch

_SEVERAL = re.compile(r"[;,\s]+")


class Codes(fields.List):
    """A list of short codes; a text holds them with commas, semicolons or spaces between. Each stands once."""

    def __init__(self, inner: fields.String, **kwargs: Any) -> None:
        super().__init__(inner, error_messages={"required": NEEDED, "invalid": N_("This must be a list.")}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> list[Any]:
        if isinstance(value, str):
            value = [part for part in _SEVERAL.split(value) if part]
        found = list(dict.fromkeys(super()._deserialize(value, attr, data, **kwargs)))
        if self.required and not found:
            raise self.make_error("required")
        return found


def _address(text: str) -> None:
    if text and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", text):
        raise ValidationError(N_("Write an e-mail address like office@ministry.example."))


def _number(text: str) -> None:
    if text and not re.fullmatch(r"\+?[0-9][0-9 ()./-]{4,38}", text):
        raise ValidationError(N_("Write a telephone number with digits, beginning with + and the country's code."))


class Checked(Trimmed):
    """Trimmed text that passes a test of its own."""

    def __init__(self, limit: int, test: Any, **kwargs: Any) -> None:
        super().__init__(limit, **kwargs)
        self._test = test

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        self._test(text)
        return text


class ContactForm(Form):
    """A point of contact. `state` may be left out by people of a State."""

    state = StateCode(load_default=None, allow_none=True)
    office = Trimmed(200, required=True, metadata={"description": "name of the office, not of a person"})
    role = fields.String(
        load_default="point_of_contact",
        validate=validate.OneOf(ROLES, error=N_("This must be one of: {choices}.")),
        error_messages={"null": NEEDED},
    )
    email = Checked(254, _address, load_default="")
    phone = Checked(40, _number, load_default="")
    languages = Codes(
        fields.String(validate=validate.Regexp(r"[a-z]{2}\Z", error=N_("Write codes of two letters, like en fr."))),
        load_default=list,
        validate=validate.Length(max=15, error=N_("At most {max} languages.")),
        metadata={"description": "codes of two letters"},
    )
    instruments = Codes(
        fields.String(),
        required=True,
        validate=validate.Length(max=20, error=N_("At most {max} instruments.")),
        metadata={"description": "ids of instruments that it answers for"},
    )
    published = fields.Boolean(
        load_default=False, error_messages={"invalid": N_("This must be true or false.")},
        metadata={"description": "whether everybody may see it"},
    )  # fmt: skip
    source = Trimmed(500, required=True, metadata={"description": "where it can be read, or who said so"})
    confirmed_on = Day(metadata={"description": "when somebody last said that it is right; left out: today"})


class ContactPatch(Patch, ContactForm):
    """What is to be changed; the State stays."""

    class Meta:
        exclude = ("state",)
