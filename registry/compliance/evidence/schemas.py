"""The gate for evidence: what comes beside the file, by page or API."""

from marshmallow import fields, validate

from registry.compliance.evidence.models import STATE_ONLY, VISIBILITIES
from registry.compliance.participation.schemas import Day
from registry.compliance.schemas import Form, Trimmed
from registry.errors import N_


class EvidenceForm(Form):
    """One piece of evidence: a file (sent beside this), a link, or a document's title."""

    clause = Trimmed(60, required=True)
    title = Trimmed(300, load_default="", metadata={"description": "left out: the file's name or the link"})
    url = Trimmed(2000, load_default="", metadata={"description": "http or https, without name and password"})
    expires_on = Day(metadata={"description": "the last day on which it proves anything"})
    visibility = fields.String(
        load_default=STATE_ONLY,
        validate=validate.OneOf(VISIBILITIES, error=N_("This must be one of: {choices}.")),
        metadata={"description": "public: everybody sees it once the assessment is published"},
    )
