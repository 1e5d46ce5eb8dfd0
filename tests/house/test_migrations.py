"""`alembic check`: the models say nothing that the migrations do not."""

from pathlib import Path

from registry import migrate
from registry.db import Database


def test_models_and_migrations_agree(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'casa.db'}")
    migrate.upgrade(database)
    assert migrate.pending(database) == 0
    migrate.check_drift(database)
    database.dispose()
