"""Errors of the API as problem documents (RFC 9457): what went wrong, where, and what to do; never a stack trace.

Every kind stands in KINDS, which `GET /api/v1/problems` serves: a problem's `type` is an address there.
"""

import logging
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from flask import Response, g, request
from flask_babel import gettext
from marshmallow import Schema, fields
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import HTTPException

from registry.api.answers import json_response
from registry.errors import (
    N_,
    Busy,
    Conflict,
    FieldsChanged,
    InvalidInput,
    RegistryError,
    TooManyAttempts,
    VersionMismatch,
)
from registry.http import SAFE_METHODS, RegistryFlask, registry_app
from registry.outages import OUTAGE, RETRY_AFTER, is_away

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kind:
    """A kind of problem: its status, its short name for people, and what it means for the caller."""

    status: int
    title: str
    meaning: str


KINDS: dict[str, Kind] = {
    "bad-request": Kind(400, N_("Bad request"), "The request cannot be read: broken JSON, a header out of form."),
    "not-authenticated": Kind(401, N_("Not signed in"), "No token or login, or one that is wrong, expired or revoked."),
    "not-allowed": Kind(
        403, N_("Not allowed"), "The caller is known, but its role or its token's scopes do not reach."
    ),
    "not-found": Kind(404, N_("Not found"), "There is no such address or record, or none the caller may know of."),
    "method-not-allowed": Kind(405, N_("Method not allowed"), "The header `Allow` names the methods of this address."),
    "not-acceptable": Kind(406, N_("Not acceptable"), "The answer does not exist in the form asked for."),
    "conflict": Kind(409, N_("Conflict"), "The record's state, or another one, does not allow this."),
    "gone": Kind(410, N_("Gone"), "The cursor leads nowhere any more: take the `snapshot` and follow from its cursor."),
    "version-mismatch": Kind(412, N_("Version mismatch"), "Somebody else was faster; `current_version` is in force."),
    "too-large": Kind(413, N_("Too large"), "The body is larger than this registry takes."),
    "unsupported-media-type": Kind(415, N_("Unsupported media type"), "Bodies are sent as application/json."),
    "invalid-input": Kind(422, N_("Invalid input"), "`errors` names each field by pointer, parameter or header."),
    "idempotency-key-reused": Kind(422, N_("Key used before"), "The Idempotency-Key came with another request before."),
    "precondition-required": Kind(428, N_("Precondition required"), "Send If-Match with the ETag you last read."),
    "too-many-attempts": Kind(429, N_("Too many attempts"), "Failed logins or tokens came too fast; see Retry-After."),
    "error": Kind(500, N_("Internal error"), "Our fault. `request_id` finds it in this registry's log."),
    "bad-gateway": Kind(502, N_("Partner not reached"), "A partner's server did not answer as it should."),
    "unavailable": Kind(
        503,
        N_("Unavailable"),
        "Too much is going on, or the database is away; try again after Retry-After.",
    ),
}
_PLAIN = {
    404: N_("There is no such address."),
    405: N_("This address does not take that method."),
    413: N_("The body is larger than this registry takes."),
}
_OF_STATUS = {kind.status: code for code, kind in reversed(KINDS.items())}


class Problem(RegistryError):
    """A problem of HTTP that no service knows of. `extra` joins the document, `headers` the answer."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
        **params: Any,
    ) -> None:
        super().__init__(message, **params)
        self.code, self.status = code, KINDS[code].status
        self.headers, self.extra = dict(headers or {}), dict(extra or {})


class InvalidParameters(InvalidInput):
    """Parameters of the address do not fit, whatever the method."""


class FieldProblem(Schema):
    """One field that does not fit: in the body (pointer), the address (parameter) or a header."""

    pointer = fields.String(metadata={"description": "JSON pointer into the body: `#/lines/0/amount`"})
    parameter = fields.String(metadata={"description": "name of the parameter in the address"})
    header = fields.String(metadata={"description": "name of the header"})
    detail = fields.String(required=True)


class ProblemDocument(Schema):
    """A problem document (RFC 9457)."""

    type = fields.URL(required=True, metadata={"description": "kind of problem, see /api/v1/problems"})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    instance = fields.String(metadata={"description": "the address that was asked for"})
    errors = fields.List(fields.Nested(FieldProblem))
    current_version = fields.Integer(metadata={"description": "of the record, where somebody else was faster"})
    conflicts = fields.List(
        fields.Dict(),
        metadata={"description": "fields that somebody else changed: `pointer`, `stored`, `sent`, perhaps `version`"},
    )
    snapshot = fields.String(metadata={"description": "address to begin again from, where a cursor leads nowhere"})
    request_id = fields.String(metadata={"description": "finds a fault of ours in this registry's log"})


def install(app: RegistryFlask) -> None:
    """Answer every error under the machines' addresses with a problem document; give every request an id."""
    app.answer_problem = answer

    @app.after_request
    def _name_request(response: Response) -> Response:
        response.headers["X-Request-Id"] = request_id()
        return response


