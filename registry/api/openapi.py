"""The API's description (OpenAPI 3.1) and the Blueprint that slices use: what all operations share stands here.

Served at /api/v1/openapi.json. Summary and description are the view's docstring; the rest comes from its decorators.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.common import resolve_schema_cls
from flask_smorest import Api as SmorestApi
from flask_smorest import Blueprint as SmorestBlueprint

from registry import __version__
from registry.api.arguments import Gate
from registry.api.problems import ProblemDocument
from registry.http import RegistryFlask

PREFIX = "/api/v1"
PROBLEM_TYPE = "application/problem+json"
WRITES = ("post", "put", "patch", "delete")

SECURITY = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token of this registry: `Authorization: Bearer casa_…` (`casa token issue`).",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "session",
        "description": "The cookie of a login on the pages; writes then need the header X-CSRFToken too.",
    },
}
PARAMETERS: dict[str, dict[str, Any]] = {
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "required": True,
        "schema": {"type": "string", "pattern": '^"[0-9]+"$'},
        "description": "ETag of the record as last read",
    },
    "IfMatchOrVersions": {
        "name": "If-Match",
        "in": "header",
        "schema": {"type": "string", "pattern": '^"[0-9]+"$'},
        "description": "ETag of the record as last read; not needed where every entry says what was read of it",
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "schema": {"type": "string", "minLength": 1, "maxLength": 200},
        "description": "A repeated request with the same key gets the first one's answer and does nothing again",
    },
}


class Blueprint(SmorestBlueprint):
    """A slice's part of the API: its input passes the one gate, its operations describe themselves."""

    ARGUMENTS_PARSER = Gate()

    def __init__(self, name: str, import_name: str, *, description: str, **kwargs: Any) -> None:
        """`Blueprint("needs", __name__, description="…")` hangs at /api/v1/needs unless `url_prefix` says otherwise."""
        kwargs.setdefault("url_prefix", f"{PREFIX}/{name}")
        super().__init__(name, import_name, description=description, **kwargs)
        self._prepare_doc_cbks.append(_describe)

    def _store_endpoint_docs(self, endpoint: str, obj: Any, parameters: Any, tags: Any, **options: Any) -> None:
        super()._store_endpoint_docs(endpoint, obj, parameters, tags, **options)
        operations: dict[str, Any] = self._docs[endpoint]
        for method, operation in operations.items():
            if method != "parameters":
                operation["operation_id"] = f"{self.name}_{endpoint}_{method}"


def _describe(doc: dict[str, Any], info: dict[str, Any], *, method: str, **_: Any) -> dict[str, Any]:
    """Name an operation and add the headers it takes and the problems it may answer with."""
    doc.setdefault("operationId", info["operation_id"])
    problems = {401, 403}
    if "requestBody" in doc or "requestBody" in info.get("manual_doc", {}):
        problems |= {400, 413, 415, 422}
    if method in WRITES:
        problems.add(409)
    if method in ("put", "patch", "delete") or info.get("versioned"):
        doc.setdefault("parameters", []).append("IfMatchOrVersions" if info.get("partly_versioned") else "IfMatch")
        problems |= {412, 428}
    if info.get("idempotent"):
        doc.setdefault("parameters", []).append("IdempotencyKey")
        problems |= {400, 422}
    for status in problems:
        doc.setdefault("responses", {}).setdefault(str(status), HTTPStatus(status).name)
    return doc


class Api(SmorestApi):
    """flask-smorest's Api with our problem documents; it leaves the application's error handlers alone."""

    ERROR_SCHEMA = ProblemDocument
    DEFAULT_RESPONSE_CONTENT_TYPE: str = SmorestApi.DEFAULT_RESPONSE_CONTENT_TYPE

    def _register_error_handlers(self) -> None:
        """Errors are answered by api/problems.py, under the API's addresses only."""

    def _register_responses(self) -> None:
        self.DEFAULT_RESPONSE_CONTENT_TYPE = PROBLEM_TYPE
        super()._register_responses()
        self.DEFAULT_RESPONSE_CONTENT_TYPE = SmorestApi.DEFAULT_RESPONSE_CONTENT_TYPE


def make_api(app: RegistryFlask) -> Api:
    """The API without its modules, describing itself at /api/v1/openapi.json."""
    app.config.update(
        API_TITLE="CASA Registry",
        API_VERSION=__version__,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=PREFIX,
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={
            "servers": [{"url": app.settings.public_url}],
            "security": [{"bearer": []}, {"session": []}, {}],
            "info": {
                "description": "Needs, offers, programmes and standards of small-arms control. "
                "How lists, versions, retries and the change feed work: docs/api.md.",
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
        },
    )
    api = Api(app, spec_kwargs={"marshmallow_plugin": MarshmallowPlugin(schema_name_resolver=_namer())})
    for name, scheme in SECURITY.items():
        api.spec.components.security_scheme(name, scheme)
    for name, parameter in PARAMETERS.items():
        api.spec.components.parameter(name, parameter["in"], parameter, lazy=True)
    return api


def _namer() -> Callable[[Any], str]:
    """Schemas are named by their class; where two slices chose the same name, the later one carries its slice's."""
    taken: dict[str, type] = {}

    def name_of(schema: Any) -> str:
        cls = resolve_schema_cls(schema)
        if not isinstance(cls, type):
            raise LookupError(f"the schema {schema} is ambiguous: pass the class")
        name = cls.__name__.removesuffix("Schema")
        if taken.setdefault(name, cls) is not cls:
            name += cls.__module__.removeprefix("registry.").title().replace(".", "").replace("_", "")
            taken[name] = cls
        # A schema cut down in place (only=…, exclude=…) has no name of its own: it is written out where it stands.
        modified = not isinstance(schema, type) and (schema.only is not None or schema.exclude)
        return "" if modified else name

    return name_of
