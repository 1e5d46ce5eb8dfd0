"""A database that is away or busy: 503 and when to come again, one line of the log, and well again by itself."""

import logging
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from registry import db, migrate, outages
from registry.api.following import following
from registry.app import create_app
from registry.db import Database
from registry.http import RegistryFlask
from registry.settings import Settings
from registry.worker.beats import _calm
from tests.support.people import client_for, make_user
from tests.support.postgresql import PostgreSQL

ADDRESSES = ("/en/programmes", "/en/needs", "/api/v1/programmes", "/api/v1/needs", "/readyz")


@pytest.fixture(autouse=True)
def _unsaid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was said of an outage before."""
    monkeypatch.setattr(outages.OUTAGE, "_said_at", None)


@pytest.fixture
def own_server(_scratch: Path) -> Iterator[PostgreSQL]:
    """A server that a test may stop and start."""
    server = PostgreSQL.start(_scratch / "own")
    yield server
    server.stop()


def check_away_and_well_again(app: RegistryFlask, caplog: pytest.LogCaptureFixture, away: object, back: object) -> None:
    client = client_for(app, make_user(app.database, "coordinator"))
    assert {client.get(address).status_code for address in ADDRESSES} == {200}
    caplog.clear()
    away()  # type: ignore[operator]
    for _ in range(3):
        for address in ADDRESSES:
            answer = client.get(address)
            assert answer.status_code == 503, address
            assert address == "/readyz" or int(answer.headers["Retry-After"]) > 0
            assert "busy or away" in answer.text or address == "/readyz"
        _calm(lambda: make_user(app.database, "state"))()  # the scheduler's and the workers' beats, in the same words
    said = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(said) == 1 and said[0].exc_info is None and "away" in said[0].getMessage()
    back()  # type: ignore[operator]
    assert {client.get(address).status_code for address in ADDRESSES} == {200}, "no restart is needed"
    assert caplog.records[-1].getMessage().startswith("the database answers again")


def test_a_server_that_is_stopped_and_started(
    own_server: PostgreSQL, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    database = Database(own_server.create("casa"))
    migrate.upgrade(database)
    app = create_app(settings, database)
    try:
        check_away_and_well_again(app, caplog, own_server.stop, own_server.resume)
    finally:
        following(app).watch.close()
        database.dispose()


def test_a_file_that_is_moved_away_and_back(sqlite_app: RegistryFlask, caplog: pytest.LogCaptureFixture) -> None:
    path = Path(str(sqlite_app.database.engine.url.database))
    elsewhere = path.with_name("elsewhere.db")
    check_away_and_well_again(sqlite_app, caplog, lambda: path.rename(elsewhere), lambda: elsewhere.rename(path))
    assert not elsewhere.exists(), "no second file was made in its place"


def test_a_writer_that_cannot_have_the_lock_is_told_after_one_wait(
    sqlite_app: RegistryFlask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "WAIT", 3)
    client = client_for(sqlite_app, make_user(sqlite_app.database, "state"))
    holder = sqlite3.connect(str(sqlite_app.database.engine.url.database), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    answer = client.post("/en/needs/new", data={"title": "x"})
    took = time.monotonic() - began
    holder.rollback()
    holder.close()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, str(outages.RETRY_AFTER))
    assert 3 <= took < 6, "once, and not once more for the page that says so"


def test_a_table_that_is_not_there_is_a_fault_and_no_outage(sqlite_database: Database) -> None:
    with sqlite_database.reading() as session, pytest.raises(Exception, match="no such table") as caught:
        session.execute(text("SELECT * FROM not_there"))
    assert not outages.is_away(caught.value)
