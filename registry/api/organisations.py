"""Organisations over the API."""

from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import fields

from registry.api.answers import history_response, json_response
from registry.api.etags import expected_version, item_response
from registry.api.idempotency import idempotent
from registry.api.lists import ListArgs, list_response, page_of
from registry.api.openapi import Blueprint
from registry.catalogue import mandates, organisations
from registry.catalogue.fields import Code
from registry.catalogue.history import versions
from registry.catalogue.mandate_models import ReportingMandate
from registry.catalogue.organisations import COLUMNS, get_organisation
from registry.catalogue.schemas import (
    HistorySchema,
    MandateForm,
    MandateListSchema,
    OrganisationCreateSchema,
    OrganisationPatchSchema,
    OrganisationRowSchema,
    OrganisationSchema,
)
from registry.catalogue.views import organisation_view
from registry.http import actor, session

blp = Blueprint("organisations", __name__, description="Who gives, does and reports.")


class OrganisationListArgs(ListArgs):
    """Filters of the list of organisations."""

    kind = Code("OrganisationType", load_default=None)
    state = fields.String(load_default=None, metadata={"description": "State it belongs to, alpha-3"})
    sort = fields.String(load_default="", metadata={"description": "relevance (with q), name, updated; `-name` …"})


@blp.route("")
class Organisations(MethodView):
    @blp.arguments(OrganisationListArgs, location="query")
    @blp.response(200, page_of(OrganisationRowSchema))
    def get(self, args: dict[str, Any]) -> Response:
        """List organisations."""
        filters = {"q": args["q"], "kind": args["kind"], "state": args["state"]}
        page = organisations.list_organisations(
            session(), actor(), **filters, sort=args["sort"], cursor=args["cursor"], limit=args["limit"]
        )
        total = organisations.count_organisations(session(), actor(), **filters)
        names = [column.key for column in COLUMNS]
        return list_response([dict(zip(names, row, strict=False)) for row in page.rows], page.next, total)

    @idempotent
    @blp.arguments(OrganisationCreateSchema)
    @blp.response(201, OrganisationSchema)
    def post(self, data: dict[str, Any]) -> Response:
        """Enter an organisation."""
        organisation = organisations.create_organisation(session(), actor(), data)
        assert organisation.id is not None
        return _answer(organisation.id, 201, f"{blp.url_prefix}/{organisation.id}")


@blp.route("/<int:organisation_id>")
class OrganisationItem(MethodView):
    @blp.response(200, OrganisationSchema)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, organisation_id: int) -> Response:
        """Read an organisation."""
        return _answer(organisation_id)

    @blp.arguments(OrganisationPatchSchema)
    @blp.response(200, OrganisationSchema)
    @blp.alt_response(404, "NOT_FOUND")
    def patch(self, data: dict[str, Any], organisation_id: int) -> Response:
        """Change an organisation."""
        organisations.update_organisation(session(), actor(), organisation_id, data, expected_version())
        return _answer(organisation_id)

    @blp.response(204)
    @blp.alt_response(404, "NOT_FOUND")
    def delete(self, organisation_id: int) -> Response:
        """Withdraw an organisation from the lists; what refers to it still finds it."""
        organisations.archive_organisation(session(), actor(), organisation_id, expected_version())
        return Response(status=204)


@blp.route("/<int:organisation_id>/history")
class OrganisationHistory(MethodView):
    @blp.response(200, HistorySchema)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, organisation_id: int) -> Response:
        """Read what each version changed, newest first."""
        get_organisation(session(), actor(), organisation_id)
        return history_response(versions(session(), "organisation", organisation_id))


@blp.route("/<int:organisation_id>/mandates")
class Mandates(MethodView):
    @blp.response(200, MandateListSchema)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, organisation_id: int) -> Response:
        """List whom the organisation reports programmes for, mandates that were revoked too."""
        found = mandates.list_mandates(session(), organisation_id)
        return json_response({"items": [_mandate(mandate, name) for mandate, name in found]})

    @idempotent
    @blp.arguments(MandateForm)
    @blp.response(201, MandateListSchema)
    @blp.alt_response(404, "NOT_FOUND")
    def post(self, data: dict[str, Any], organisation_id: int) -> Response:
        """Enter that the organisation reports programmes for another; answered with the list."""
        mandates.enter_mandate(session(), actor(), organisation_id, data["reported_id"], data["reason"])
        found = mandates.list_mandates(session(), organisation_id)
        return json_response({"items": [_mandate(mandate, name) for mandate, name in found]}, 201)


@blp.route("/<int:organisation_id>/mandates/<int:mandate_id>")
class MandateItem(MethodView):
    @blp.response(204)
    @blp.alt_response(404, "NOT_FOUND")
    def delete(self, organisation_id: int, mandate_id: int) -> Response:
        """Revoke a mandate; what was reported under it stays."""
        mandates.revoke_mandate(session(), actor(), organisation_id, mandate_id)
        return Response(status=204)


def _mandate(mandate: ReportingMandate, name: str) -> dict[str, Any]:
    kept = ("id", "reported_id", "reason", "entered_at", "revoked_at")
    return {each: getattr(mandate, each) for each in kept} | {"reported_name": name}


def _answer(organisation_id: int, status: int = 200, location: str | None = None) -> Response:
    view = organisation_view(session(), actor(), organisation_id)
    return item_response(view, view["version"], status=status, location=location)
