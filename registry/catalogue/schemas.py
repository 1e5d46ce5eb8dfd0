"""Forms of the catalogue: what comes in for programmes and organisations, and what lists give out."""

from typing import Any

from marshmallow import Schema, fields, validate

from registry.catalogue.document_parts import list_of, narratives, text
from registry.catalogue.document_schema import ProgrammeDocumentSchema
from registry.catalogue.fields import Code, Known, theme
from registry.catalogue.models import VISIBILITIES
from registry.catalogue.reference import LANGUAGES, states
from registry.errors import N_
from registry.schemas import RecordId


def _visibility() -> fields.String:
    return fields.String(validate=validate.OneOf(VISIBILITIES, error=N_("Choose one of: {choices}.")))


class ProgrammeDocumentCreateSchema(ProgrammeDocumentSchema):
    """The document of a new programme: whoever enters it gives it a title."""

    title = narratives(required=True)


class ProgrammeCreateSchema(Schema):
    """A programme entered by a person or a partner's machine."""

    document = fields.Nested(ProgrammeDocumentCreateSchema, required=True)
    themes = list_of(theme(), 20)
    visibility = _visibility()


class ProgrammeDocumentPatchSchema(ProgrammeDocumentSchema):
    """Some fields of a document; a null takes the field away."""

    def on_bind_field(self, field_name: str, field_obj: fields.Field) -> None:
        """Nothing is required of a change, and all but the title may be taken away."""
        field_obj.required = False
        field_obj.allow_none = field_name != "title"


class ProgrammePatchSchema(Schema):
    """A change to a programme: only what is given changes."""

    document = fields.Nested(ProgrammeDocumentPatchSchema)
    themes = list_of(theme(), 20)
    visibility = _visibility()


class OrganisationCreateSchema(Schema):
    """An organisation."""

    name = text(500, required=True)
    names = fields.Dict(
        keys=fields.String(validate=validate.OneOf(LANGUAGES, error=N_("Choose one of: {choices}."))), values=text(500)
    )
    acronym = text(40, allow_none=True)
    kind = Code("OrganisationType", allow_none=True)
    state = Known(states, allow_none=True, error_messages={"known": N_("This is not the code of a State (alpha-3).")})
    description = fields.String(validate=validate.Length(max=20_000, error=N_("At most {max} characters.")))
    website = fields.URL(
        schemes={"http", "https"}, allow_none=True, error_messages={"invalid": N_("This is not an address.")}
    )
    identifiers = list_of(text(200), 20)


class OrganisationPatchSchema(OrganisationCreateSchema):
    """A change to an organisation: only what is given changes."""

    def on_bind_field(self, field_name: str, field_obj: fields.Field) -> None:
        """Nothing is required of a change."""
        field_obj.required = False


class MandateForm(Schema):
    """That an organisation reports for another."""

    reported_id = RecordId(required=True, metadata={"description": "the organisation reported for"})
    reason = text(1000, required=True)


class MandateSchema(Schema):
    """A mandate as lists show it; `revoked_at` null: in force."""

    id = fields.Integer()
    reported_id = fields.Integer()
    reported_name = fields.String()
    reason = fields.String()
    entered_at = fields.AwareDateTime()
    revoked_at = fields.AwareDateTime(allow_none=True)


class MandateListSchema(Schema):
    """Whom an organisation reports for."""

    items = fields.List(fields.Nested(MandateSchema))


class ProgrammeRowSchema(Schema):
    """A programme as lists show it. Amounts are US cents; null is unknown."""

    id = fields.Integer()
    iati_identifier = fields.String()
    derived_identifier = fields.Boolean()
    title = fields.String()
    title_language = fields.String()
    status = fields.String(allow_none=True)
    start_date = fields.String(allow_none=True)
    end_date = fields.String(allow_none=True)
    reporting_organisation_id = fields.Integer(allow_none=True)
    reporting_name = fields.String()
    countries = fields.List(fields.String())
    themes = fields.List(fields.String())
    default_currency = fields.String(allow_none=True)
    budget_usd = fields.Integer(allow_none=True, metadata={"description": "US cents"})
    commitment_usd = fields.Integer(allow_none=True, metadata={"description": "US cents"})
    disbursement_usd = fields.Integer(allow_none=True, metadata={"description": "US cents"})
    relevance = fields.String()
    visibility = fields.String()
    source = fields.String()
    version = fields.Integer()
    updated_at = fields.AwareDateTime()
    sources = fields.Integer(metadata={"description": "records of this programme that it stands for, itself too"})
    lead_id = fields.Integer(
        allow_none=True, metadata={"description": "the programme that stands for this one in lists; null: itself"}
    )


class FacetCountSchema(Schema):
    """How many programmes carry a value."""

    value = fields.String()
    label = fields.String()
    count = fields.Integer()


class RateSchema(Schema):
    """A rate a total rests on."""

    currency = fields.String()
    usd_per_unit = fields.String()
    date = fields.String()
    source = fields.String()
    checked = fields.Boolean()


class TotalSchema(Schema):
    """A total in US cents; null is unknown. `unconverted` amounts are left out of it."""

    usd = fields.Integer(allow_none=True)
    counted = fields.Integer()
    unconverted = fields.Integer()
    rates = fields.List(fields.Nested(RateSchema))


class ProvenanceSchema(Schema):
    """Where a field comes from."""

    source = fields.String()
    at = fields.AwareDateTime()
    user_id = fields.Integer(allow_none=True)


