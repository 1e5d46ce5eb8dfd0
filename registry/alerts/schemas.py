"""The gate for saved searches: what may come in, from the API, pages and commands alike."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from registry.alerts.models import DELIVERIES, IN_APP
from registry.alerts.queries import KINDS
from registry.catalogue.reference import places, resolve_state
from registry.errors import N_
from registry.matching.fields import Text
from registry.schemas import Patch

MOST_VALUES = 50
_ONE_OF = N_("This must be one of: {choices}.")


class SavedSearchForm(Schema):
    """A search as somebody saves it."""

    name = Text(100, required=True, metadata={"description": "what it is called in notices and e-mails"})
    kind = fields.String(
        required=True,
        validate=validate.OneOf(list(KINDS), error=_ONE_OF),
        metadata={"description": "which list is searched"},
    )
    q = Text(500, load_default="", metadata={"description": "words that must occur, as in the list"})
    filters = fields.Dict(
        keys=fields.String(),
        values=fields.List(
            fields.String(validate=validate.Length(1, 200, error=N_("From {min} to {max} characters."))),
            validate=validate.Length(max=MOST_VALUES, error=N_("At most {max} values.")),
        ),
        load_default=dict,
        metadata={"description": "the list's filters: name → values, any of which will do"},
    )
    delivery = fields.String(
        load_default=IN_APP,
        validate=validate.OneOf(DELIVERIES, error=_ONE_OF),
        metadata={"description": "the notice in the app comes in any case; the others add an e-mail"},
    )

    @validates_schema
    def _check_filters(self, data: dict[str, Any], **_: Any) -> None:
        kind, values = data.get("kind"), data.get("filters") or {}
        if kind is None and values:
            raise ValidationError({"filters": [N_("Say of which list (kind) these are the filters.")]})
        check_filters(str(kind), values)


def check_filters(kind: str, values: dict[str, list[str]]) -> None:
    """Raises ValidationError for filters that the list of this kind does not have, or that name no place."""
    errors: dict[str, dict[str, list[str]]] = {}
    for name, given in values.items():
        if name not in KINDS[kind].names:
            errors[name] = {"key": [N_("There is no such filter.")]}
        elif name == "state" and any(resolve_state(text) is None for text in given):
            errors[name] = {"value": [N_("There is no such State.")]}
        elif name == "region" and any(code not in places() for code in given):
            errors[name] = {"value": [N_("There is no such region.")]}
    if errors:
        raise ValidationError({"filters": errors})


class SavedSearchPatch(Patch):
    """A change: what is left out stays. What is searched for cannot change: that is another search."""

    name = Text(100, required=True)
    delivery = fields.String(validate=validate.OneOf(DELIVERIES, error=_ONE_OF))
