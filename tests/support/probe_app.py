"""An application with the tests' own API module, and somebody signed in to it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import g, request

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.db import Database
from registry.http import RegistryFlask
from registry.settings import Settings
from tests.support import probe_api
from tests.support.applications import Applications

ENDPOINTS = ("Probes", "ProbeItem", "ProbeClosing", "ProbeCrash")


@contextmanager
def lend_probe_app(settings: Settings, database: Database) -> Iterator[RegistryFlask]:
    """The application with /api/v1/probes; `X-Test-User: 7` signs a coordinator with that id in."""
    with pytest.MonkeyPatch.context() as patch:
        for endpoint in ENDPOINTS:
            patch.setitem(policy.ROUTES, f"probes.{endpoint}", policy.Rule(policy.EVERYONE))
        with _APPLICATIONS.lend(settings, database) as app:
            yield app


def _extend(app: RegistryFlask) -> None:
    app.testing = False  # an error is answered, as it is in service
    app.extensions["flask-smorest"]["apis"][""]["ext_obj"].register_blueprint(probe_api.make_blueprint())

    @app.before_request
    def _sign_in() -> None:
        user = request.headers.get("X-Test-User", type=int)
        if user:
            g.actor = Actor(role="coordinator", user_id=user, label=f"user:{user}")


_APPLICATIONS = Applications(_extend)


@contextmanager
def hook(name: str, action: Callable[[], None]) -> Iterator[None]:
    """Let the probes' POST do this besides."""
    probe_api.hooks[name] = action
    try:
        yield
    finally:
        probe_api.hooks.pop(name, None)
