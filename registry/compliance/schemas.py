"""The gate for assessments: whatever comes in by page or API is loaded through these schemas.

What depends on the edition (is this value on its scale?) is judged in judging.py, with the same dotted paths.
"""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, pre_load, validate, validates_schema

from registry.catalogue.reference import resolve_state
from registry.compliance.models import EXTENTS
from registry.errors import N_
from registry.schemas import RecordId

NEEDED = N_("This is needed.")
SLUG = r"^[a-z0-9][a-z0-9._-]{0,59}\Z"


class Trimmed(fields.String):
    """Text without blank ends; `required` means that something is left."""

    default_error_messages = {"required": NEEDED, "null": NEEDED, "invalid": N_("This must be text.")}

    def __init__(self, limit: int, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(max=limit, error=N_("At most {max} characters.")), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs)).strip()
        if self.required and not text:
            raise self.make_error("required")
        return text


class StateCode(fields.String):
    """A State by any of its codes or names; loads as alpha-3."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        state = resolve_state(str(super()._deserialize(value, attr, data, **kwargs)))
        if state is None:
            raise ValidationError(N_("This is not a State: write its ISO code, for example KEN, or its UN short name."))
        return state.alpha3


class Given(fields.Field[str]):
    """The value of an answer: a code of the scale, a number, a date or text; loads as text."""

    default_error_messages = {"required": NEEDED, "null": NEEDED}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValidationError(N_("This must be text or a number."))
        text = str(value).strip()
        if not text:
            raise self.make_error("required")
        if len(text) > 500:
            raise ValidationError(N_("At most 500 characters."))
        return text


class Form(Schema):
    """A schema whose refusals speak to people."""

    error_messages = {
        "unknown": N_("There is no such field."),
        "type": N_("This must be an object with named fields."),
    }


def _slug(**kwargs: Any) -> fields.String:
    wrong = N_("Write the id of a standard, like iti or poa.")
    return fields.String(
        validate=validate.Regexp(SLUG, error=wrong),
        error_messages={"required": NEEDED, "null": NEEDED, "invalid": wrong},
        **kwargs,
    )


class Fact(fields.Field[bool | None]):
    """Yes, no or not known: true, false, null; from forms `yes`, `no`, `unknown` or nothing."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool | None:
        known = {"yes": True, "true": True, "no": False, "false": False, "unknown": None, "": None}
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value in known:
            return known[value]
        raise ValidationError(N_("This is true, false or, where it is not known, null."))


def _facts(**kwargs: Any) -> fields.Dict:
    return fields.Dict(keys=fields.String(validate=validate.Length(max=60)), values=Fact(allow_none=True), **kwargs)


class StartForm(Form):
    """Beginning an assessment. `state` may be left out by people of a State; `carry_from` names an earlier one."""

    state = StateCode(load_default=None, allow_none=True)
    standard = _slug(required=True)
    carry_from = RecordId(load_default=None, allow_none=True)
    facts = _facts(load_default=dict)


def _extent(description: str) -> fields.String:
    return fields.String(
        load_default="",
        validate=validate.OneOf(("", *EXTENTS), error=N_("This must be one of: {choices}.")),
        metadata={"description": description},
    )


class AnswerForm(Form):
    """One answer. `reason` is needed where the value says not applicable; `evidence` says where the proof is.

    With `version`, what was read last of this answer (0: it was open), a null `value` takes it back.
    """

    value = Given(required=True, allow_none=True)
    reason = Trimmed(5000, load_default="")
    evidence = Trimmed(5000, load_default="")
    in_law = _extent("how far it stands in law; no score counts it")
    in_practice = _extent("how far it is done in practice; no score counts it")
    version = fields.Integer(
        validate=validate.Range(0, 10**9),
        metadata={"description": "`version` of the answer as last read, 0 where it was open"},
    )

    @pre_load
    def null_is_empty(self, data: Any, **_: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {n: value for n, value in data.items() if value is not None or n == "value" or n not in self.fields}

    @validates_schema
    def only_a_known_answer_is_emptied(self, data: Any, **_: Any) -> None:
        if data["value"] is None and "version" not in data:
            raise ValidationError(NEEDED, "value")


class AnswersForm(Form):
    """Answers by clause (null takes one back) and facts; what is not named stays as it is.

    `facts_seen`: facts as last read; one that says something else by now is a conflict, as an answer's `version` is.
    """

    answers = fields.Dict(
        keys=fields.String(validate=validate.Length(max=60)),
        values=fields.Nested(AnswerForm, allow_none=True),
        load_default=dict,
        validate=validate.Length(max=500, error=N_("At most {max} answers at a time.")),
    )
    facts = _facts(load_default=dict)
    facts_seen = _facts(load_default=dict)


class ReturnForm(Form):
    """Why an assessment goes back to its authors."""

    reason = Trimmed(500, required=True)


def _clauses(longest: int) -> fields.List:
    return fields.List(
        Trimmed(longest, required=True),
        required=True,
        validate=validate.Length(min=1, max=30, error=N_("Choose from {min} to {max} clauses.")),
        error_messages={"required": NEEDED, "null": NEEDED, "invalid": N_("This must be a list.")},
    )


class GapsForm(Form):
    """The clauses for which a State asks for help."""

    clauses = _clauses(60)


class BundleForm(Form):
    """Clauses of any standards for which a State asks for help at once, each as `<standard>#<clause>`."""

    clauses = _clauses(121)
