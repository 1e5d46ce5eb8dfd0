"""/api/v1/standards: the library of standards and its editions."""

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.api.answers import json_response
from registry.api.compliance_documents import StandardDocument, StandardSummary
from registry.api.etags import not_modified
from registry.api.lists import list_response, page_of
from registry.api.openapi import Blueprint
from registry.compliance import listing
from registry.http import session

blp = Blueprint("standards", __name__, description="Standards of arms control: their clauses, scale and weights.")


class EditionArgs(Schema):
    """Which edition."""

    version = fields.String(
        load_default=None,
        validate=validate.Length(max=20),
        metadata={"description": "of the standard's file; without it the current edition"},
    )


@blp.route("")
class Standards(MethodView):
    @blp.response(200, page_of(StandardSummary))
    def get(self) -> Response:
        """List standards, each with its current edition."""
        items = listing.list_standards(session())
        return list_response(items, None, len(items))


@blp.route("/<slug>")
class StandardItem(MethodView):
    @blp.arguments(EditionArgs, location="query")
    @blp.response(200, StandardDocument)
    def get(self, args: dict[str, str | None], slug: str) -> Response:
        """Show an edition whole, its clauses as a tree. An edition never changes, so its hash is its ETag."""
        document = listing.describe_standard(session(), slug, args["version"])
        etag = f'"{document["sha256"]}-{int(document["current"])}"'
        fresh = not_modified(etag)
        return fresh or json_response(document, headers={"ETag": etag})
