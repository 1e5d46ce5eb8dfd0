"""/api/v1/national-reports: what a State reports to an instrument, filled in from what the registry knows of it."""

from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.api.answers import json_response
from registry.api.etags import etag_of, expected_version, item_response, versioned
from registry.api.forms import Described
from registry.api.openapi import Blueprint
from registry.catalogue.reference import LANGUAGES
from registry.db import utcnow
from registry.errors import N_
from registry.http import actor, registry_app, session
from registry.reporting import rules, schemas, service, views
from registry.reporting.files import FORMATS, file_of, name_of
from registry.reporting.models import STATUSES, NationalReport

blp = Blueprint("national-reports", __name__, description="National reports, filled in from what is known here.")


class FillBody(Described, schemas.FillForm):
    """What the State writes itself."""


class BeginBody(Described, schemas.BeginForm):
    """Which report, on which period."""


class SubmitBody(Described, schemas.SubmitForm):
    """When it was filed and where it can be read."""


class ReportSummary(Schema):
    """A national report without what it says."""

    id = fields.Integer()
    state = fields.String()
    template = fields.String()
    template_version = fields.String()
    template_sha256 = fields.String()
    title = fields.Dict(keys=fields.String(), values=fields.String())
    period_start = fields.Date()
    period_end = fields.Date()
    status = fields.String(validate=validate.OneOf(STATUSES))
    submitted_on = fields.Date(allow_none=True)
    submitted_at = fields.AwareDateTime(allow_none=True)
    published_at = fields.AwareDateTime(allow_none=True)
    version = fields.Integer()
    created_at = fields.AwareDateTime()
    updated_at = fields.AwareDateTime()


class ReportCheck(Schema):
    """Something still lacking, vague, out of date or contradictory."""

    kind = fields.String(validate=validate.OneOf(rules.KINDS))
    code = fields.String()
    section = fields.String()
    entry = fields.String()
    text = fields.String()
    values = fields.Dict()


class ReportDocument(ReportSummary):
    """A national report: sections with entries; each with pre-filled items, their origin, and the State's own words."""

    progress = fields.Dict(keys=fields.String(), values=fields.Integer())
    content = fields.Dict()
    checks = fields.List(fields.Nested(ReportCheck), metadata={"description": "for people of its State alone"})


@blp.route("/<int:report_id>")
class ReportItem(MethodView):
    @blp.response(200, ReportDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, report_id: int) -> Response:
        """Read a report; a draft's pre-filled values are those of now."""
        return answered(service.get_report(session(), actor(), report_id))

    @blp.arguments(FillBody)
    @blp.response(200, ReportDocument)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def patch(self, data: dict[str, Any], report_id: int) -> Response:
        """Write own words at entries, beside or in place of what is pre-filled; null takes them back."""
        return answered(service.fill(session(), actor(), report_id, data, expected_version()))


class FileArgs(Schema):
    """In which form, in which language."""

    format = fields.String(
        load_default="json", validate=validate.OneOf(list(FORMATS), error=N_("Choose one of: {choices}."))
    )
    language = fields.String(
        load_default="en", validate=validate.OneOf(LANGUAGES, error=N_("Choose one of: {choices}."))
    )


@blp.route("/<int:report_id>/file")
class ReportFile(MethodView):
    @blp.arguments(FileArgs, location="query")
    @blp.response(200, {"type": "string", "format": "binary"}, content_type="application/octet-stream")
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, args: dict[str, Any], report_id: int) -> Response:
        """Download a report; the same report gives the same bytes."""
        report = service.get_report(session(), actor(), report_id)
        fonts = registry_app().settings.font_folders
        body = file_of(session(), actor(), report, args["format"], args["language"], fonts)
        response = Response(body, content_type=FORMATS[args["format"]])
        response.headers["Content-Disposition"] = f'attachment; filename="{name_of(report, args["format"])}"'
        response.headers["Cache-Control"] = "private, no-store"
        return response


@blp.route("/<int:report_id>/submit")
class Submission(MethodView):
    @versioned
    @blp.arguments(SubmitBody)
    @blp.response(200, ReportDocument)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def post(self, data: dict[str, Any], report_id: int) -> Response:
        """Submit a draft: it stays as it is now, and is noted as filed."""
        return answered(service.submit(session(), actor(), report_id, data, expected_version()))


@blp.route("/<int:report_id>/publish")
class Publication(MethodView):
    @versioned
    @blp.response(200, ReportDocument)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def post(self, report_id: int) -> Response:
        """Show a submitted report to everybody."""
        return answered(service.publish(session(), actor(), report_id, expected_version()))


def answered(report: NationalReport, status: int = 200, location: str | None = None) -> Response:
    """A report whole, with its ETag; a draft always anew, for what is pre-filled changes without its version."""
    document = views.whole(session(), actor(), report, utcnow().date())
    if report.content is not None:
        return item_response(document, report.version)
    return json_response(document, status, {"ETag": etag_of(report), **({"Location": location} if location else {})})
