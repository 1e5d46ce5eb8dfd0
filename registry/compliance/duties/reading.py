"""standards/duties.yaml: which reports are due by which rule, each with its source."""

from datetime import date
from functools import cache
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from registry.compliance.duties.rules import Duty
from registry.errors import ConfigurationError
from registry.settings import data_path
from registry.yaml_files.parsing import parse

FILE = "duties.yaml"
_DAY = validate.Regexp(r"\d{4}-\d{2}-\d{2}\Z")


class DutySchema(Schema):
    """One duty of standards/duties.yaml."""

    id = fields.String(required=True, validate=validate.Regexp(r"[a-z0-9-]{1,60}\Z"))
    instrument = fields.String(required=True)
    title = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    who = fields.String(required=True, validate=validate.OneOf(("all", "parties")))
    every_years = fields.Integer(validate=validate.Range(1, 10))
    in_years = fields.String(validate=validate.OneOf(("even",)))
    due = fields.String(validate=validate.Regexp(r"\d{2}-\d{2}\Z"))
    fixed_day = fields.Boolean(load_default=True)
    once_months_after_entry = fields.Integer(validate=validate.Range(1, 120))
    in_force = fields.String(validate=_DAY)
    entry_days = fields.Integer(load_default=0, validate=validate.Range(0, 1000))
    invited_by = fields.String()
    source = fields.String(required=True)
    checked = fields.Boolean(required=True)


@cache
def duties() -> dict[str, tuple[Duty, dict[str, Any]]]:
    """Id → (rule, what the file says besides). Raises ConfigurationError naming what does not fit."""
    document, _lines = parse((data_path("standards") / FILE).read_text(encoding="utf-8"))
    found: dict[str, tuple[Duty, dict[str, Any]]] = {}
    for item in document["duties"]:
        try:
            said = DutySchema().load(item)
        except ValidationError as error:
            raise ConfigurationError(f"{FILE}: {item.get('id')}: {error}") from None
        if said["id"] in found:
            raise ConfigurationError(f"{FILE}: the duty {said['id']} stands twice.")
        month, day = map(int, said.get("due", "12-31").split("-"))
        duty = Duty(
            said["id"], said["instrument"], said["who"], month, day, said.get("every_years"),
            said.get("in_years") == "even", said.get("once_months_after_entry"),
            date.fromisoformat(said["in_force"]) if "in_force" in said else None, said["entry_days"],
            "invited_by" in said,
        )  # fmt: skip
        found[duty.id] = duty, said
    return found
