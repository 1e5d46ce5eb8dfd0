"""The gate for the ledger: what a proposal and each act says. Amounts as elsewhere in matching/fields.py."""

from typing import Any

from marshmallow import fields, pre_load

from registry.errors import N_
from registry.matching.fields import Amount, Choice, Day, Text, read_written
from registry.matching.ledger.rules import DECLINE_REASONS, MET
from registry.matching.models import ASSISTANCE_TYPES
from registry.matching.schemas import Form
from registry.schemas import RecordId

NEEDED: dict[str, Any] = {"required": N_("This is needed."), "null": N_("This is needed.")}


class WithAmount(Form):
    """Reads what a person typed as an amount."""

    @pre_load
    def read(self, data: Any, **_: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return read_written(data, ("amount",))


class ProposalForm(WithAmount):
    """A proposal. Without an amount it is in kind; the currency is the offer's."""

    need_id = RecordId(required=True, error_messages=NEEDED)
    offer_id = RecordId(required=True, error_messages=NEEDED)
    amount = Amount(load_default=None, allow_none=True)
    currency = fields.String(load_default=None, allow_none=True)
    type = Choice(ASSISTANCE_TYPES, load_default=None, allow_none=True)
    text = Text(5000, lines=True, load_default="", allow_none=True)


class WordsForm(Form):
    """A question or an answer."""

    text = Text(5000, lines=True, required=True)


class MaybeWordsForm(Form):
    """Something may be said with it."""

    text = Text(5000, lines=True, load_default="", allow_none=True)


class DeclineForm(MaybeWordsForm):
    """Why not: a code that is counted, and words."""

    reason = Choice(tuple(DECLINE_REASONS), required=True)


class LinkForm(MaybeWordsForm):
    """The programme that came of it; where it is another State's or another organisation's, the words say why."""

    programme_id = RecordId(required=True, error_messages=NEEDED)


class PaymentForm(WithAmount):
    """What was paid or received, and when; without an amount where the proposal is in kind."""

    amount = Amount(load_default=None, allow_none=True)
    currency = fields.String(load_default=None, allow_none=True)
    on = Day(required=True, error_messages=NEEDED)
    text = Text(5000, lines=True, load_default="", allow_none=True)


class ReduceForm(WithAmount):
    """What the commitment is from now on; without an amount: what was paid or received, the rest is called off."""

    amount = Amount(load_default=None, allow_none=True)
    currency = fields.String(load_default=None, allow_none=True)
    reason = Choice(tuple(DECLINE_REASONS), required=True)
    text = Text(5000, lines=True, load_default="", allow_none=True)


class ReverseForm(Form):
    """Which payment or delivery was entered wrongly (its step), and why."""

    step_id = RecordId(required=True, error_messages=NEEDED)
    text = Text(5000, lines=True, required=True, error_messages=NEEDED)


class ReasonedForm(Form):
    """Why."""

    text = Text(5000, lines=True, required=True, error_messages=NEEDED)


class MetForm(MaybeWordsForm):
    """Whether the need was met."""

    reason = Choice(tuple(MET), required=True)
