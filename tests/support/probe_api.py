"""A small API module of the tests' own: every decorator and error of registry/api in use, apart from any slice."""

from collections.abc import Callable
from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, validate
from sqlalchemy import select

from registry.api.etags import expected_version, item_response, versioned
from registry.api.idempotency import idempotent
from registry.api.lists import ListArgs, list_response, page_of
from registry.api.openapi import Blueprint
from registry.catalogue.models import Organisation
from registry.catalogue.paging import Sort, keyset, sort_of
from registry.db import touch, utcnow
from registry.errors import Conflict, NotFound
from registry.events.outbox import Change, emit
from registry.http import session
from registry.schemas import Patch

SORTS = {"name": Sort((Organisation.sort_name, Organisation.id))}
hooks: dict[str, Callable[[], None]] = {}
"""Test → what the POST does besides: fail, wait."""


class ProbeLine(Schema):
    amount = fields.Integer(required=True)


class ProbeForm(Schema):
    name = fields.String(required=True, validate=validate.Length(1, 100))
    lines = fields.List(fields.Nested(ProbeLine), load_default=list)


class ProbePatch(Patch, ProbeForm):
    """Some of the form's fields."""


class Probe(Schema):
    id = fields.Integer(required=True)
    name = fields.String(required=True)


def make_blueprint() -> Blueprint:
    """A fresh one per application."""
    blp = Blueprint("probes", __name__, description="For tests.")

    @blp.route("")
    class Probes(MethodView):
        @blp.arguments(ListArgs, location="query")
        @blp.response(200, page_of(Probe))
        def get(self, args: dict[str, Any]) -> Response:
            """List probes."""
            statement = select(Organisation.id, Organisation.name, Organisation.sort_name)  # type: ignore[call-overload]
            page = keyset(session(), statement, sort_of(args["sort"], SORTS), args["cursor"], args["limit"])
            return list_response(page.rows, page.next, None)

        @idempotent
        @blp.arguments(ProbeForm)
        @blp.response(201, Probe)
        def post(self, data: dict[str, Any]) -> Response:
            """Make a probe."""
            record = Organisation(name=data["name"], sort_name=data["name"].lower())
            session().add(record)
            session().flush()
            emit(session(), Change("organisation.created", "organisation", record.id or 0, 1, {"name": record.name}))
            for hook in hooks.values():
                hook()
            item = {"id": record.id, "name": record.name}
            return item_response(item, record.version, status=201, location=f"{blp.url_prefix}/{record.id}")

    @blp.route("/<int:probe_id>")
    class ProbeItem(MethodView):
        @blp.response(200, Probe)
        def get(self, probe_id: int) -> Response:
            """Read a probe."""
            record = _find(probe_id)
            return item_response({"id": record.id, "name": record.name}, record.version)

        @blp.arguments(ProbePatch)
        @blp.response(200, Probe)
        def patch(self, data: dict[str, Any], probe_id: int) -> Response:
            """Change a probe."""
            record = _find(probe_id)
            touch(record, expected_version(), utcnow())
            record.name = data.get("name", record.name)
            session().add(record)
            return item_response({"id": record.id, "name": record.name}, record.version)

        @blp.arguments(ListArgs, location="query")
        @blp.response(204)
        def delete(self, args: dict[str, Any], probe_id: int) -> Response:
            """Refuse to delete a probe."""
            raise Conflict(f"Probes are never deleted, {args['limit']} at a time or otherwise.")

    @blp.route("/<int:probe_id>/close")
    class ProbeClosing(MethodView):
        @versioned
        @blp.response(200, Probe)
        def post(self, probe_id: int) -> Response:
            """Refuse to close a probe."""
            touch(_find(probe_id), expected_version(), utcnow())
            raise Conflict("Probes are never closed.")

    @blp.route("/crash")
    class ProbeCrash(MethodView):
        @blp.response(200)
        def get(self) -> Response:
            """Fail as no view should."""
            raise ZeroDivisionError("secret inside")

    return blp


def _find(probe_id: int) -> Organisation:
    record = session().get(Organisation, probe_id)
    if record is None:
        raise NotFound("There is no such probe.")
    return record
