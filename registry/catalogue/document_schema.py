"""The programme document as a person or partner may send it: docs/programme-document.md as a marshmallow schema.

Feeds have a gate of their own that takes what real files hold; this one is for what people write and can correct.
"""

from marshmallow import Schema, fields, validate

from registry.catalogue.document_parts import (
    CodedShareSchema,
    CountrySchema,
    DocumentLinkSchema,
    OrgSchema,
    ValueSchema,
    VocabularyCodeSchema,
    list_of,
    narratives,
    percentage,
    text,
)
from registry.catalogue.document_results import ResultSchema
from registry.catalogue.fields import Code, IsoDate, currency
from registry.errors import N_


class ReportingOrgSchema(OrgSchema):
    """Who reports the programme."""

    secondary_reporter = fields.Boolean()


class ParticipatingOrgSchema(OrgSchema):
    """An organisation with its role."""

    role = Code("OrganisationRole", required=True)
    crs_channel_code = text(10)


class DescriptionSchema(Schema):
    """A description of one type."""

    type = Code("DescriptionType")
    narratives = narratives(required=True)


class OtherIdentifierSchema(Schema):
    """Another identifier of the same programme."""

    ref = text(required=True)
    type = Code("OtherIdentifierType")
    owner_org = fields.Nested(OrgSchema)


class ActivityDateSchema(Schema):
    """A planned or actual start or end."""

    type = Code("ActivityDateType", required=True)
    date = IsoDate(required=True)
    narratives = narratives()


class ContactSchema(Schema):
    """Whom to ask."""

    type = text(4)
    organisation = narratives()
    department = narratives()
    person = narratives()
    job_title = narratives()
    telephone = text(100)
    email = fields.Email(error_messages={"invalid": N_("This is not an e-mail address.")})
    website = text(2000)
    address = narratives()


class AdministrativeSchema(VocabularyCodeSchema):
    """An administrative unit."""

    level = text(10)


class LocationSchema(Schema):
    """A place."""

    ref = text()
    reach = Code("GeographicLocationReach")
    ids = list_of(VocabularyCodeSchema)
    name = narratives()
    description = narratives()
    activity_description = narratives()
    administrative = list_of(AdministrativeSchema)
    lat = fields.Float(validate=validate.Range(-90, 90, error=N_("This must be from {min} to {max}.")))
    lon = fields.Float(validate=validate.Range(-180, 180, error=N_("This must be from {min} to {max}.")))
    exactness = Code("GeographicExactness")
    location_class = Code("GeographicLocationClass", data_key="class", attribute="class")
    feature = text(10)


class TagSchema(VocabularyCodeSchema):
    """A tag."""

    vocabulary_uri = text(2000)
    narratives = narratives()


class PolicyMarkerSchema(VocabularyCodeSchema):
    """A policy marker, such as 1 (gender equality), and how much it is aimed at."""

    vocabulary_uri = text(2000)
    significance = Code("PolicySignificance")
    narratives = narratives()


class HumanitarianScopeSchema(VocabularyCodeSchema):
    """An emergency or appeal the programme belongs to."""

    type = Code("HumanitarianScopeType")
    vocabulary_uri = text(2000)
    narratives = narratives()


class BudgetSchema(Schema):
    """A budget of one period."""

    type = Code("BudgetType")
    status = Code("BudgetStatus")
    period_start = IsoDate(required=True)
    period_end = IsoDate(required=True)
    value = fields.Nested(ValueSchema, required=True)


class PlannedDisbursementSchema(Schema):
    """A payment foreseen."""

    type = Code("BudgetType")
    period_start = IsoDate(required=True)
    period_end = IsoDate()
    value = fields.Nested(ValueSchema, required=True)
    provider_org = fields.Nested(OrgSchema)
    receiver_org = fields.Nested(OrgSchema)
    further_provider_orgs = list_of(OrgSchema)
    further_receiver_orgs = list_of(OrgSchema)


