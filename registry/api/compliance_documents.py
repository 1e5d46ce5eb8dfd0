"""How standards, assessments and scores look in the API's description. Answers are built by compliance's listing and
scorecard; a test compares both."""

from marshmallow import Schema, fields, validate

from registry.compliance.practice import WARNINGS


class TextByLanguage(fields.Dict):
    """language → text"""

    def __init__(self) -> None:
        super().__init__(keys=fields.String(), values=fields.String(), metadata={"description": "language → text"})


class Share(Schema):
    """A share, 0 to 1 (a change: -1 to 1), as a number of four places and exactly, as a fraction."""

    value = fields.Float(required=True)
    exact = fields.String(required=True, metadata={"description": "`15/22`"})


def share() -> fields.Nested:
    """A share that may be null: there is nothing with weight to have a share of."""
    return fields.Nested(Share, required=True, allow_none=True)


class StandardSummary(Schema):
    """One edition of a standard. `checked_clauses`: so many did a person compare with the instrument."""

    standard = fields.String(required=True)
    version = fields.String(required=True)
    sha256 = fields.String(required=True)
    status = fields.String(required=True)
    title = TextByLanguage()
    short = TextByLanguage()
    instrument = fields.Dict(required=True)
    clauses = fields.Integer(required=True)
    checked_clauses = fields.Integer(required=True)
    scored_clauses = fields.Integer(required=True)
    loaded_at = fields.DateTime(required=True)
    versions = fields.List(fields.String(), metadata={"description": "all that are kept, newest first"})


class StandardDocument(StandardSummary):
    """One edition whole: its scale, weights, bands, facts, and its clauses as a tree."""

    class Meta:
        exclude = ("versions",)

    current = fields.Boolean(required=True)
    scale = fields.Dict(required=True)
    weights = fields.Dict(required=True)
    bands = fields.List(fields.Dict(), required=True)
    facts = fields.Dict(required=True)
    requirements = fields.List(fields.Dict(), required=True)
    indicators = fields.List(fields.Dict(), required=True)


class Figures(Schema):
    """How far: the interval counts open clauses as not in place (low) and as in place (high)."""

    low = share()
    high = share()
    of_answered = share()
    answered_share = share()
    applicable = fields.Integer(required=True)
    answered = fields.Integer(required=True)
    not_applicable = fields.Integer(required=True)


class Headline(Figures):
    """Figures of a whole assessment with its indicative band (`II`: too little is answered)."""

    shall_low = share()
    band = fields.String(required=True, allow_none=True)
    band_label = fields.String(required=True, allow_none=True)


class AssessmentSummary(Headline):
    """One assessment in a list."""

    id = fields.Integer(required=True)
    state = fields.String(required=True)
    standard = fields.String(required=True)
    standard_version = fields.String(required=True)
    sha256 = fields.String(required=True)
    status = fields.String(required=True)
    version = fields.Integer(required=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)
    submitted_at = fields.DateTime(required=True, allow_none=True)
    reviewed_at = fields.DateTime(required=True, allow_none=True)
    published_at = fields.DateTime(required=True, allow_none=True)


class AnswerDocument(Schema):
    """One answer as it stands."""

    value = fields.String(required=True)
    not_applicable = fields.Boolean(required=True)
    reason = fields.String(required=True)
    evidence = fields.String(required=True)
    in_law = fields.String(required=True, metadata={"description": "yes, partly, no, unknown; empty: not said"})
    in_practice = fields.String(required=True, metadata={"description": "the same of what is done"})
    warnings = fields.List(
        fields.String(validate=validate.OneOf(WARNINGS)),
        required=True,
        metadata={"description": "where law or practice contradict the value; a warning changes no score"},
    )
    answered_at = fields.DateTime(required=True)
    version = fields.Integer(required=True, metadata={"description": "send it with the next change of this answer"})


class Progress(Schema):
    """How many of the clauses that apply are filled in."""

    clauses = fields.Integer(required=True)
    filled_in = fields.Integer(required=True)


