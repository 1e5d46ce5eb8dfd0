"""Fixtures of integration tests: the small world of the pages, made once and copied for each test."""

import shutil
from pathlib import Path

import pytest

from registry.db import Database
from registry.http import RegistryFlask
from tests.support import web_world
from tests.support.web_world import World


@pytest.fixture(scope="session")
def world_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    """A database file with the world in it, and what was made."""
    path = tmp_path_factory.mktemp("world") / "world.db"
    shutil.copyfile(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    world = web_world.build(database)
    database.dispose()  # the last connection to close writes the log back into the file
    return path, world


@pytest.fixture
def world(sqlite_app: RegistryFlask, tmp_path: Path, world_template: tuple[Path, World]) -> World:
    """The world in this test's own application."""
    shutil.copyfile(world_template[0], tmp_path / "casa.db")  # before the first connection is made
    return world_template[1]
