"""The gate for accounts: what a user and a token may look like when they come in."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, pre_load, validate, validates_schema

from registry.accounts.models import ROLES
from registry.accounts.roles import GIVERS, SCOPES
from registry.errors import N_
from registry.schemas import RecordId

LONGEST_DAYS = 366
_DAYS = N_("From 1 to 366 days are possible.")


def normal_email(text: str) -> str:
    """An e-mail address as accounts are looked up by: without spaces around it, in lower case."""
    return text.strip().lower()


class UserForm(Schema):
    """A person's account. Whether the State exists is for the doors to say: its table lives on a higher floor."""

    email = fields.String(
        required=True,
        validate=[
            validate.Length(max=254),
            validate.Regexp(r"[^@\s]+@[^@\s]+\.[^@\s.]+\Z", error=N_("This is not an e-mail address.")),
        ],
    )
    name = fields.String(required=True, validate=validate.Length(1, 200))
    role = fields.String(required=True, validate=validate.OneOf(ROLES, error=N_("There is no such role.")))
    state = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Regexp(r"[A-Z]{3}\Z", error=N_("A State is named by its three-letter code, such as KEN.")),
    )
    organisation_id = RecordId(load_default=None, allow_none=True)

    @pre_load
    def _normalise(self, data: Any, **_: Any) -> Any:
        if not isinstance(data, dict):
            return data
        trimmed = {name: value.strip() if isinstance(value, str) else value for name, value in data.items()}
        if isinstance(trimmed.get("email"), str):
            trimmed["email"] = normal_email(trimmed["email"])
        return trimmed

    @validates_schema
    def _fit_role(self, data: dict[str, Any], **_: Any) -> None:
        role = data["role"]
        errors = {}
        if role == "state" and data["state"] is None:
            errors["state"] = [N_("An account of role “state” names its State.")]
        if role != "state" and data["state"] is not None:
            errors["state"] = [N_("Only an account of role “state” has a State.")]
        if role in GIVERS and data["organisation_id"] is None:
            errors["organisation_id"] = [N_("An account of a donor or agency names its organisation.")]
        if role not in GIVERS and data["organisation_id"] is not None:
            errors["organisation_id"] = [N_("Only an account of a donor or agency has an organisation.")]
        if errors:
            raise ValidationError(errors)


class TokenForm(Schema):
    """A machine token: what it is called, what it may do, for how many days."""

    name = fields.String(
        required=True, validate=validate.Length(1, 100, error=N_("Give it a name, up to 100 letters."))
    )
    scopes = fields.List(
        fields.String(validate=validate.OneOf(SCOPES, error=N_("There is no such scope."))),
        required=True,
        validate=validate.Length(min=1, error=N_("Choose at least one scope.")),
    )
    days = fields.Integer(
        load_default=90,
        validate=validate.Range(1, LONGEST_DAYS, error=_DAYS),
        error_messages={"invalid": _DAYS},
    )

    @pre_load
    def _trim(self, data: Any, **_: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("name"), str):
            return {**data, "name": data["name"].strip()}
        return data

    @post_load
    def _order(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**data, "scopes": sorted(set(data["scopes"]))}
