"""What the two HTTP doors share: the request's one transaction and who is asking. Holds no business rule."""

from collections.abc import Callable
from typing import cast

from flask import Flask, Response, current_app, g, request
from flask.typing import ResponseReturnValue
from sqlmodel import Session
from werkzeug.routing import IntegerConverter

from registry.accounts.actor import ANONYMOUS, Actor
from registry.db import Database, commit
from registry.settings import Settings

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MACHINE_PATHS = ("/api/", "/healthz", "/readyz", "/metrics")


class RecordNumber(IntegerConverter):
    """`<int:…>` in addresses: a number no database could hold is no record, hence 404 and not a fault."""

    regex = r"\d{1,18}"


class RegistryFlask(Flask):
    """Flask with one transaction per request: committed when the view is done, rolled back on any error."""

    settings: Settings
    database: Database
    answer_problem: Callable[[Exception], Response] | None = None
    """Answers errors under MACHINE_PATHS; the API sets it. Pages answer theirs in their own blueprint."""

    def handle_user_exception(self, e: Exception) -> Response | ResponseReturnValue:
        if self.answer_problem is not None and request.path.startswith(MACHINE_PATHS):
            return self.answer_problem(e)
        return super().handle_user_exception(e)

    def dispatch_request(self) -> ResponseReturnValue:
        response = self.make_response(super().dispatch_request())
        # Here and not in after_request: an error of the commit itself must reach the error handlers.
        if response.status_code < 400 and "session" in g and request.method not in SAFE_METHODS:
            commit(g.session)
        return response


def registry_app() -> RegistryFlask:
    """The application this request belongs to."""
    return cast(RegistryFlask, current_app)


def session() -> Session:
    """The request's session, opened when first asked for; GET and HEAD get one that cannot write."""
    if "session" not in g:
        database = registry_app().database
        engine = database.read_engine if request.method in SAFE_METHODS else database.engine
        g.session = Session(engine, expire_on_commit=False)
    return cast(Session, g.session)


def actor() -> Actor:
    """Who is asking; anonymous where nobody signed in."""
    return cast(Actor, g.get("actor", ANONYMOUS))


def install(app: RegistryFlask) -> None:
    """Close the request's session whatever happened."""
    app.url_map.converters["int"] = RecordNumber

    @app.teardown_request
    def _close(_error: BaseException | None) -> None:
        opened = g.pop("session", None)
        if opened is not None:
            opened.close()


def no_content() -> Response:
    return Response(status=204)
