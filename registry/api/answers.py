"""The one encoder of the API's answers."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from flask import Response

from registry.catalogue.history import Version

JSON_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


def json_response(
    value: Any, status: int = 200, headers: Mapping[str, str] | None = None, content_type: str = "application/json"
) -> Response:
    """A JSON answer: instants as `…Z`, dates as ISO, dataclasses as objects."""
    response = Response(orjson.dumps(value, option=JSON_OPTIONS), status, content_type=content_type)
    response.headers.update(headers or {})
    return response


def history_response(steps: Iterable[Version]) -> Response:
    """The history of a record, newest first; who acted is told by kind, not by name."""
    items = [
        {"version": step.version, "at": step.at, "actor": step.actor.partition(":")[0], "changes": step.changes}
        for step in steps
    ]
    return json_response({"items": items})
