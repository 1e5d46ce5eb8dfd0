"""Versions over HTTP: a record's ETag is its version in quotes; If-Match asks for it, If-None-Match saves the answer.

ETags are strong: a weak one (`W/"5"`) never satisfies If-Match (RFC 9110, 13.1.1). The suffix that compression adds
(`"5:br"`) is part of the same version and taken back.
"""

import re
from collections.abc import Callable
from copy import deepcopy
from functools import wraps
from typing import Any

from flask import Response, request

from registry.api.answers import json_response
from registry.api.problems import Problem
from registry.errors import N_

NEVER = 0
"""A version no record has: an ETag that is not one of ours leads to 412 with the version in force."""


def etag_of(record: Any) -> str:
    """The ETag of a record (or of its version)."""
    return f'"{record if isinstance(record, int) else record.version}"'


def expected_version() -> int:
    """The version the caller read last, from If-Match; the service compares it.

    428 where it is missing or `*`: without it the caller would overwrite what it has not seen.
    """
    given = request.headers.get("If-Match", "").strip()
    if not given:
        raise Problem("precondition-required", N_("Send If-Match with the ETag of the record as you last read it."))
    if given == "*":
        raise Problem("precondition-required", N_("If-Match: * would overwrite what you have not read. Send the ETag."))
    if re.search(r'"\s*,', given):
        raise Problem("bad-request", N_("If-Match takes one ETag here: that of the version you read."))
    found = re.fullmatch(r'"([0-9]{1,9})(?::[a-z]+)?"', given)
    return int(found[1]) if found else NEVER


def version_if_sent() -> int | None:
    """As expected_version, where the caller may say for each part of the body what it has read instead."""
    return expected_version() if request.headers.get("If-Match") else None


def partly_versioned(view: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a PATCH whose If-Match is needed only where its body does not say what was read."""
    mark(view, "partly_versioned")
    return view


def versioned(view: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a view that calls expected_version(): documented, and 428 comes before anything is read or written.

    PUT, PATCH and DELETE are documented without it.
    """

    @wraps(view)
    def checking(*args: Any, **kwargs: Any) -> Any:
        expected_version()
        return view(*args, **kwargs)

    mark(checking, "versioned")
    return checking


def mark(view: Any, name: str) -> None:
    """Note something about a view for the API's description (api/openapi.py)."""
    view._apidoc = deepcopy(getattr(view, "_apidoc", {})) | {name: True}


def not_modified(etag: str) -> Response | None:
    """304 where a GET's If-None-Match names this ETag, else None: ask before the work of building the answer."""
    if request.method not in ("GET", "HEAD"):
        return None
    given = request.headers.get("If-None-Match", "")
    tags = {_plain(tag) for tag in re.findall(r'(?:W/)?"[^"]*"', given)}
    if given.strip() != "*" and _plain(etag) not in tags:
        return None
    return Response(status=304, headers={"ETag": etag})


def _plain(tag: str) -> str:
    return re.sub(r":(?:br|gzip|deflate|zstd)$", "", tag.removeprefix("W/").strip('"'))


def item_response(item: Any, version: int, *, status: int = 200, location: str | None = None) -> Response:
    """One record with its ETag; 304 where the caller has it. A created one (201) says where it is."""
    etag = etag_of(version)
    fresh = not_modified(etag)
    if fresh is not None:
        return fresh
    headers = {"ETag": etag} | ({"Location": location} if location else {})
    return json_response(item, status, headers)
