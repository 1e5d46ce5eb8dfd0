"""A standard's file as the body of a request: YAML or JSON, looked at or loaded by the same code as from a folder."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
from flask import request
from marshmallow import Schema, fields

from registry.api.problems import Problem
from registry.compliance import library
from registry.compliance.library import LoadReport
from registry.errors import N_, InvalidInput
from registry.http import actor, session
from registry.yaml_files.reading import MAX_BYTES

YAML = ("application/yaml", "application/x-yaml", "text/yaml")
JSON = "application/json"
NAME = "standard.yaml"
_PLACE = re.compile(rf"{re.escape(NAME)}:(?P<line>\d+)(?: (?P<path>.+))?")
"""How the library says where in a file something is wrong"""
BODY = {
    "requestBody": {
        "required": True,
        "content": {name: {"schema": {"type": "string", "format": "binary"}} for name in (*YAML, JSON)},
    }
}


class LoadArgs(Schema):
    """Whether only to look."""

    preview = fields.Boolean(load_default=False, metadata={"description": "say what it would do, load nothing"})


class PlannedDocument(Schema):
    """What loading one standard did or would do."""

    standard = fields.String()
    version = fields.String()
    sha256 = fields.String()
    outcome = fields.String(metadata={"description": "new, new_version or unchanged"})
    previous = fields.String(allow_none=True, metadata={"description": "the edition in force before"})
    changes = fields.Dict(allow_none=True)


class LoadDocument(Schema):
    """What was, or with a preview would be, loaded."""

    new = fields.Integer()
    new_version = fields.Integer()
    unchanged = fields.Integer()
    standards = fields.List(fields.Nested(PlannedDocument))
    outside = fields.List(fields.String(), metadata={"description": "links into standards that are not loaded here"})


def load_body(preview: bool) -> LoadReport:
    """Load the file that the request carries. Raises InvalidInput with line and reason, Problem for another type.

    What is larger than a standard's file may be is not read (413).
    """
    request.max_content_length = MAX_BYTES
    content = request.get_data(cache=False)
    if request.mimetype == JSON:
        content = _as_lines(content)
    elif request.mimetype not in YAML:
        raise Problem("unsupported-media-type", N_("Send YAML or JSON, and say which by Content-Type."))
    with TemporaryDirectory(prefix="casa-standard-") as folder:
        path = Path(folder) / NAME
        path.write_bytes(content)
        try:
            return library.load(session(), actor(), [path], dry_run=preview)
        except InvalidInput as error:
            raise InvalidInput(_by_path(error.fields)) from None


def _as_lines(content: bytes) -> bytes:
    """JSON as YAML takes it: without tabs and without escaped characters."""
    try:
        return orjson.dumps(orjson.loads(content), option=orjson.OPT_INDENT_2)
    except orjson.JSONDecodeError as error:
        message = N_("The body is not JSON: line %(line)s, column %(column)s.")
        raise Problem("bad-request", message, line=error.lineno, column=error.colno) from None


def _by_path(wrong: dict[str, list[str]]) -> dict[str, list[str]]:
    """Errors by their path in the document, each with its line; those of the library as a whole under `_schema`."""
    found: dict[str, list[str]] = {}
    for place, messages in wrong.items():
        match = _PLACE.fullmatch(place)
        path = (match["path"] or "_schema") if match else "_schema"
        before = f"Line {match['line']}" if match else place
        found.setdefault(path, []).extend(f"{before}: {message}" for message in messages)
    return found
