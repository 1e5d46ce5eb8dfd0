"""Which engine does the work in the background: chosen by one setting, and looked up here only.

Both do the tasks of tasks.py on the rows of the schedule. The embedded one asks every second what is due;
Procrastinate's workers are called.
"""

import importlib
from types import ModuleType

from registry.db import Database
from registry.errors import ConfigurationError
from registry.settings import PROCRASTINATE, Settings

OF_THE_EXTRA = ("procrastinate", "psycopg", "psycopg_pool")


def open_database(settings: Settings) -> Database:
    """The registry's database; with an engine that is called, whoever writes to it calls."""
    if settings.background != PROCRASTINATE:
        return Database(settings.database)
    if settings.database.startswith("sqlite"):
        raise ConfigurationError("CASA_BACKGROUND=procrastinate needs PostgreSQL: set CASA_DATABASE_URL.")
    return Database(settings.database, part("tickets").issue)


def upgrade(settings: Settings, database: Database) -> None:
    """Make or bring up to date what the chosen engine keeps in the database beside our own tables."""
    if settings.background == PROCRASTINATE:
        part("ticket_tables").upgrade(database)


def part(name: str) -> ModuleType:
    """A module of Procrastinate's engine, read only where that is chosen.

    Raises ConfigurationError, naming the extra, where what it needs is not installed.
    """
    try:
        return importlib.import_module(f"registry.worker.{name}")
    except ModuleNotFoundError as error:
        if error.name not in OF_THE_EXTRA:
            raise
        raise ConfigurationError(
            f"CASA_BACKGROUND=procrastinate needs the extra `pg` ({error.name} is missing): "
            "pip install 'casa-registry[pg]'"
        ) from None
