"""Bringing a database to this version's tables: `casa init` and the tests run it; `make check` asks for drift."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from registry.db import Database


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def upgrade(database: Database) -> None:
    """Apply every migration not yet applied."""
    if not pending(database):
        return
    with database.reshaping() as connection:
        upgrade_over(connection, "head")


def upgrade_over(connection: Connection, revision: str) -> None:
    """Apply the migrations up to `revision` in the connection's transaction (see Database.reshaping)."""
    command.upgrade(_config(connection), revision)


def current(connection: Connection) -> str | None:
    """The database's revision; None where it has no tables of ours."""
    return MigrationContext.configure(connection).get_current_revision()


def is_known(revision: str) -> bool:
    """Whether this version has that migration."""
    script = ScriptDirectory(str(Path(__file__).parent / "migrations"))
    return revision in {known.revision for known in script.walk_revisions()}


def check_drift(database: Database) -> None:
    """Raise alembic's CommandError where the models say something the migrations do not."""
    with database.engine.begin() as connection:
        command.check(_config(connection))


def make_revision(database: Database, message: str, revision: str) -> None:
    """Write a migration for what the models changed, to be read by a person before it is committed."""
    with database.engine.begin() as connection:
        command.revision(_config(connection), message, autogenerate=True, rev_id=revision)


def pending(database: Database) -> int:
    """How many migrations are still to be applied."""
    with database.engine.connect() as connection:
        script = ScriptDirectory.from_config(_config(connection))
        return sum(1 for _ in script.iterate_revisions("head", current(connection) or "base"))
