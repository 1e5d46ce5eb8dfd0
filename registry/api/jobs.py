"""/api/v1/jobs: the work in the background, what failed in it, tried again or given up."""

from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.api.answers import json_response
from registry.api.feeds import PageArgs
from registry.api.forms import EmptyForm
from registry.api.lists import list_response, page_of
from registry.api.openapi import Blueprint
from registry.errors import N_
from registry.http import actor, session
from registry.sync import jobs

blp = Blueprint("jobs", __name__, description="Work in the background: due, going on, failing, set aside.")


class JobDocument(Schema):
    """One piece of work. `state` follows from the others and the time."""

    id = fields.Integer()
    task = fields.String(metadata={"description": "`feed.sync`, `matching.refresh` …"})
    key = fields.String(metadata={"description": "of what: the feed's number"})
    feed_id = fields.Integer(allow_none=True)
    feed = fields.String(allow_none=True, metadata={"description": "the feed's name"})
    state = fields.String(validate=validate.OneOf(jobs.STATES))
    every_seconds = fields.Integer(allow_none=True, metadata={"description": "null: once"})
    next_at = fields.AwareDateTime(metadata={"description": "when it is due"})
    begun_at = fields.AwareDateTime(allow_none=True, metadata={"description": "when it was last begun"})
    worker = fields.String(allow_none=True, metadata={"description": "`host:pid` that is at it"})
    failures = fields.Integer(metadata={"description": "in a row"})
    last_error = fields.String(allow_none=True)
    failed_at = fields.AwareDateTime(allow_none=True)
    set_aside_at = fields.AwareDateTime(
        allow_none=True, metadata={"description": "failed too often: waits for a person"}
    )


class JobArgs(PageArgs):
    """Jobs by state."""

    state = fields.String(
        load_default=None, validate=validate.OneOf(jobs.STATES, error=N_("This must be one of: {choices}."))
    )


@blp.route("")
class Jobs(MethodView):
    @blp.arguments(JobArgs, location="query")
    @blp.response(200, page_of(JobDocument))
    def get(self, args: dict[str, Any]) -> Response:
        """List jobs, the longest due first."""
        rows, following = jobs.job_rows(session(), actor(), args["state"], args["cursor"], args["limit"])
        return list_response(rows, following, None)


@blp.route("/<int:job_id>")
class JobItem(MethodView):
    @blp.response(200, JobDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, job_id: int) -> Response:
        """Read a job."""
        return json_response(jobs.get_job(session(), actor(), job_id))

    @blp.response(204)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def delete(self, job_id: int) -> Response:
        """Give up a job that was asked for once."""
        jobs.discard(session(), actor(), job_id)
        return Response(status=204)


@blp.route("/<int:job_id>/retry")
class JobRetry(MethodView):
    @blp.arguments(EmptyForm)
    @blp.response(202, JobDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def post(self, _data: dict[str, Any], job_id: int) -> Response:
        """Have a job done now, whatever it waits for."""
        return json_response(jobs.retry(session(), actor(), job_id), 202)
