"""Applications that are lent from test to test: making one takes a quarter of a second, and needs no database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import Any

from registry.api import following
from registry.app import create_app
from registry.db import Database
from registry.http import RegistryFlask
from registry.settings import Settings

Key = tuple[Any, ...]


class Applications:
    """Applications of this process that no test has at the moment, by their settings.

    What a test may change is as at the beginning for the next: settings, database, configuration, the watch over the
    events, functions that run around requests. Whoever adds addresses makes an application of their own (`create_app`).
    """

    def __init__(self, extend: Callable[[RegistryFlask], None] = lambda _app: None) -> None:
        """`extend` adds what all of them have besides."""
        self._extend = extend
        self._free: dict[Key, list[_Lent]] = {}

    @contextmanager
    def lend(self, settings: Settings, database: Database) -> Iterator[RegistryFlask]:
        """An application of these settings on this database, nobody else's until the end."""
        free = self._free.setdefault(_key(settings), [])
        lent = free.pop() if free else _Lent(settings, database, self._extend)
        app = lent.begin(settings, database)
        try:
            yield app
        finally:
            watch = following.following(app).watch
            watch.close()
            watch.join()  # it lets go of its connection before the database goes
        free.append(lent)


class _Lent:
    """An application, and how it was when it was made."""

    def __init__(self, settings: Settings, database: Database, extend: Callable[[RegistryFlask], None]) -> None:
        self.app = create_app(settings, database)
        self.app.testing = True
        extend(self.app)
        self.config = dict(self.app.config)
        self.around = {name: _copy(getattr(self.app, name)) for name in AROUND}

    def begin(self, settings: Settings, database: Database) -> RegistryFlask:
        app = self.app
        app.settings, app.database = settings, database
        app.config.clear()
        app.config.update(self.config)
        for name, functions in self.around.items():
            kept = getattr(app, name)
            kept.clear()
            kept.update(_copy(functions))
        following.install(app)
        return app


AROUND = ("before_request_funcs", "after_request_funcs", "teardown_request_funcs")


def _copy(functions: dict[Any, list[Any]]) -> dict[Any, list[Any]]:
    return {scope: list(found) for scope, found in functions.items()}


def _key(settings: Settings) -> Key:
    # The folder is the test's own, and only a secret that is made there depends on it.
    names = [field.name for field in fields(settings) if field.name != "data_dir" or not settings.secret_key]
    return tuple((name, repr(getattr(settings, name))) for name in names)
