"""Fixtures of integration tests: a server that misbehaves, feeds, and the small world of the pages."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import Session

from registry.db import Database
from registry.http import RegistryFlask
from registry.settings import Settings
from registry.sync.report import Report
from registry.sync.runner import run_feed
from tests.support import web_world, webhooks
from tests.support.fault_server import FaultServer, fault_server
from tests.support.standards import load_text
from tests.support.syncing import make_feed
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


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """A server of this test's own that answers as it is told."""
    with fault_server() as server:
        yield server


@pytest.fixture
def allowing(settings: Settings, server: FaultServer) -> Settings:
    return replace(settings, outbound_allow=server.allow, fetch_timeout_seconds=1, sync_batch_rows=10, sync_pause_ms=0)


@pytest.fixture
def feed(database: Database, server: FaultServer) -> int:
    """A feed of the server's /feed."""
    return make_feed(database, server.url("/feed"))


@pytest.fixture
def sync(database: Database, allowing: Settings, feed: int) -> Callable[..., Report]:
    """Synchronise the feed."""
    return lambda **options: run_feed(database, allowing, feed, **options)


@pytest.fixture
def small(session: Session, tmp_path: Path) -> Session:
    """A session with the small standard loaded."""
    load_text(session, tmp_path)
    return session


@pytest.fixture
def allowed(settings: Settings, server: FaultServer) -> Settings:
    """Settings by which webhooks may go to that server."""
    return webhooks.allowing(settings, server.allow)
