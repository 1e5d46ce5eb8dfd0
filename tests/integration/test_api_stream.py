"""The stream of changes over real sockets: as things happen, from where one stopped, never longer than it should."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from registry.accounts.models import Token, User
from registry.api import rooms
from registry.api import stream as stream_api
from registry.api.following import following
from registry.catalogue.models import Meta
from registry.cli.setup import web_command
from registry.db import Database, utcnow
from registry.events.outbox import Change, emit_all
from registry.http import RegistryFlask
from registry.rooms import Room
from registry.settings import Settings
from tests.support.event_source import URL, EventSource, served
from tests.support.people import make_user, token_headers

Connect = Callable[..., EventSource]


def write(database: Database, *numbers: int, title: str = "Need", **more: object) -> None:
    with database.transaction() as session:
        emit_all(session, [Change("need.opened", "need", n, 1, {"title": title}, **more) for n in numbers])  # type: ignore[arg-type]


def subject(source: EventSource) -> str | None:
    event = source.next_event()
    return event and event["subject"]


@pytest.fixture
def connect() -> Iterator[Callable[..., EventSource]]:
    """Opens streams that are closed with the test."""
    opened: list[EventSource] = []

    def make(port: int, headers: dict[str, str] | None = None, address: str = URL) -> EventSource:
        opened.append(EventSource(port, headers, address))
        return opened[-1]

    yield make
    for source in opened:
        source.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_api, "CHECK_SECONDS", 0.2)
    monkeypatch.setattr(stream_api, "BEAT_SECONDS", 0.4)


def _serve(app: RegistryFlask) -> Iterator[int]:
    following(app).watch._poll_seconds = 0.05
    with served(app) as port:
        yield port


@pytest.fixture
def port(app: RegistryFlask, quick: None) -> Iterator[int]:
    """Of the application on each engine."""
    yield from _serve(app)


@pytest.fixture
def sqlite_port(sqlite_app: RegistryFlask, quick: None) -> Iterator[int]:
    """Of the application on SQLite only."""
    yield from _serve(sqlite_app)


def eventually(true: Callable[[], object], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def test_it_tells_what_happens_and_goes_on_where_it_broke_off(connect: Connect, app: RegistryFlask, port: int) -> None:
    write(app.database, 1)
    source = connect(port)
    assert source.status == 200 and source.headers["Content-Type"].startswith("text/event-stream")
    assert source.headers["Cache-Control"] == "no-store" and source.headers["X-Accel-Buffering"] == "no"
    source.block()
    write(app.database, 2, 3)
    event = source.next_event()
    assert event is not None and event["subject"] == "needs/2", "without a cursor: only what comes"
    assert event["type"] == "casa.need.opened" and event["data"]["version"] == 1
    cursor = source.last_id
    source.close()
    write(app.database, 4)
    again = connect(port, {"Last-Event-ID": cursor})
    assert [subject(again), subject(again)] == ["needs/3", "needs/4"]
    page = app.test_client().get(f"/api/v1/changes?after={cursor}")
    assert [e["subject"] for e in page.get_json(force=True)] == ["needs/3", "needs/4"], "a cursor of the feed"
    write(app.database, 5)
    assert subject(again) == "needs/5"
    again.close()


def test_many_events_behind_a_cursor_come_page_by_page(
    connect: Connect, sqlite_app: RegistryFlask, sqlite_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_api, "PAGE", 3)
    cursor = sqlite_app.test_client().get("/api/v1/changes").headers["Link"].partition("after=")[2].partition(">")[0]
    write(sqlite_app.database, *range(1, 11))
    source = connect(sqlite_port, address=f"{URL}?after={cursor}")
    assert [subject(source) for _ in range(10)] == [f"needs/{n}" for n in range(1, 11)]
    source.close()


def test_what_one_may_not_see_is_not_told_and_the_cursor_moves_over_it(
    connect: Connect, sqlite_app: RegistryFlask, sqlite_port: int
) -> None:
    anybody = connect(sqlite_port)
    anybody.block()
    before = anybody.last_id
    owner = make_user(sqlite_app.database, "state")
    kenya = connect(sqlite_port, token_headers(sqlite_app.database, owner, ["changes:read"]))
    kenya.block()
    write(sqlite_app.database, 1, visibility="private", state="KEN")
    assert subject(kenya) == "needs/1"
    eventually(lambda: anybody.block() or anybody.last_id != before)
    write(sqlite_app.database, 2)
    assert subject(anybody) == "needs/2"
    anybody.close()
    kenya.close()


def test_a_revoked_token_ends_its_stream(connect: Connect, app: RegistryFlask, port: int) -> None:
    headers = token_headers(app.database, make_user(app.database, "donor"), ["changes:read"])
    source = connect(port, headers)
    source.block()
    with app.database.transaction() as session:
        session.get_one(Token, 1).revoked_at = utcnow()
    start = time.monotonic()
    assert source.next_event() is None and time.monotonic() - start < 5
    assert connect(port, headers).status == 401


def test_a_role_that_changed_ends_the_stream_before_anything_more_is_told(
    connect: Connect, sqlite_app: RegistryFlask, sqlite_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_api, "CHECK_SECONDS", 60)
    user = make_user(sqlite_app.database, "state")
    headers = token_headers(sqlite_app.database, user, ["changes:read"])
    source = connect(sqlite_port, headers)
    source.block()
    cursor = source.last_id
    with sqlite_app.database.transaction() as session:
        session.get_one(User, user.id).state = "UGA"
    write(sqlite_app.database, 1, visibility="private", state="KEN")
    assert source.next_event() is None
    assert connect(sqlite_port, {**headers, "Last-Event-ID": cursor}).status == 410


def test_places_are_bounded_and_given_back_when_a_caller_goes_away(
    connect: Connect, sqlite_app: RegistryFlask, sqlite_port: int
) -> None:
    following(sqlite_app).standing = Room(2)
    sources = [connect(sqlite_port) for _ in range(2)]
    refused = connect(sqlite_port)
    assert refused.status == 503 and refused.headers["Retry-After"] == "10"
    assert refused.json()["type"].endswith("#unavailable")
    sources.pop().close()
    eventually(lambda: connect(sqlite_port).status == 200)  # found out by the next sign of life
    sources.pop().close()


def test_a_stream_ends_by_itself(
    connect: Connect, sqlite_app: RegistryFlask, sqlite_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_api, "LIFE_SECONDS", 0.5)
    following(sqlite_app).standing = Room(1)
    source = connect(sqlite_port)
    assert source.next_event() is None and source.comments[-1] == "connect again" and source.retry == 3000
    eventually(lambda: connect(sqlite_port, {"Last-Event-ID": source.last_id}).status == 200)


def test_a_caller_who_takes_nothing_is_let_go(
    connect: Connect, sqlite_app: RegistryFlask, sqlite_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "SEND_SECONDS", 0.3)
    following(sqlite_app).standing = Room(1)
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.connect(("127.0.0.1", sqlite_port))
    deaf.sendall(f"GET {URL} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    deaf.recv(64)
    write(sqlite_app.database, *range(1, 200), title="x" * 60_000)
    eventually(lambda: connect(sqlite_port).status == 200)
    deaf.close()


@pytest.mark.parametrize("cursor, status", [("garbage", 422), (None, 410)])
def test_a_cursor_that_leads_nowhere_is_refused(
    connect: Connect, sqlite_app: RegistryFlask, sqlite_port: int, cursor: str | None, status: int
) -> None:
    if cursor is None:
        cursor = sqlite_app.test_client().get("/api/v1/changes").headers["Link"].partition("after=")[2].rstrip('>; "')
        cursor = cursor.partition(">")[0]
        with sqlite_app.database.transaction() as session:
            session.get_one(Meta, "epoch").value = "after-a-restore"
    refused = connect(sqlite_port, {"Last-Event-ID": cursor})
    assert refused.status == status
    assert status == 422 or refused.json()["snapshot"].endswith("/api/v1/snapshot")


def test_behind_gunicorn_streams_leave_the_pages_their_threads(
    connect: Connect, sqlite_database: Database, tmp_path: Path
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = Settings(web_workers=1, standing_requests=3)
    environ = {
        **os.environ, "CASA_DATABASE_URL": sqlite_database.url, "CASA_DATA_DIR": str(tmp_path),
        "CASA_SECRET_KEY": "test-secret-key-not-for-use", "CASA_STANDING_REQUESTS": "3",
    }  # fmt: skip
    server = subprocess.Popen(web_command(settings, "127.0.0.1", port), env=environ, stderr=subprocess.DEVNULL)

    def status(address: str) -> int:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", address)
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()

    try:
        eventually(lambda: status("/healthz") == 200, 120)
        sources = [connect(port) for _ in range(3)]
        assert [source.status for source in sources] == [200, 200, 200]
        assert status(URL) == 503 and status("/api/v1/changes?wait=20") == 200
        assert all(status("/api/v1/programmes") == 200 for _ in range(5))
        write(sqlite_database, 1)
        assert [subject(source) for source in sources] == ["needs/1"] * 3
        server.send_signal(signal.SIGTERM)
        assert server.wait(8) == 0, "open streams do not keep it from stopping"
        assert sources[0].next_event() is None and sources[0].comments[-1] == "connect again"
    finally:
        server.kill()
        server.wait(5)
