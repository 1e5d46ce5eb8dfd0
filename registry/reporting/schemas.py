"""The gate for reports. What depends on the template (is this a number?) is judged in judging.py, by the same paths."""

from marshmallow import fields, validate

from registry.compliance.indicators.schemas import Day
from registry.compliance.schemas import NEEDED, Form, StateCode, Trimmed
from registry.errors import N_

MOST_ROWS, LONGEST = 500, 20_000


class BeginForm(Form):
    """Which report, on which period; without one, the years before the next due day. `state` may be left out."""

    state = StateCode(load_default=None, allow_none=True)
    template = Trimmed(40, required=True)
    period_start = Day(load_default=None, allow_none=True)
    period_end = Day(load_default=None, allow_none=True)


class OwnForm(Form):
    """What the State writes itself at one entry."""

    text = Trimmed(LONGEST, load_default="", metadata={"description": "words, or the number or day asked for"})
    replaces = fields.Boolean(
        load_default=False, metadata={"description": "in place of what is pre-filled, else beside it"}
    )
    rows = fields.List(
        fields.Dict(keys=fields.String(), values=Trimmed(2000)),
        load_default=list,
        validate=validate.Length(max=MOST_ROWS, error=N_("At most {max} rows.")),
        metadata={"description": "of a table: column → value"},
    )
    none = fields.Boolean(load_default=False, metadata={"description": "there is nothing to report"})


class FillForm(Form):
    """Own words by entry (null takes them back) and the period; what is not named stays."""

    entries = fields.Dict(
        keys=fields.String(), values=fields.Nested(OwnForm, allow_none=True), load_default=dict,
        validate=validate.Length(max=300, error=N_("At most {max} entries at a time.")),
    )  # fmt: skip
    period_start = Day(load_default=None, allow_none=True)
    period_end = Day(load_default=None, allow_none=True)


class SubmitForm(Form):
    """When the report was filed, and where it can be read; without that, its number in this registry is noted."""

    on = Day(required=True, error_messages={"required": NEEDED, "null": NEEDED})
    source = Trimmed(500, load_default="", metadata={"description": "a link or a document's symbol"})
