"""/api/v1/assessments/{id}/evidence: files, links and named documents that prove the answers."""

from typing import Any

from flask import Response, request
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.api.answers import json_response
from registry.api.etags import partly_versioned, version_if_sent
from registry.api.lists import list_response, page_of
from registry.api.openapi import PREFIX, Blueprint
from registry.compliance import assessments
from registry.compliance.evidence import service
from registry.compliance.evidence.models import KINDS, VISIBILITIES, Evidence
from registry.compliance.models import Assessment
from registry.db import utcnow
from registry.http import actor, session
from registry.http_files import download_of, sent_file

blp = Blueprint(
    "evidence", __name__, url_prefix=f"{PREFIX}/assessments", description="What proves the answers of an assessment."
)
_TEXT = {"type": "string"}
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["clause"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "sha256": _TEXT | {"description": "of the file, hexadecimal: another one is refused"},
                        "clause": _TEXT,
                        "title": _TEXT | {"description": "left out: the file's name or the link"},
                        "url": _TEXT | {"description": "http or https, in place of a file"},
                        "expires_on": {"type": "string", "format": "date"},
                        "visibility": {"type": "string", "enum": list(VISIBILITIES)},
                    },
                }
            }
        },
    }
}


class EvidenceDocument(Schema):
    """One piece of evidence."""

    id = fields.Integer(required=True)
    clause = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    title = fields.String(required=True)
    url = fields.String(required=True)
    file_name = fields.String(required=True)
    media_type = fields.String(required=True)
    size = fields.Integer(required=True, metadata={"description": "bytes"})
    sha256 = fields.String(required=True)
    expires_on = fields.Date(required=True, allow_none=True)
    expired = fields.Boolean(required=True)
    visibility = fields.String(required=True, validate=validate.OneOf(VISIBILITIES))
    added_at = fields.DateTime(required=True)


@blp.route("/<int:assessment_id>/evidence")
class EvidenceList(MethodView):
    @blp.response(200, page_of(EvidenceDocument))
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, assessment_id: int) -> Response:
        """List the evidence: all of it to the State's own people, what is public to others once it is published."""
        found = service.evidence_of(session(), actor(), _visible(assessment_id))
        return list_response([_described(each) for each in found], None, len(found))

    @blp.doc(**BODY)
    @blp.response(201, EvidenceDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def post(self, assessment_id: int) -> Response:
        """Add a file, a link or a document's title to a clause of a draft. Sent twice, it is there once."""
        assessment = _visible(assessment_id)
        data = {name: value for name, value in request.form.items() if name != "sha256"}
        made = service.add(session(), actor(), assessment, data, sent_file())
        where = f"{blp.url_prefix}/{assessment.id}/evidence/{made.id}"
        return json_response(_described(made), 201, {"Location": where})


@blp.route("/<int:assessment_id>/evidence/<int:evidence_id>")
class EvidenceItem(MethodView):
    @blp.response(200, EvidenceDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, assessment_id: int, evidence_id: int) -> Response:
        """Read what is known of a piece of evidence."""
        return json_response(_described(_found(assessment_id, evidence_id)))

    @partly_versioned
    @blp.response(204)
    @blp.alt_response(404, "NOT_FOUND")
    def delete(self, assessment_id: int, evidence_id: int) -> Response:
        """Remove it from a draft; If-Match, where it is sent, is the assessment's ETag. The history names no title."""
        found = _found(assessment_id, evidence_id)
        service.remove(session(), actor(), _visible(assessment_id), found, version_if_sent())
        return Response(status=204)


@blp.route("/<int:assessment_id>/evidence/<int:evidence_id>/file")
class EvidenceContent(MethodView):
    @blp.response(200, {"type": "string", "format": "binary"}, content_type="application/octet-stream")
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, assessment_id: int, evidence_id: int) -> Response:
        """Download the file, as it was sent."""
        return download_of(_found(assessment_id, evidence_id))


def _visible(assessment_id: int) -> Assessment:
    return assessments.get_assessment(session(), actor(), assessment_id)


def _found(assessment_id: int, evidence_id: int) -> Evidence:
    return service.get(session(), actor(), _visible(assessment_id), evidence_id)


def _described(evidence: Evidence) -> dict[str, Any]:
    return service.describe(evidence, utcnow().date())
