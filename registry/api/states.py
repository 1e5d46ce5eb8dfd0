"""Member and observer States of the United Nations over the API: names, region, groupings."""

from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.api.answers import json_response
from registry.api.compliance_documents import GapDocument, share
from registry.api.etags import item_response
from registry.api.forms import Described
from registry.api.idempotency import idempotent
from registry.api.lists import list_response, page_of
from registry.api.matching_documents import NeedDocument
from registry.api.national_reports import BeginBody, ReportDocument, ReportSummary, answered
from registry.api.openapi import PREFIX, Blueprint
from registry.api.participation import ActBody, ActDocument
from registry.api.participation import answered as entered_act
from registry.api.participation import blp as acts_blp
from registry.api.standards_grid import ThemeDocument
from registry.catalogue.fields import Known
from registry.catalogue.folding import fold
from registry.catalogue.listing import Filters, facet_totals
from registry.catalogue.reference import region_and_below, regions, resolve_state, states
from registry.catalogue.schemas import StateSchema
from registry.catalogue.views import state_view
from registry.compliance.duties import service as duties
from registry.compliance.duties.rules import STATUSES
from registry.compliance.duties.service import FiledForm
from registry.compliance.participation import service as participation
from registry.compliance.participation.service import describe_act
from registry.compliance.published import rollup_as_dict, themes_of
from registry.compliance.schemas import BundleForm
from registry.db import utcnow
from registry.errors import N_, NotFound
from registry.http import actor, session
from registry.loop.chains import STAGES, as_dict, chains
from registry.loop.gap_list import Wanted, gap_list, latest_of, make_need
from registry.matching.views import need_views
from registry.reporting import service as reports
from registry.reporting import views

blp = Blueprint("states", __name__, description="Member and observer States of the United Nations.")


class StateListArgs(Schema):
    """Filters of the list of States; it has one page."""

    q = fields.String(load_default="", metadata={"description": "part of a name in any language, or a code"})
    region = Known(
        regions,
        load_default="",
        error_messages={"known": N_("This is not an M49 region.")},
        metadata={"description": "M49 region, those inside it included"},
    )


@blp.route("")
class States(MethodView):
    @blp.arguments(StateListArgs, location="query")
    @blp.response(200, page_of(StateSchema))
    def get(self, args: dict[str, Any]) -> Response:
        """List States by their English names."""
        counts = _programmes()
        wanted = fold(args["q"])
        inside = region_and_below(args["region"]) if args["region"] else None
        found = [
            state_view(state) | {"programmes": counts.get(state.alpha3, 0)}
            for state in sorted(states().values(), key=lambda state: fold(state.name()))
            if (inside is None or state.region in inside)
            and (
                not wanted
                or wanted in (fold(state.alpha2), fold(state.alpha3), state.m49)
                or any(wanted in fold(name) for name in state.names.values())
            )
        ]
        return list_response(found, None, len(found))


@blp.route("/<code>")
class StateItem(MethodView):
    @blp.response(200, StateSchema)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, code: str) -> Response:
        """Read a State by alpha-3, alpha-2, M49 code or name."""
        state = resolve_state(code)
        if state is None:
            raise NotFound(N_("There is no such State."))
        return json_response(state_view(state) | {"programmes": _programmes().get(state.alpha3, 0)})


class DueDocument(Schema):
    """A report that is or was due, or invited."""

    duty = fields.String()
    instrument = fields.String()
    title = fields.String()
    due_on = fields.Date()
    fixed_day = fields.Boolean(metadata={"description": "false: only the year is fixed"})
    status = fields.String(validate=validate.OneOf(STATUSES))
    invited_by = fields.String(
        allow_none=True, metadata={"description": "who invites States to report; null: the report is an obligation"}
    )
    filed_on = fields.Date(allow_none=True)
    source = fields.String()
    checked = fields.Boolean()


class FiledBody(Described, FiledForm):
    """That a report was filed."""


@blp.route("/<code>/reports")
class StateReports(MethodView):
    @blp.response(200, page_of(DueDocument))
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, code: str) -> Response:
        """List the reports that a State owes and owed, or is invited to send, the latest due day first."""
        return _due(_known(code))

    @blp.arguments(FiledBody)
    @blp.response(201, page_of(DueDocument))
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def post(self, data: dict[str, Any], code: str) -> Response:
        """Note that a State filed a report."""
        state = _known(code)
        duties.note_filed(session(), actor(), state, data)
        return _due(state, 201)


def _known(code: str) -> str:
    state = resolve_state(code)
    if state is None:
        raise NotFound(N_("There is no such State."))
    return state.alpha3


def _due(state: str, status: int = 200) -> Response:
    found = [duties.describe(due) for due in duties.owed(session(), state, utcnow().date())]
    answer = list_response(found, None, len(found))
    answer.status_code = status
    return answer