class LeftOutSchema(Schema):
    """An amount that no sum takes, so that money counts once."""

    measure = fields.String(metadata={"description": "`budget`, `commitment` or `disbursement`"})
    reason = fields.String(metadata={"description": "`part` of the programme `counted_id`, or `passed_on`"})
    counted_id = fields.Integer(allow_none=True)


class ProgrammeSchema(ProgrammeRowSchema):
    """A programme whole."""

    created_at = fields.AwareDateTime()
    source_updated_at = fields.AwareDateTime(allow_none=True)
    archived_at = fields.AwareDateTime(allow_none=True)
    archived_reason = fields.String(allow_none=True)
    document = fields.Nested(ProgrammeDocumentSchema)
    totals = fields.Dict(keys=fields.String(), values=fields.Nested(TotalSchema))
    left_out = fields.List(fields.Nested(LeftOutSchema))
    shares = fields.Dict(
        keys=fields.String(),
        values=fields.Float(allow_none=True),
        metadata={"description": "alpha-3 → part 0..1 of the programme; null: the source does not say"},
    )
    unknown_countries = fields.List(fields.String(), metadata={"description": "codes that name no country"})
    provenance = fields.Dict(keys=fields.String(), values=fields.Nested(ProvenanceSchema))
    links = fields.Dict(keys=fields.String(), values=fields.String())


class SaidSchema(ProvenanceSchema):
    """A value as one source says it."""

    value = fields.Raw(allow_none=True)
    programme_id = fields.Integer()
    priority = fields.Integer(metadata={"description": "how much the source counts; a person's edit counts most"})
    edit = fields.Boolean(metadata={"description": "a person's value over the source's own"})


class FieldSourcesSchema(Schema):
    """The value in force (null: this record does not say), who says the same, what others say instead."""

    in_force = fields.Nested(SaidSchema, allow_none=True)
    agreeing = fields.List(fields.Nested(SaidSchema))
    others = fields.List(fields.Nested(SaidSchema))


class SourceRecordSchema(Schema):
    """A record of the programme."""

    id = fields.Integer()
    title = fields.String()
    title_language = fields.String()
    iati_identifier = fields.String()
    source = fields.String()
    priority = fields.Integer()
    leading = fields.Boolean()
    read_at = fields.AwareDateTime()


class ProgrammeSourcesSchema(Schema):
    """Who says what of a programme."""

    leading = fields.Integer(metadata={"description": "the record that lists show"})
    records = fields.List(fields.Nested(SourceRecordSchema))
    fields_ = fields.Dict(keys=fields.String(), values=fields.Nested(FieldSourcesSchema), data_key="fields")


class OrganisationRowSchema(Schema):
    """An organisation as lists show it."""

    id = fields.Integer()
    name = fields.String()
    names = fields.Dict(keys=fields.String(), values=fields.String())
    acronym = fields.String(allow_none=True)
    kind = fields.String(allow_none=True)
    state = fields.String(allow_none=True)
    website = fields.String(allow_none=True)
    source = fields.String()
    version = fields.Integer()
    created_at = fields.AwareDateTime()
    updated_at = fields.AwareDateTime()
    sources = fields.Integer(metadata={"description": "records of this organisation that it stands for, itself too"})
    lead_id = fields.Integer(
        allow_none=True, metadata={"description": "the organisation that stands for this one in lists; null: itself"}
    )


class OrganisationSchema(OrganisationRowSchema):
    """An organisation whole."""

    description = fields.String()
    identifiers = fields.List(fields.String())
    archived_at = fields.AwareDateTime(allow_none=True)
    links = fields.Dict(keys=fields.String(), values=fields.String())


_ROW_FIELDS = tuple(ProgrammeRowSchema().fields)


class RegionSchema(Schema):
    """A region of M49."""

    code = fields.String()
    names = fields.Dict(keys=fields.String(), values=fields.String())


class StateSchema(Schema):
    """A Member or observer State of the United Nations, with its short names."""

    alpha3 = fields.String()
    alpha2 = fields.String()
    m49 = fields.String()
    kind = fields.String(metadata={"description": "`member` or `observer`"})
    names = fields.Dict(keys=fields.String(), values=fields.String())
    region = fields.Nested(RegionSchema)
    ldc = fields.Boolean(metadata={"description": "least developed country"})
    lldc = fields.Boolean(metadata={"description": "landlocked developing country"})
    sids = fields.Boolean(metadata={"description": "small island developing State"})
    oda = fields.Boolean(metadata={"description": "on the DAC List of ODA Recipients"})
    programmes = fields.Integer(metadata={"description": "programmes in force that name this State"})


class VersionSchema(Schema):
    """One step in a record's history."""

    version = fields.Integer()
    at = fields.AwareDateTime()
    actor = fields.String()
    changes = fields.Dict(keys=fields.String(), values=fields.List(fields.Raw(allow_none=True)))


class HistorySchema(Schema):
    """A record's history, newest first."""

    items = fields.List(fields.Nested(VersionSchema))


def programme_row(row: Any) -> dict[str, Any]:
    """A list's row as ProgrammeRowSchema would dump it, without marshmallow: for long lists."""
    # The row begins with these columns; what a list sorts by stands behind them.
    values = dict(zip(_ROW_FIELDS, row, strict=False))
    values["countries"] = values["countries"].split()
    values["themes"] = values["themes"].split()
    return values
