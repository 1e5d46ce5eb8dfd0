"""/api/v1/standards: the library of standards and its editions."""

from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.api.answers import json_response
from registry.api.compliance_documents import LinkDocument, StandardDocument, StandardSummary
from registry.api.etags import not_modified
from registry.api.lists import list_response, page_of
from registry.api.openapi import Blueprint
from registry.api.standard_files import BODY, LoadArgs, LoadDocument, load_body
from registry.api.standards_grid import GridArgs, GridRow, RegionDocument
from registry.catalogue.reference import places
from registry.compliance import editions, linking, listing, published
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

    @blp.doc(**BODY)
    @blp.arguments(LoadArgs, location="query")
    @blp.response(200, LoadDocument)
    @blp.alt_response(413, "REQUEST_ENTITY_TOO_LARGE")
    @blp.alt_response(422, "UNPROCESSABLE_ENTITY")
    def post(self, args: dict[str, bool]) -> Response:
        """Load a standard's file (YAML or JSON), or see what that would do. A new edition stands beside the old ones.

        Loading what is loaded changes nothing. A file that cannot be taken is refused whole, with line and reason.
        """
        return json_response(load_body(args["preview"]).as_dict())


@blp.route("/grid")
class StandardsGrid(MethodView):
    @blp.arguments(GridArgs, location="query")
    @blp.response(200, page_of(GridRow))
    def get(self, args: dict[str, Any]) -> Response:
        """List what States have published on all standards, by the States' codes: the latest of each, no ranking."""
        members = places()[args["region"]].members if args["region"] else None
        found = [
            {"state": state, "standards": {slug: published.as_dict(cell) for slug, cell in sorted(cells.items())}}
            for state, cells in sorted(published.grid(session(), members).items())
        ]
        return list_response(found, None, len(found))


@blp.route("/<slug>/regions")
class StandardRegions(MethodView):
    @blp.response(200, page_of(RegionDocument))
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, slug: str) -> Response:
        """Sum up what States have published on a standard, by region and name; nothing of fewer than five States."""
        standard = editions.find(session(), slug).slug
        found = published.regions_as_dicts(published.of_regions(session(), standard))
        return list_response(found, None, len(found))


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


@blp.route("/<slug>/links")
class StandardLinks(MethodView):
    @blp.response(200, page_of(LinkDocument))
    def get(self, slug: str) -> Response:
        """List the links of a standard's clauses with those of others, each read from this standard."""
        standard = editions.find(session(), slug)
        related = linking.related(listing.current_editions(session()), standard.slug)
        items = [
            {
                "clause": clause,
                "relation": link.relation,
                "standard": link.target[0],
                "target": link.target[1],
                "strength": link.strength,
                "reason": link.note,
            }
            for clause, links in related.items()
            for link in links
        ]
        return list_response(items, None, len(items))
