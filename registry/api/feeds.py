"""/api/v1/feeds: partners' feeds, their runs, and what became of each remote record."""

from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.accounts import policy
from registry.api.answers import json_response
from registry.api.etags import expected_version, item_response
from registry.api.forms import EmptyForm
from registry.api.idempotency import idempotent
from registry.api.lists import ListArgs, list_response, page_of
from registry.api.openapi import Blueprint
from registry.errors import N_
from registry.http import actor, session
from registry.sync import feeds, listing, runs
from registry.sync.models import OUTCOMES
from registry.sync.schemas import FeedForm, FeedPatch, VerdictForm

blp = Blueprint("feeds", __name__, description="Partners' feeds, their runs, and what became of each remote record.")


class RunDocument(Schema):
    """One pass over a feed. created + updated + unchanged + ignored + quarantined = records."""

    id = fields.Integer()
    feed_id = fields.Integer()
    trigger = fields.String()
    status = fields.String()
    stage = fields.String()
    reason_code = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)
    started_at = fields.AwareDateTime()
    heartbeat_at = fields.AwareDateTime()
    finished_at = fields.AwareDateTime(allow_none=True)
    bytes = fields.Integer()
    records = fields.Integer()
    created = fields.Integer()
    updated = fields.Integer()
    unchanged = fields.Integer()
    ignored = fields.Integer()
    quarantined = fields.Integer()
    archived = fields.Integer()
    revived = fields.Integer()
    cancel_requested = fields.Boolean()
    http_status = fields.Integer(allow_none=True)
    notes = fields.List(
        fields.String(), metadata={"description": "how the document was read, columns that were not used"}
    )


class FeedDocument(Schema):
    """A feed with its last run."""

    id = fields.Integer()
    name = fields.String()
    adapter = fields.String()
    config = fields.Dict(keys=fields.String())
    url = fields.String(allow_none=True)
    organisation_id = fields.Integer(allow_none=True)
    priority = fields.Integer(allow_none=True)
    scope = fields.String()
    every_minutes = fields.Integer(allow_none=True)
    enabled = fields.Boolean()
    full_fetch_at = fields.AwareDateTime(allow_none=True)
    version = fields.Integer()
    created_at = fields.AwareDateTime()
    updated_at = fields.AwareDateTime()
    next_run_at = fields.AwareDateTime(
        allow_none=True, metadata={"description": "null: none is due, or one goes on just now"}
    )
    failures = fields.Integer(metadata={"description": "scheduled runs that failed since the last that succeeded"})
    last_run = fields.Nested(RunDocument, allow_none=True)


class RecordDocument(Schema):
    """One remote record and what became of it."""

    id = fields.Integer()
    feed_id = fields.Integer()
    remote_id = fields.String()
    outcome = fields.String()
    programme_id = fields.Integer(allow_none=True, metadata={"description": "what it became"})
    listed_id = fields.Integer(allow_none=True, metadata={"description": "what it became, of a sanctions list"})
    title = fields.String()
    reason_code = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)
    line = fields.Integer(allow_none=True)
    fragment = fields.String(allow_none=True)
    run_id = fields.Integer()
    missing_since = fields.AwareDateTime(allow_none=True)
    missing_snapshots = fields.Integer()
    verdict = fields.String(allow_none=True)


class RequestedRun(Schema):
    """Where the run will show."""

    runs = fields.String(metadata={"description": "address of the feed's runs"})


class PageArgs(ListArgs):
    """These lists have one order and no search."""

    class Meta:
        exclude = ("q", "sort")


class RecordArgs(PageArgs):
    """Remote records by what became of them."""

    outcome = fields.String(
        load_default=None, validate=validate.OneOf(OUTCOMES, error=N_("This must be one of: {choices}."))
    )


@blp.route("")
class Feeds(MethodView):
    @blp.response(200, page_of(FeedDocument))
    def get(self) -> Response:
        """List feeds."""
        rows = listing.feed_rows(session(), actor())
        return list_response(rows, None, len(rows))

    @idempotent
    @blp.arguments(FeedForm)
    @blp.response(201, FeedDocument)
    def post(self, data: dict[str, Any]) -> Response:
        """Add a feed."""
        feed = feeds.create_feed(session(), actor(), data)
        return item_response(
            listing.feed_row(session(), feed), feed.version, status=201, location=f"{blp.url_prefix}/{feed.id}"
        )


@blp.route("/<int:feed_id>")
class FeedItem(MethodView):
    @blp.response(200, FeedDocument)
    def get(self, feed_id: int) -> Response:
        """Read a feed with its last run."""
        feed, row = listing.feed_with_last_run(session(), actor(), feed_id)
        return json_response(row, headers={"ETag": f'"{feed.version}"'})

    @blp.arguments(FeedPatch)
    @blp.response(200, FeedDocument)
    def patch(self, data: dict[str, Any], feed_id: int) -> Response:
        """Change a feed."""
        feed = feeds.update_feed(session(), actor(), feed_id, data, expected_version=expected_version())
        return item_response(listing.feed_row(session(), feed), feed.version)


@blp.route("/<int:feed_id>/runs")
class FeedRuns(MethodView):
    @blp.arguments(PageArgs, location="query")
    @blp.response(200, page_of(RunDocument))
    def get(self, args: dict[str, Any], feed_id: int) -> Response:
        """List a feed's runs, newest first."""
        rows, following = listing.run_rows(session(), actor(), feed_id, args["cursor"], args["limit"])
        return list_response(rows, following, None)

    @idempotent
    @blp.arguments(EmptyForm)
    @blp.response(202, RequestedRun)
    def post(self, _data: dict[str, Any], feed_id: int) -> Response:
        """Ask for a run as soon as the scheduler gets to it."""
        feeds.request_run(session(), actor(), feed_id)
        where = f"{blp.url_prefix}/{feed_id}/runs"
        return json_response({"runs": where}, 202, {"Location": where})


@blp.route("/runs/<int:run_id>")
class RunItem(MethodView):
    @blp.response(200, RunDocument)
    def get(self, run_id: int) -> Response:
        """Read one run."""
        return json_response(listing.run_row(listing.get_run(session(), actor(), run_id)))


@blp.route("/runs/<int:run_id>/cancel")
class RunCancel(MethodView):
    @blp.arguments(EmptyForm)
    @blp.response(202, RunDocument)
    def post(self, _data: dict[str, Any], run_id: int) -> Response:
        """Ask a run to stop after its present batch; what was applied stays."""
        policy.require(actor(), "feed.run")
        return json_response(listing.run_row(runs.cancel(session(), actor(), run_id)), 202)


@blp.route("/<int:feed_id>/records")
class FeedRecords(MethodView):
    @blp.arguments(RecordArgs, location="query")
    @blp.response(200, page_of(RecordDocument))
    def get(self, args: dict[str, Any], feed_id: int) -> Response:
        """List what became of a feed's remote records."""
        rows, following = listing.record_rows(
            session(), actor(), feed_id, args["outcome"], args["cursor"], args["limit"]
        )
        return list_response(rows, following, None)


@blp.route("/records/<int:record_id>/verdict")
class RecordVerdict(MethodView):
    @blp.arguments(VerdictForm)
    @blp.response(200, RecordDocument)
    def post(self, data: dict[str, Any], record_id: int) -> Response:
        """Overrule the classification of one remote record; the next run applies it."""
        record = feeds.set_verdict(session(), actor(), record_id, data["verdict"])
        return json_response(listing.record_row(record))
