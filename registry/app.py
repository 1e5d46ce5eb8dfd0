"""Wiring: settings, database, doors. `create_app` is what a WSGI server calls."""

from registry import api, http, web
from registry.db import Database
from registry.http import RegistryFlask
from registry.settings import Settings
from registry.worker.engines import open_database


def create_app(settings: Settings | None = None, database: Database | None = None) -> RegistryFlask:
    """One registry as a WSGI application. Raises ConfigurationError where its settings do not fit."""
    settings = settings or Settings.from_environ()
    app = RegistryFlask("registry", static_folder=None, template_folder="web/templates")
    app.settings = settings
    app.database = database or open_database(settings)
    app.config.update(
        SECRET_KEY=settings.secret(), MAX_CONTENT_LENGTH=32 * 1024 * 1024, MAX_FORM_MEMORY_SIZE=4 * 1024 * 1024
    )
    http.install(app)
    api.install(app)
    web.install(app)
    return app