def request_id() -> str:
    """This request's id: the proxy's (X-Request-Id) where it gave a plain one, else our own."""
    if "request_id" not in g:
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if re.fullmatch(r"[A-Za-z0-9_.-]{8,64}", given) else uuid.uuid4().hex
    return str(g.request_id)


def answer(error: Exception) -> Response:
    """The problem document of any error; what nobody expected is logged with the request's id."""
    if isinstance(error, RegistryError) and error.status != 500:
        return _of_registry_error(error)
    if isinstance(error, HTTPException):
        return _of_http_error(error)
    if isinstance(error, IntegrityError) and _is_unique_violation(error):
        log.info("request %s met a unique constraint: %s", request_id(), error.orig)
        return _document("conflict", gettext(N_("Another record with the same value was saved at the same moment.")))
    if is_away(error):
        OUTAGE.note(error, f"request {request_id()} is answered 503")
        detail = gettext(N_("The database is busy or away. Try again in a moment."))
        return _document("unavailable", detail, headers={"Retry-After": str(RETRY_AFTER)}, request_id=request_id())
    log.error("request %s failed: %s %s", request_id(), request.method, request.path, exc_info=error)
    detail = gettext(N_("Something went wrong here. The people who run this registry find it by the request's id."))
    return _document("error", detail, request_id=request_id())


def _of_registry_error(error: RegistryError) -> Response:
    extra: dict[str, Any] = {}
    headers: dict[str, str] = {}
    if isinstance(error, Problem):
        extra, headers = error.extra, error.headers
    elif isinstance(error, InvalidInput):
        extra["errors"] = [
            {**_place(path, error), "detail": gettext(message) if message else ""}
            for path, messages in error.fields.items()
            for message in messages
        ]
    elif isinstance(error, Conflict):
        extra |= error.details
    elif isinstance(error, FieldsChanged):
        extra["current_version"] = error.current
        extra["conflicts"] = [{"pointer": pointer(path), **both} for path, both in error.fields.items()]
    elif isinstance(error, VersionMismatch):
        extra["current_version"] = error.current
    elif isinstance(error, Busy | TooManyAttempts):
        headers["Retry-After"] = str(error.retry_after)
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="casa"'
    return _document(error.code, _said(error), headers=headers, status=error.status, **extra)


def _of_http_error(error: HTTPException) -> Response:
    response = error.get_response()
    if response.status_code < 400:
        return Response(headers=response.headers, status=response.status_code)  # redirects are exceptions too
    kept = {name: value for name, value in response.headers if name in ("Allow", "Retry-After", "WWW-Authenticate")}
    detail = _PLAIN.get(response.status_code)
    said = gettext(detail) if detail else str(error.description or error.name)
    return _document("", said, headers=kept, status=response.status_code)


def _document(
    code: str, detail: str, *, headers: Mapping[str, str] | None = None, status: int | None = None, **extra: Any
) -> Response:
    if status and (code not in KINDS or KINDS[code].status != status):
        code = _OF_STATUS.get(status, "error" if status >= 500 else "bad-request")  # a slice's own: its status says
    kind = KINDS[code]
    document = {
        "type": f"{registry_app().settings.public_url}/api/v1/problems#{code}",
        "title": gettext(kind.title),
        "status": status or kind.status,
        "detail": detail,
        "instance": request.path,
        **extra,
    }
    return json_response(
        document,
        status or kind.status,
        {**(headers or {}), "Cache-Control": "no-store"},
        content_type="application/problem+json",
    )


def _said(error: RegistryError) -> str:
    return gettext(error.message, **error.params) if error.message else HTTPStatus(error.status).phrase


def _place(path: str, error: InvalidInput) -> dict[str, str]:
    if request.method in SAFE_METHODS or isinstance(error, InvalidParameters):
        return {"parameter": path}
    return {"pointer": pointer(path)}


def pointer(path: str) -> str:
    """A dotted path as a JSON pointer in an address's fragment: `lines.0.amount` → `#/lines/0/amount`."""
    if path == "_schema":
        return "#"
    parts = (part.replace("%2E", ".").replace("~", "~0").replace("/", "~1") for part in path.split("."))
    return "#/" + "/".join(quote(part, safe="~!$&'()*+,;=:@") for part in parts)


def _is_unique_violation(error: IntegrityError) -> bool:
    return getattr(error.orig, "sqlstate", None) == "23505" or "UNIQUE constraint failed" in str(error.orig)
