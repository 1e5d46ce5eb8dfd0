"""Fixtures every test shares: a fresh database on each engine, the application, and no network beyond loopback.

`database` runs a test twice, on SQLite and on a real PostgreSQL; a machine without PostgreSQL fails, it does not skip.
"""

import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import Session

from registry import migrate
from registry.db import Database
from registry.http import RegistryFlask
from registry.matching.screening import index
from registry.settings import Settings
from tests.support.applications import Applications
from tests.support.durations import in_order
from tests.support.postgresql import Emptied, PostgreSQL

LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")  # noqa: S104


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = in_order({item.location[0] for item in items})
    items.sort(key=lambda item: places[item.location[0]])


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any connection beyond this machine fails at once, so no test can depend on the outside."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and not str(address[0]).startswith(LOOPBACK):
            raise AssertionError(f"a test reached for the network: {address}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def _scratch() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="casa-tests-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_template(_scratch: Path) -> Path:
    path = _scratch / "template.db"
    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database)
    database.dispose()  # the last connection to close writes the log back into the file
    return path


@pytest.fixture(scope="session")
def postgresql(_scratch: Path) -> Iterator[PostgreSQL]:
    server = PostgreSQL.start(_scratch / "pg")
    try:
        database = Database(server.create("casa_template"))
        migrate.upgrade(database)
        database.dispose()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def emptied(postgresql: PostgreSQL) -> Emptied:
    """This process's one database on PostgreSQL."""
    return Emptied(postgresql, "casa_template")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A fresh, migrated, empty database; the test runs once per engine."""
    if request.param == "sqlite":
        path = tmp_path / "casa.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        database = Database(f"sqlite:///{path}")
        yield database
        database.dispose()
    else:
        emptied: Emptied = request.getfixturevalue("emptied")
        index._CACHE.clear()  # it is remembered by the database's address, which is the same for every test
        database = Database(emptied.fresh())
        yield database
        database.dispose()


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """A fresh database on SQLite only: for what does not depend on the engine (pages, end to end)."""
    path = tmp_path / "casa.db"
    shutil.copyfile(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    yield database
    database.dispose()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A writing session that is never committed: for services."""
    with Session(database.engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A source that fails, fails at once, and none is waited for: trying again and manners are tested by themselves."""
    return Settings(
        data_dir=tmp_path,
        secret_key="test-secret-key-not-for-use",
        public_url="http://registry.test",
        fetch_tries=1,
        host_gap_ms=0,
    )


@pytest.fixture
def app(settings: Settings, database: Database) -> Iterator[RegistryFlask]:
    """The application on each engine."""
    with APPLICATIONS.lend(settings, database) as app:
        yield app


@pytest.fixture
def sqlite_app(settings: Settings, sqlite_database: Database) -> Iterator[RegistryFlask]:
    """The application on SQLite only."""
    with APPLICATIONS.lend(settings, sqlite_database) as app:
        yield app


APPLICATIONS = Applications()
