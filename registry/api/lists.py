"""Lists: one set of arguments, one envelope `{"items": […], "next": cursor|null, "total": n|null}`, one encoder."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any
from urllib.parse import urlencode

from flask import Response, request
from marshmallow import Schema, fields, validate
from sqlalchemy import Row

from registry.api.answers import json_response
from registry.api.etags import not_modified
from registry.errors import N_

MOST, USUAL = 500, 50


class ListArgs(Schema):
    """What every list takes; a slice's list adds its filters. `theme=a&theme=b` gives a List field both values."""

    q = fields.String(
        load_default="",
        validate=validate.Length(max=500, error=N_("At most {max} characters.")),
        metadata={"description": "words to search for; all must occur"},
    )
    sort = fields.String(load_default="", metadata={"description": "name of an order; `-name` is the other direction"})
    limit = fields.Integer(
        load_default=USUAL,
        validate=validate.Range(1, MOST, error=N_("This must be a whole number from {min} to {max}.")),
        metadata={"description": f"rows per page, at most {MOST}"},
    )
    cursor = fields.String(load_default="", metadata={"description": "`next` of the page before"})


@cache
def page_of(item: type[Schema]) -> type[Schema]:
    """The schema of a list of such items: for `@blp.response(200, page_of(NeedItem))`."""
    name = f"{item.__name__.removesuffix('Schema')}Page"
    page: type[Schema] = type(
        name,
        (Schema,),
        {
            "__doc__": f"One page of a list of {item.__name__}.",
            "items": fields.List(fields.Nested(item), required=True),
            "next": fields.String(required=True, allow_none=True),
            "total": fields.Integer(required=True, allow_none=True),
        },
    )
    return page


def list_response(
    rows: Iterable[Any],
    next_cursor: str | None,
    total: int | None,
    etag: str | None = None,
    more: Mapping[str, Any] | None = None,
) -> Response:
    """A page of Core rows, mappings or dataclasses, with `Link: rel="next"`; 304 where the caller has this ETag.

    `total` None: not counted, which is not the same as none. `more` joins the envelope (facets).
    """
    fresh = not_modified(etag) if etag else None
    if fresh is not None:
        return fresh
    items = [dict(row._mapping) if isinstance(row, Row) else row for row in rows]
    response = json_response({"items": items, "next": next_cursor, "total": total, **(more or {})})
    if etag:
        response.headers["ETag"] = etag
    if next_cursor:
        response.headers["Link"] = f'<{here_with(cursor=next_cursor)}>; rel="next"'
    return response


def here_with(**changed: str) -> str:
    """This request's address with some parameters changed, relative to the server."""
    pairs = [(name, value) for name, value in request.args.items(multi=True) if name not in changed]
    return f"{request.path}?{urlencode([*pairs, *changed.items()])}"
