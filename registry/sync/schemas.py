"""The gate for feeds and verdicts: what may come in, from the API, pages and commands alike."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates

from registry.catalogue.same_as.rules import HIGHEST_SET, OTHER_FEED, OWN_FEED
from registry.errors import N_
from registry.outbound.urls import FetchFailed, check_url
from registry.schemas import Patch, RecordId
from registry.sync.adapters import ADAPTERS
from registry.sync.holds import REFUSE, RELEASE
from registry.sync.models import SCOPES

VERDICTS = ("keep", "ignore")
DECISIONS = {"release": RELEASE, "refuse": REFUSE}


class FeedForm(Schema):
    """A feed as somebody enters it."""

    name = fields.String(
        required=True,
        validate=validate.Length(min=1, max=200, error=N_("This must have between {min} and {max} characters.")),
    )
    adapter = fields.String(
        load_default="iati",
        validate=validate.OneOf(ADAPTERS, error=N_("This must be one of: {choices}.")),
        metadata={"description": "the format that the partner publishes"},
    )
    url = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=2000, error=N_("At most {max} characters.")),
        metadata={"description": "null: filled from files only"},
    )
    scope = fields.String(
        load_default="relevant",
        validate=validate.OneOf(SCOPES, error=N_("This must be one of: {choices}.")),
        metadata={"description": "`relevant`: what is about small arms; `all`: everything"},
    )
    every_minutes = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, 525_600, error=N_("This must be a whole number from {min} to {max}.")),
        metadata={"description": "null: by hand only"},
    )
    organisation_id = RecordId(load_default=None, allow_none=True)
    priority = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, HIGHEST_SET, error=N_("This must be a whole number from {min} to {max}.")),
        metadata={
            "description": "how much its word counts where several sources speak of one programme, the highest first; "
            f"null: {OWN_FEED} for programmes that the feed's own organisation reports, else {OTHER_FEED}"
        },
    )
    enabled = fields.Boolean(load_default=True)
    config = fields.Dict(
        keys=fields.String(),
        load_default=dict,
        metadata={
            "description": "what the format needs to know: see docs/adapters.md. Checked by the format's own rules"
        },
    )

    @validates("url")
    def _check_url(self, value: str | None, **_: Any) -> None:
        try:
            if value is not None:
                check_url(value)
        except FetchFailed as error:
            raise ValidationError(str(error)) from None


class FeedPatch(Patch, FeedForm):
    """A change to a feed: what is left out stays. The format of a feed cannot change: its records would be others."""

    class Meta:
        exclude = ("adapter",)


class VerdictForm(Schema):
    """A person's word on one remote record, over the classification; null takes it back."""

    verdict = fields.String(
        required=True,
        allow_none=True,
        validate=validate.OneOf(VERDICTS, error=N_("This must be one of: {choices}.")),
    )


class HoldForm(Schema):
    """A person's answer to what the brake asks: `release` lets the missing records go, `refuse` keeps them."""

    decision = fields.String(
        required=True, validate=validate.OneOf(list(DECISIONS), error=N_("This must be one of: {choices}."))
    )
    reason = fields.String(
        load_default="",
        validate=validate.Length(max=500, error=N_("At most {max} characters.")),
        metadata={"description": "for whoever asks later; required to refuse"},
    )
