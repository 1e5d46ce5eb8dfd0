"""Exports over the API: a list, whole, as a file that is sent while it is written."""

from collections.abc import Iterator
from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.accounts.actor import Actor
from registry.api.openapi import Blueprint
from registry.api.rooms import send_file
from registry.catalogue import exporting
from registry.catalogue.exporting import FORMATS, SUFFIXES, Exporter
from registry.catalogue.reference import LANGUAGES
from registry.db import Database, utcnow
from registry.errors import N_
from registry.http import actor, registry_app
from registry.matching import exporting as matching

blp = Blueprint("exports", __name__, description="Lists as files: JSON, CSV, XLSX, and IATI 2.03 for programmes.")

EXPORTERS: dict[str, Exporter] = {**exporting.EXPORTERS, **matching.EXPORTERS}
"""Kind → how its records become files"""
FILTERS = sorted({name for exporter in EXPORTERS.values() for name in exporter.filters})


def _filter(name: str) -> Any:
    kinds = ", ".join(kind for kind, exporter in EXPORTERS.items() if name in exporter.filters)
    return fields.List(fields.String(), load_default=list, metadata={"description": f"as in the list of {kinds}"})


class _ExportArgs(Schema):
    """What is to be in the file, and its form."""

    format = fields.String(load_default="json", validate=validate.OneOf(FORMATS, error=N_("Choose one of: {choices}.")))
    q = fields.String(load_default="", validate=validate.Length(max=500, error=N_("At most {max} characters.")))
    language = fields.String(
        load_default="en",
        validate=validate.OneOf(LANGUAGES, error=N_("Choose one of: {choices}.")),
        metadata={"description": "of names beside codes"},
    )


ExportArgs = type("ExportArgs", (_ExportArgs,), {"__doc__": _ExportArgs.__doc__, **{n: _filter(n) for n in FILTERS}})


@blp.route("/<kind>")
class Exports(MethodView):
    @blp.arguments(ExportArgs, location="query")
    @blp.response(200, {"type": "string", "format": "binary"}, content_type="application/octet-stream")
    @blp.alt_response(503, "SERVICE_UNAVAILABLE")
    def get(self, args: dict[str, Any], kind: str) -> Response:
        """Export what a list holds: everything that the filters leave and you may see."""
        format, language = args.pop("format"), args.pop("language")
        body = _sent(registry_app().database, actor(), kind, format, args, language)

        def begin() -> Iterator[bytes]:
            next(body)  # up to the first piece: what is wrong with the request must be answered, not sent half way
            return body

        response = send_file(begin, FORMATS[format])
        response.headers["Content-Disposition"] = f'attachment; filename="{kind}.{SUFFIXES[format]}"'
        response.headers["Cache-Control"] = "private, no-store"
        return response


def _sent(
    database: Database, actor: Actor, kind: str, format: str, filters: dict[str, Any], language: str
) -> Iterator[bytes]:
    """The file's pieces, read in a session of their own: the request's is closed before the body is sent."""
    with database.reading() as session:
        pieces = exporting.export(session, actor, EXPORTERS, kind, format, filters, language=language, now=utcnow())
        first = next(pieces, b"")
        yield b""
        yield first
        yield from pieces
