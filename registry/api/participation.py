"""/api/v1/participation: what States did towards instruments, each with its source; many at once from a table."""

from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.api.answers import history_response
from registry.api.etags import expected_version, item_response, versioned
from registry.api.forms import Described
from registry.api.lists import ListArgs, list_response, page_of
from registry.api.openapi import Blueprint
from registry.api.uploads import BODY, ImportArgs, ImportDocument, import_body
from registry.catalogue import history
from registry.catalogue.acts import ACTS
from registry.catalogue.schemas import HistorySchema
from registry.compliance.participation import service
from registry.compliance.participation.importing import import_rows
from registry.compliance.participation.schemas import ActForm, ActPatch, ConfirmForm
from registry.compliance.participation.service import Entered
from registry.compliance.schemas import StateCode
from registry.http import actor, session

blp = Blueprint("participation", __name__, description="What States did towards instruments: signed, ratified, left …")


class ParticipationListArgs(ListArgs):
    """Filters of the list."""

    class Meta:
        exclude = ("q", "sort")

    state = StateCode(load_default=None, metadata={"description": "any code or name of a State"})
    instrument = fields.String(load_default=None)
    act = fields.String(load_default=None, validate=validate.OneOf(ACTS))


class ActBody(Described, ActForm):
    """What a State did."""


class ActPatchBody(Described, ActPatch):
    """What is to be corrected."""


class ConfirmBody(Described, ConfirmForm):
    """Whether it was compared with its source."""


class ActDocument(Schema):
    """An act of a State towards an instrument."""

    id = fields.Integer()
    state = fields.String()
    instrument = fields.String()
    act = fields.String(validate=validate.OneOf(ACTS))
    on = fields.Date(allow_none=True)
    source = fields.String()
    reservation = fields.String()
    checked = fields.Boolean(metadata={"description": "whether a coordinator compared it with its source"})
    checked_at = fields.AwareDateTime(allow_none=True)
    version = fields.Integer()
    created_at = fields.AwareDateTime()
    updated_at = fields.AwareDateTime()
    warnings = fields.List(fields.String(), metadata={"description": "of a write: what is odd but was stored"})


@blp.route("")
class ParticipationList(MethodView):
    @blp.arguments(ParticipationListArgs, location="query")
    @blp.response(200, page_of(ActDocument))
    def get(self, args: dict[str, Any]) -> Response:
        """List acts in the order of States and instruments."""
        items, following = service.list_acts(session(), args, args["cursor"], args["limit"])
        return list_response(items, following, None)


@blp.route("/import")
class ParticipationImport(MethodView):
    @blp.doc(**BODY)
    @blp.arguments(ImportArgs, location="query")
    @blp.response(200, ImportDocument)
    def post(self, args: dict[str, Any]) -> Response:
        """Enter many from a table with the columns state, instrument, act, on, source, reservation."""
        return import_body(import_rows, args["dry_run"])


@blp.route("/<int:act_id>")
class ParticipationItem(MethodView):
    @blp.response(200, ActDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, act_id: int) -> Response:
        """Read an act."""
        return answered(Entered(service.get_act(session(), actor(), act_id)))

    @blp.arguments(ActPatchBody)
    @blp.response(200, ActDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def patch(self, data: dict[str, Any], act_id: int) -> Response:
        """Correct an act; a confirmed one is to be confirmed anew."""
        return answered(service.change(session(), actor(), act_id, data, expected_version()))

    @blp.response(204)
    @blp.alt_response(404, "NOT_FOUND")
    def delete(self, act_id: int) -> Response:
        """Take an act back that should not stand here; its history stays."""
        service.remove(session(), actor(), act_id, expected_version())
        return Response(status=204)


@blp.route("/<int:act_id>/confirm")
class Confirmation(MethodView):
    @versioned
    @blp.arguments(ConfirmBody)
    @blp.response(200, ActDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def post(self, data: dict[str, Any], act_id: int) -> Response:
        """Say that it was compared with its source, or that it was not."""
        return answered(Entered(service.confirm(session(), actor(), act_id, data, expected_version())))


@blp.route("/<int:act_id>/history")
class ParticipationHistory(MethodView):
    @blp.response(200, HistorySchema)
    def get(self, act_id: int) -> Response:
        """What changed when, newest first; also of what was taken back."""
        return history_response(history.versions(session(), "participation", act_id))


def answered(entered: Entered, **how: Any) -> Response:
    """An act with its ETag, and what is odd about it."""
    row = entered.row
    return item_response(service.describe_act(row) | {"warnings": entered.warnings}, row.version, **how)
