"""Shapes of needs, offers and matches as the API shows them, for its description. A test compares them with answers."""

from marshmallow import Schema, fields

from registry.api.forms import Described
from registry.matching.schemas import (
    ClosingForm,
    NeedForm,
    NeedRenewalForm,
    OfferForm,
    OfferRenewalForm,
    ReasonForm,
)


class NeedBody(Described, NeedForm):
    """A need as it is entered: state and title suffice for a draft. Amounts are minor units."""


class NeedPatch(Described, NeedForm):
    """Fields of a need to change; lists are replaced whole."""


class NeedRenewal(Described, NeedRenewalForm):
    """The new window of a withdrawn or expired need."""


class OfferBody(Described, OfferForm):
    """An offer as it is entered. Amounts are minor units of its one currency."""


class OfferPatch(Described, OfferForm):
    """Fields of an offer to change; lists are replaced whole."""


class OfferRenewal(Described, OfferRenewalForm):
    """The new window or expiry of a withdrawn or expired offer."""


class Reason(Described, ReasonForm):
    """Why it is withdrawn."""


class Closing(Described, ClosingForm):
    """Why it is closed."""


class Rate(Schema):
    """The rate by which amounts were converted to US dollars."""

    currency = fields.String(required=True)
    usd_per_unit = fields.String(required=True)
    rate_date = fields.String(required=True)
    source = fields.String(required=True)
    checked = fields.Boolean(required=True)


class Asked(Schema):
    """What is asked in one currency, in minor units."""

    currency = fields.String(required=True)
    amount = fields.Integer(required=True)


class Ledger(Schema):
    """What a need asks; `unknown_lines` state no amount, or none that can be converted."""

    asked = fields.List(fields.Nested(Asked), required=True)
    asked_usd_cents = fields.Integer(required=True, allow_none=True)
    unknown_lines = fields.Integer(required=True)
    rates = fields.List(fields.Nested(Rate), required=True)


class Kept(Schema):
    """What the registry adds to every need and offer."""

    id = fields.Integer(required=True)
    version = fields.Integer(required=True)
    status = fields.String(required=True)
    status_reason = fields.String(required=True, allow_none=True)
    opened_at = fields.AwareDateTime(required=True, allow_none=True)
    closed_at = fields.AwareDateTime(required=True, allow_none=True)
    created_at = fields.AwareDateTime(required=True)
    updated_at = fields.AwareDateTime(required=True)


class NeedDocument(Kept, NeedForm):
    """A need with its status, version and ledger."""

    state_name = fields.String(required=True)
    types = fields.List(fields.String(), required=True)
    ledger = fields.Nested(Ledger, required=True)


class OfferDocument(Kept, OfferForm):
    """An offer with its status and version, and its amounts in US cents."""

    class Meta:
        exclude = ("organisation",)

    organisation_name = fields.String(required=True)
    budget_usd_cents = fields.Integer(required=True, allow_none=True)
    min_grant_usd_cents = fields.Integer(required=True, allow_none=True)
    max_grant_usd_cents = fields.Integer(required=True, allow_none=True)
    rate = fields.Nested(Rate, required=True, allow_none=True)


class Version(Schema):
    """What one version changed: field → [before, after]."""

    version = fields.Integer(required=True)
    at = fields.AwareDateTime(required=True)
    actor = fields.String(required=True)
    changes = fields.Dict(required=True)


class History(Schema):
    """The latest versions, newest first."""

    items = fields.List(fields.Nested(Version), required=True)


class Evidence(Schema):
    """What each side says, and a sentence: `text` is `message` filled with `params`."""

    need = fields.Dict(required=True)
    offer = fields.Dict(required=True)
    message = fields.String(required=True)
    params = fields.Dict(required=True)
    text = fields.String(required=True)


class ScorePart(Schema):
    """One part of a score: points = weight x value, to six decimals; all points sum to the score."""

    feature = fields.String(required=True)
    value = fields.Float(required=True)
    weight = fields.Float(required=True)
    points = fields.Float(required=True)
    evidence = fields.Nested(Evidence, required=True)


class MatchDocument(Schema):
    """An eligible pair with its score and why."""

    id = fields.Integer(required=True)
    need_id = fields.Integer(required=True)
    offer_id = fields.Integer(required=True)
    score = fields.Float(required=True)
    parts = fields.List(fields.Nested(ScorePart), required=True)
    weights_version = fields.String(required=True)
    computed_at = fields.AwareDateTime(required=True)
    need_title = fields.String(required=True)
    need_language = fields.String(required=True)
    state = fields.String(required=True)
    priority = fields.String(required=True)
    offer_title = fields.String(required=True)
    offer_language = fields.String(required=True)
    organisation_id = fields.Integer(required=True)
    organisation_name = fields.String(required=True)


class MatchList(Schema):
    """The best matches, best first."""

    items = fields.List(fields.Nested(MatchDocument), required=True)


class MatchBlock(Schema):
    """One reason against a pair, the fields that say so, and what would lift it."""

    code = fields.String(required=True)
    message = fields.String(required=True)
    unblock = fields.String(required=True)
    held = fields.Boolean(metadata={"description": "an act here can lift it: a checklist, a decision on a name"})
    params = fields.Dict(required=True)
    text = fields.String(required=True)
    unblock_text = fields.String(required=True)
    need_field = fields.String(required=True, allow_none=True)
    offer_field = fields.String(required=True, allow_none=True)


class MatchChange(Schema):
    """One thing that would raise the score."""

    code = fields.String(required=True)
    side = fields.String(required=True, metadata={"description": "need or offer: whose it is to change"})
    message = fields.String(required=True)
    params = fields.Dict(required=True)
    text = fields.String(required=True)
    gain = fields.Float(required=True)
    score = fields.Float(required=True, metadata={"description": "what the score would be"})


class Explanation(Schema):
    """Why a pair matches, or why not; the score of a blocked pair is what it would be."""

    need_id = fields.Integer(required=True)
    offer_id = fields.Integer(required=True)
    eligible = fields.Boolean(required=True)
    blocks = fields.List(fields.Nested(MatchBlock), required=True)
    score = fields.Float(required=True)
    parts = fields.List(fields.Nested(ScorePart), required=True)
    changes = fields.List(
        fields.Nested(MatchChange),
        required=True,
        metadata={"description": "what would raise the score, the most first"},
    )
    weights_version = fields.String(required=True)
    computed_at = fields.AwareDateTime(required=True)


class WeightsDocument(Schema):
    """The weights in force."""

    version = fields.String(required=True)
    weights = fields.Dict(keys=fields.String(), values=fields.Float(), required=True)
    geography = fields.Dict(keys=fields.String(), values=fields.Float(), required=True)
    waiting_months = fields.Float(required=True)
    min_overlap_months = fields.Float(required=True)
    neutral = fields.Float(required=True)