@blp.route("/<code>/national-reports")
class StateNationalReports(MethodView):
    @blp.response(200, page_of(ReportSummary))
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, code: str) -> Response:
        """List a State's national reports: published ones and, for its own people, all."""
        found = [views.summary(report) for report in reports.list_reports(session(), actor(), _known(code))]
        return list_response(found, None, len(found))

    @blp.arguments(BeginBody)
    @blp.response(201, ReportDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def post(self, data: dict[str, Any], code: str) -> Response:
        """Begin a report; the draft there is on this period comes back."""
        report = reports.begin(session(), actor(), {**data, "state": _known(code)})
        return answered(report, 201, f"{PREFIX}/national-reports/{report.id}")


@blp.route("/<code>/participation")
class StateParticipation(MethodView):
    @blp.response(200, page_of(ActDocument))
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, code: str) -> Response:
        """List what a State did towards instruments, by instrument, the earliest first."""
        found = [describe_act(row) for row in participation.acts_of(session(), _known(code))]
        return list_response(found, None, len(found))

    @idempotent
    @blp.arguments(ActBody)
    @blp.response(201, ActDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def post(self, data: dict[str, Any], code: str) -> Response:
        """Enter what a State did towards an instrument."""
        entered = participation.enter(session(), actor(), _known(code), data)
        return entered_act(entered, status=201, location=f"{acts_blp.url_prefix}/{entered.row.id}")


class ChainDocument(Schema):
    """How far one gap has come."""

    standard = fields.String()
    clause = fields.String()
    ref = fields.String()
    question = fields.String()
    assessment_id = fields.Integer()
    weight = fields.Float(metadata={"description": "what closing it would add; 0: closed"})
    need = fields.Dict(allow_none=True)
    best_offer = fields.Dict(allow_none=True)
    commitments = fields.List(fields.Dict())
    programmes = fields.List(fields.Dict())
    need_closed_at = fields.AwareDateTime(allow_none=True)
    answered_at = fields.AwareDateTime(allow_none=True)
    asked_again = fields.Boolean()
    closed = fields.Boolean()
    stage = fields.String(validate=validate.OneOf(STAGES))


@blp.route("/<code>/chains")
class StateChains(MethodView):
    @blp.response(200, page_of(ChainDocument))
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, code: str) -> Response:
        """Follow each gap of a State: need, best offer, commitments, programmes, and the answer given since."""
        found = [as_dict(chain) for chain in chains(session(), actor(), _known(code))]
        return list_response(found, None, len(found))


class GapListArgs(Schema):
    """Filters of a State's gaps; the list has one page."""

    theme = fields.String(load_default="", validate=validate.Length(max=60))
    standard = fields.String(load_default="", validate=validate.Length(max=60))
    without_need = fields.Boolean(load_default=False, metadata={"description": "true: only gaps that have no need"})


class StateGapDocument(GapDocument):
    """A gap with the standard and the assessment that it is of."""

    standard = fields.String(required=True)
    version = fields.String(required=True)
    assessment_id = fields.Integer(required=True)
    status = fields.String(required=True, metadata={"description": "of the assessment"})


class GapGroupDocument(Schema):
    """What is one thing to do: clauses that ask the same, and those that ask a part of it."""

    weight = share()
    same = fields.List(fields.Nested(StateGapDocument), required=True)
    less = fields.List(fields.Nested(StateGapDocument), required=True)


@blp.route("/<code>/gaps")
class StateGaps(MethodView):
    @blp.arguments(GapListArgs, location="query")
    @blp.response(200, page_of(GapGroupDocument))
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, args: dict[str, Any], code: str) -> Response:
        """List a State's gaps of all its standards, the heaviest first; what asks the same stands together."""
        found = gap_list(session(), actor(), _known(code), Wanted(**args))
        return list_response(found, None, len(found))

    @idempotent
    @blp.arguments(BundleForm)
    @blp.response(201, NeedDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def post(self, data: dict[str, Any], code: str) -> Response:
        """Make one draft need of gaps of any standards; a draft that stands for exactly these comes back."""
        need = make_need(session(), actor(), _known(code), data)
        document = need_views(session(), actor(), [need.id or 0])[need.id or 0]
        return item_response(document, need.version, status=201, location=f"{PREFIX}/needs/{need.id}")


@blp.route("/<code>/themes")
class StateThemes(MethodView):
    @blp.response(200, page_of(ThemeDocument))
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, code: str) -> Response:
        """Sum up a State's latest assessments by theme; what several standards ask in the same words counts once."""
        latest = latest_of(session(), actor(), _known(code))
        found = [
            {"theme": theme, **rollup_as_dict(each)} for theme, each in themes_of(session(), latest.values()).items()
        ]
        return list_response(found, None, len(found))


def _programmes() -> dict[str, int]:
    return facet_totals(session(), actor(), Filters(), "country")
