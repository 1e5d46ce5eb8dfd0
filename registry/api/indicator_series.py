"""/api/v1/indicator-series: what States observed, their baselines and targets."""

from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields

from registry.api.answers import history_response
from registry.api.etags import expected_version, item_response
from registry.api.forms import Described
from registry.api.idempotency import idempotent
from registry.api.lists import ListArgs, list_response, page_of
from registry.api.openapi import Blueprint
from registry.catalogue import history
from registry.catalogue.schemas import HistorySchema
from registry.compliance.indicators import service, views
from registry.compliance.indicators.models import Series
from registry.compliance.indicators.schemas import ObservationsForm, PlanForm, SeriesForm
from registry.compliance.schemas import StateCode
from registry.http import actor, session
from registry.schemas import Patch

blp = Blueprint("indicator-series", __name__, description="What States observed over time: one series per indicator.")


class SeriesListArgs(ListArgs):
    """Filters of the list."""

    class Meta:
        exclude = ("q",)

    state = StateCode(load_default=None, metadata={"description": "any code or name of a State"})
    indicator = fields.String(load_default=None)


class SeriesBody(Described, SeriesForm):
    """A new series."""


class PlanPatch(Described, Patch, PlanForm):
    """Baseline, target, visibility or note to change."""


class ObservationsBody(Described, ObservationsForm):
    """Observations to enter; one of the same period and group is replaced."""


class PeriodDocument(Schema):
    """What the observations of one period come to."""

    start = fields.Date()
    end = fields.Date()
    value = fields.Float(allow_none=True)
    exact = fields.String(allow_none=True, metadata={"description": "the same as a fraction or whole number"})
    not_applicable = fields.Boolean(metadata={"description": "a share over nothing"})
    summed_over = fields.String(allow_none=True, metadata={"description": "dimension whose groups were added up"})
    exceeding = fields.List(fields.String(), metadata={"description": "dimensions that come to more than the whole"})
    known = fields.Dict(keys=fields.String(), values=fields.Float())


class PointDocument(Schema):
    """A number and its day."""

    value = fields.Float()
    exact = fields.String()
    on = fields.Date()


class ProgressDocument(Schema):
    """How far the latest period is on the straight line from baseline to target."""

    status = fields.String(
        metadata={
            "description": "achieved, on_track (nine tenths of the line or more), off_track, missed, no_target, "
            "no_data, not_applicable"
        }
    )
    latest = fields.Nested(PeriodDocument, allow_none=True)
    gone = fields.Float(allow_none=True)
    due = fields.Float(allow_none=True)
    expected = fields.Float(allow_none=True)


class SeriesDocument(Schema):
    """A series with what it comes to."""

    id = fields.Integer()
    state = fields.String()
    indicator = fields.String()
    visibility = fields.String()
    unit = fields.String(allow_none=True)
    baseline = fields.Nested(PointDocument, allow_none=True)
    target = fields.Nested(PointDocument, allow_none=True)
    note = fields.String()
    observations = fields.Integer()
    periods = fields.List(fields.Nested(PeriodDocument))
    progress = fields.Nested(ProgressDocument)
    version = fields.Integer()
    created_at = fields.AwareDateTime()
    updated_at = fields.AwareDateTime()


class ObservationDocument(Schema):
    """One observation as it was entered."""

    id = fields.Integer()
    period_start = fields.Date()
    period_end = fields.Date()
    groups = fields.Dict(keys=fields.String(), values=fields.String())
    value = fields.String(allow_none=True)
    numerator = fields.String(allow_none=True)
    denominator = fields.String(allow_none=True)
    quality = fields.String()
    source = fields.String()


@blp.route("")
class SeriesList(MethodView):
    @blp.arguments(SeriesListArgs, location="query")
    @blp.response(200, page_of(SeriesDocument))
    def get(self, args: dict[str, Any]) -> Response:
        """List the series you may see."""
        items, following = views.list_series(session(), actor(), args, args["sort"], args["cursor"], args["limit"])
        return list_response(items, following, None)

    @idempotent
    @blp.arguments(SeriesBody)
    @blp.response(201, SeriesDocument)
    def post(self, data: dict[str, Any]) -> Response:
        """Begin a series of your State."""
        series = service.begin(session(), actor(), data)
        return _answered(series, status=201, location=f"{blp.url_prefix}/{series.id}")


@blp.route("/<int:series_id>")
class SeriesItem(MethodView):
    @blp.response(200, SeriesDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, series_id: int) -> Response:
        """Read a series."""
        return _answered(service.get_series(session(), actor(), series_id))

    @blp.arguments(PlanPatch)
    @blp.response(200, SeriesDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def patch(self, data: dict[str, Any], series_id: int) -> Response:
        """Set baseline, target, visibility or note."""
        return _answered(service.plan(session(), actor(), series_id, data, expected_version()))


@blp.route("/<int:series_id>/observations")
class Observations(MethodView):
    @blp.response(200, page_of(ObservationDocument))
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, series_id: int) -> Response:
        """List what was entered, latest period first."""
        series = service.get_series(session(), actor(), series_id)
        rows = [views.observation(row) for row in service.observations_of(session(), series)]
        return list_response(rows, None, len(rows))

    @blp.arguments(ObservationsBody)
    @blp.response(200, SeriesDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def post(self, data: dict[str, Any], series_id: int) -> Response:
        """Enter observations, all or none. The same ones again change nothing."""
        return _answered(service.observe(session(), actor(), series_id, data))


@blp.route("/<int:series_id>/observations/<int:observation_id>")
class ObservationItem(MethodView):
    @blp.response(200, SeriesDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def delete(self, series_id: int, observation_id: int) -> Response:
        """Take an observation back; If-Match is the series' ETag. The history keeps it."""
        return _answered(service.take_back(session(), actor(), series_id, observation_id, expected_version()))


@blp.route("/<int:series_id>/history")
class SeriesHistory(MethodView):
    @blp.response(200, HistorySchema)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, series_id: int) -> Response:
        """What changed when, newest first."""
        service.get_series(session(), actor(), series_id)
        return history_response(history.versions(session(), "indicator_series", series_id))


def _answered(series: Series, **how: Any) -> Response:
    return item_response(views.describe(session(), [series])[0], series.version, **how)
