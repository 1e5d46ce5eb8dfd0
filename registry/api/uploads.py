"""Tables sent as the whole body of a request: CSV, XLSX or JSON, by their content type."""

from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Response, request
from marshmallow import Schema, fields

from registry.accounts.actor import Actor
from registry.api.answers import json_response
from registry.api.problems import Problem
from registry.catalogue.tabular import ImportReport, Row, read_rows
from registry.errors import N_
from registry.http import actor, session

TYPES = {
    "text/csv": "csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/json": "json",
}
Importer = Callable[[Any, Actor, Iterable[Row], bool], ImportReport]


class ImportArgs(Schema):
    """How to import."""

    dry_run = fields.Boolean(load_default=False, metadata={"description": "do everything, write nothing"})


class RowRemark(Schema):
    """What is wrong, or odd, with a row."""

    row = fields.Integer()
    field = fields.String()
    message = fields.String()


class ImportDocument(Schema):
    """What became of the rows, each counted once."""

    created = fields.Integer()
    updated = fields.Integer()
    unchanged = fields.Integer()
    quarantined = fields.Integer(metadata={"description": "refused; `errors` say why"})
    errors = fields.List(fields.Nested(RowRemark))
    warnings = fields.List(fields.Nested(RowRemark))


BODY = {
    "requestBody": {
        "required": True,
        "content": {name: {"schema": {"type": "string", "format": "binary"}} for name in TYPES},
    }
}
"""For `@blp.doc(**BODY)`: what such a request carries"""


def import_body(importer: Importer, dry_run: bool) -> Response:
    """Import the table that the request carries. Raises InvalidInput, Problem for another content type."""
    ending = TYPES.get(request.mimetype)
    if ending is None:
        raise Problem("unsupported-media-type", N_("Send CSV, XLSX or JSON, and say which by Content-Type."))
    with TemporaryDirectory(prefix="casa-table-") as folder:
        path = Path(folder) / f"table.{ending}"
        path.write_bytes(request.get_data(cache=False))
        report = importer(session(), actor(), read_rows(path, ending), dry_run)
    return json_response(report.as_dict())
