"""The gate for judgements, from the API, pages and commands alike."""

from marshmallow import Schema, fields, validate

from registry.catalogue.same_as.models import KINDS, VERDICTS
from registry.errors import N_
from registry.schemas import RecordId

_REASON = validate.Length(max=1000, error=N_("At most {max} characters."))


class VerdictForm(Schema):
    """A person's word on a pair; null takes it back."""

    verdict = fields.String(
        required=True, allow_none=True, validate=validate.OneOf(VERDICTS, error=N_("Choose one of: {choices}."))
    )
    reason = fields.String(load_default="", validate=_REASON, metadata={"description": "why; it stands in the history"})


class JudgementForm(Schema):
    """A person's word on any two records of a kind."""

    kind = fields.String(required=True, validate=validate.OneOf(KINDS, error=N_("Choose one of: {choices}.")))
    first_id = RecordId(required=True)
    second_id = RecordId(required=True)
    verdict = fields.String(required=True, validate=validate.OneOf(VERDICTS, error=N_("Choose one of: {choices}.")))
    reason = fields.String(load_default="", validate=_REASON)