class LinkDocument(Schema):
    """How what a clause asks relates to what a clause of another standard asks."""

    clause = fields.String(required=True)
    relation = fields.String(
        required=True,
        metadata={"description": "clause is … of target: equal, superset_of, subset_of, intersects"},
    )
    standard = fields.String(required=True, metadata={"description": "the other standard"})
    target = fields.String(required=True, metadata={"description": "its clause"})
    strength = fields.Integer(required=True, allow_none=True, metadata={"description": "1 to 10"})
    reason = fields.String(required=True)


class FormerAnswerDocument(Schema):
    """An answer of the earlier assessment that was not carried over; `targets` are the clauses that ask it now."""

    clause = fields.String(required=True)
    ref = fields.String(required=True)
    question = fields.String(required=True)
    value = fields.String(required=True)
    label = fields.String(required=True)
    fate = fields.String(required=True, metadata={"description": "suggest (see targets) or archive (asked nowhere)"})
    targets = fields.List(fields.String(), required=True)


class AssessmentDocument(AssessmentSummary):
    """One assessment with its answers."""

    status_reason = fields.String(required=True, allow_none=True)
    carried_from = fields.Integer(required=True, allow_none=True)
    former = fields.List(fields.Nested(FormerAnswerDocument), required=True)
    facts = fields.Dict(keys=fields.String(), values=fields.Boolean(allow_none=True), required=True)
    answers = fields.Dict(keys=fields.String(), values=fields.Nested(AnswerDocument), required=True)
    progress = fields.Nested(Progress, required=True)


class SectionScore(Figures):
    """A section's figures; `within` is the section around it."""

    id = fields.String(required=True)
    title = fields.String(required=True)
    depth = fields.Integer(required=True)
    within = fields.String(required=True, allow_none=True)


class LinkedNeed(Schema):
    """A need that would close a gap."""

    id = fields.Integer(required=True)
    title = fields.String(required=True)
    status = fields.String(required=True)
    priority = fields.String(required=True)


class Assist(Schema):
    """A kind of assistance that the standard names for a clause."""

    theme = fields.String(required=True)
    types = fields.List(fields.String(), required=True)


class GapDocument(Schema):
    """A clause that is answered and not fully in place; `weight` is what the sum of weights would gain."""

    clause = fields.String(required=True)
    ref = fields.String(required=True)
    question = fields.String(required=True)
    level = fields.String(required=True)
    critical = fields.Boolean(required=True)
    fulfilment = share()
    weight = share()
    themes = fields.List(fields.String(), required=True)
    assist = fields.List(fields.Nested(Assist), required=True)
    linked_needs = fields.List(fields.Nested(LinkedNeed), required=True)


class TrendDocument(Schema):
    """Change since the published assessment before, on the clauses answered both times."""

    since = fields.Integer(required=True)
    change = share()
    clauses = fields.List(fields.String(), required=True)


class ScoreDocument(Headline):
    """A whole score. `version` is the standard's."""

    state = fields.String(required=True)
    standard = fields.String(required=True)
    version = fields.String(required=True)
    sha256 = fields.String(required=True)
    assessment_id = fields.Integer(required=True)
    status = fields.String(required=True)
    not_applicable_unreviewed = fields.Integer(required=True)
    sections = fields.List(fields.Nested(SectionScore), required=True)
    gaps = fields.List(fields.Nested(GapDocument), required=True)
    trend = fields.Nested(TrendDocument, required=True, allow_none=True)


class InferenceDocument(Schema):
    """What one answer elsewhere says: fulfilment lies from low to high."""

    source = fields.Dict(keys=fields.String(), values=fields.String())
    low = fields.Float()
    high = fields.Float()
    below_high = fields.Boolean(metadata={"description": "short of `high`: not in place as a whole"})
    weakest_link = fields.Integer(allow_none=True, metadata={"description": "strength 0 to 10 of the weakest link"})
    path = fields.List(fields.Dict(), metadata={"description": "the links in a row, from the answered clause on"})


class SuggestionDocument(Schema):
    """What follows for an open clause from the State's answers to other standards."""

    clause = fields.String()
    value = fields.String(
        allow_none=True, metadata={"description": "the one answer that agrees with all of it, if one"}
    )
    values = fields.List(fields.String(), metadata={"description": "all answers that agree"})
    contradiction = fields.Boolean(metadata={"description": "the State's own answers contradict one another"})
    inferred = fields.List(fields.Nested(InferenceDocument))