class TransactionSchema(Schema):
    """A transaction."""

    ref = text()
    type = Code("TransactionType", required=True)
    date = IsoDate(required=True)
    value = fields.Nested(ValueSchema, required=True)
    humanitarian = fields.Boolean()
    description = narratives()
    provider_org = fields.Nested(OrgSchema)
    receiver_org = fields.Nested(OrgSchema)
    further_provider_orgs = list_of(OrgSchema)
    further_receiver_orgs = list_of(OrgSchema)
    disbursement_channel = Code("DisbursementChannel")
    sectors = list_of(CodedShareSchema)
    countries = list_of(CountrySchema)
    regions = list_of(CodedShareSchema)
    flow_type = Code("FlowType")
    finance_type = Code("FinanceType")
    aid_types = list_of(VocabularyCodeSchema)
    tied_status = Code("TiedStatus")


class RelatedActivitySchema(Schema):
    """Another programme this one belongs with."""

    ref = text(required=True)
    type = Code("RelatedActivityType")


class ConditionSchema(Schema):
    """A condition."""

    type = Code("ConditionType")
    narratives = narratives()


class ConditionsSchema(Schema):
    """Whether conditions are attached, and which."""

    attached = fields.Boolean(required=True)
    items = list_of(ConditionSchema)


class OtherElementSchema(Schema):
    """An element of the IATI standard that nothing is done with here, as it came; it is exported again."""

    element = fields.String(
        required=True,
        validate=validate.OneOf(
            ("country-budget-items", "legacy-data", "crs-add", "fss"), error=N_("This must be one of: {choices}.")
        ),
    )
    xml = text(100_000, required=True)


class UnreadableElementSchema(Schema):
    """An element of a feed's file that could not be used, as it came, and why; it is not exported."""

    element = text(100, required=True)
    xml = fields.String(required=True)
    reason = text(required=True)


class ProgrammeDocumentSchema(Schema):
    """A programme's whole content."""

    iati_identifier = text()
    derived_identifier = fields.Boolean(dump_only=True)
    language = fields.String(
        validate=validate.Regexp(r"[a-z]{2,3}\Z", error=N_("This is not a language code in small letters."))
    )
    currency = currency()
    hierarchy = fields.Integer(strict=True)
    last_updated = fields.String(dump_only=True)
    humanitarian = fields.Boolean()
    boundary = fields.String(validate=validate.OneOf(("incoming", "internal", "outgoing")))
    """OCHA FTS: whether the flow came into what the source counts, or only moves inside it or out of it"""
    linked_data_uri = text(2000)
    budget_not_provided = text(10)
    reporting_org = fields.Nested(ReportingOrgSchema)
    title = narratives()
    """A programme without one is kept, and shown under its identifier"""
    descriptions = list_of(DescriptionSchema)
    participating_orgs = list_of(ParticipatingOrgSchema)
    other_identifiers = list_of(OtherIdentifierSchema)
    status = Code("ActivityStatus")
    dates = list_of(ActivityDateSchema)
    contacts = list_of(ContactSchema)
    scope = Code("ActivityScope")
    countries = list_of(CountrySchema)
    regions = list_of(CodedShareSchema)
    locations = list_of(LocationSchema)
    sectors = list_of(CodedShareSchema)
    tags = list_of(TagSchema)
    policy_markers = list_of(PolicyMarkerSchema)
    humanitarian_scopes = list_of(HumanitarianScopeSchema)
    collaboration_type = Code("CollaborationType")
    default_flow_type = Code("FlowType")
    default_finance_type = Code("FinanceType")
    default_tied_status = Code("TiedStatus")
    default_aid_types = list_of(VocabularyCodeSchema)
    budgets = list_of(BudgetSchema)
    planned_disbursements = list_of(PlannedDisbursementSchema)
    capital_spend = percentage()
    transactions = list_of(TransactionSchema, 5000)
    documents = list_of(DocumentLinkSchema)
    related_activities = list_of(RelatedActivitySchema)
    conditions = fields.Nested(ConditionsSchema)
    results = list_of(ResultSchema)
    other_elements = list_of(OtherElementSchema)
    unreadable_elements = list_of(UnreadableElementSchema)
