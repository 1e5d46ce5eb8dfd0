"""Manners with partners' servers: one request at a time over all, a pause behind each, and nobody blocks for ever."""

import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from registry.accounts.actor import system
from registry.db import Database, utcnow
from registry.outbound.retrying import Clock
from registry.outbound.urls import FetchFailed
from registry.settings import Settings
from registry.sync import feeds, timetable, turns
from registry.sync.models import HostTurn, Run
from registry.sync.rules import never
from registry.sync.runner import run_feed
from registry.sync.turns import Turns, host_of
from registry.worker.schedule import LATER
from registry.worker.tasks import TASKS, Busy
from tests.support.fault_server import FaultServer, Request, body
from tests.support.iati import document, many

URL = "https://partner.example/list.xml"
CLI = system("cli")


@pytest.fixture
def mannered(settings: Settings) -> Settings:
    return replace(settings, host_gap_ms=50)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        (URL, "partner.example:443"),
        ("http://Partner.Example/", "partner.example:80"),
        ("http://partner.example:8080/x", "partner.example:8080"),
        ("http://[::1]:8000/", "::1:8000"),
    ],
)
def test_a_server_is_known_by_host_and_port(url: str, host: str) -> None:
    assert host_of(url) == host


def test_one_asks_at_a_time_whoever_they_are_and_rests_behind_it(database: Database, mannered: Settings) -> None:
    at_it, most, spans = [0], [0], []
    lock = threading.Lock()

    def ask(name: str) -> None:
        with Turns(database, mannered, name, never)(URL):
            begun = time.monotonic()
            with lock:
                at_it[0] += 1
                most[0] = max(most[0], at_it[0])
            time.sleep(0.02)
            with lock:
                at_it[0] -= 1
            spans.append((begun, time.monotonic()))

    threads = [threading.Thread(target=ask, args=(f"feed:{number}",)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(spans) == 5 and most == [1]
    spans.sort()
    pauses = [after[0] - before[1] for before, after in zip(spans, spans[1:], strict=False)]
    assert min(pauses) >= 0.045, "each waits out the pause behind the one before"


def test_servers_do_not_wait_for_each_other(database: Database, mannered: Settings) -> None:
    with (
        Turns(database, mannered, "feed:1", never)(URL),
        Turns(database, mannered, "feed:2", never)("https://b.example"),
        database.reading() as session,
    ):
        assert len(session.execute(select(HostTurn)).all()) == 2


def test_a_turn_whose_holder_died_ends_and_its_own_feed_need_not_wait(database: Database, mannered: Settings) -> None:
    first = Turns(database, mannered, "feed:1", never)
    assert first._take("h:1") and not Turns(database, mannered, "feed:2", never)._take("h:1")
    assert first._take("h:1"), "the run that takes over"
    with database.transaction() as session:
        session.execute(update(HostTurn).values(until=utcnow() - timedelta(seconds=1)))
    assert Turns(database, mannered, "feed:2", never)._take("h:1")


def test_a_clock_that_was_set_back_blocks_no_server(database: Database, mannered: Settings) -> None:
    later = Turns(database, mannered, "feed:1", never)
    assert later._take("h:1")
    ahead = utcnow() + timedelta(hours=1)
    with database.transaction() as session:
        session.execute(update(HostTurn).values(until=ahead, free_at=ahead))
    assert Turns(database, mannered, "feed:2", never)._take("h:1")


def test_who_waits_can_be_stopped_and_does_not_wait_for_ever(database: Database, mannered: Settings) -> None:
    assert Turns(database, mannered, "feed:1", never)._take("partner.example:443")
    waited = [0.0]

    def sleep(seconds: float) -> None:
        waited[0] += seconds

    clock = Clock(lambda: waited[0], sleep, lambda: 1.0)
    with pytest.raises(FetchFailed) as stopped, Turns(database, mannered, "f", lambda: waited[0] > 3, clock)(URL):
        raise AssertionError("not our turn")
    assert stopped.value.code == "cancelled" and waited[0] < 4
    turns_of_other = Turns(database, mannered, "f", never, clock)
    with pytest.raises(FetchFailed) as tired, turns_of_other(URL):
        raise AssertionError("not our turn")
    assert tired.value.code == "host_busy" and waited[0] >= turns.LONGEST_WAIT


def test_the_scheduler_leaves_a_feed_whose_server_is_being_asked(
    database: Database, mannered: Settings, server: FaultServer
) -> None:
    url = server.serve("/feed", body(document(*many(2))))
    allowing = replace(mannered, outbound_allow=server.allow)
    with database.transaction() as session:
        feed = feeds.create_feed(session, CLI, {"name": "P", "adapter": "iati", "url": url, "every_minutes": 5}).id
    work = TASKS[timetable.SYNC].work
    with Turns(database, mannered, "feed:999", never)(url), pytest.raises(Busy):
        work(database, allowing, str(feed), threading.Event())
    assert server.requests == [] and not LATER.failed
    with database.reading() as session:
        assert session.execute(select(Run)).all() == [], "nothing had begun"
    work(database, allowing, str(feed), threading.Event())
    assert len(server.requests) == 1


def test_pages_of_one_document_are_asked_for_with_pauses(
    database: Database, mannered: Settings, server: FaultServer
) -> None:
    at: list[float] = []

    def page(connection: object, request: Request) -> None:
        at.append(time.monotonic())
        following = server.url("/2") if request.path == "/1" else None
        flows = b'{"meta":{"nextLink":%s},"data":{"flows":[]}}' % (f'"{following}"'.encode() if following else b"null")
        body(flows + b" " * len(at), Content_Type="application/json")(connection, request)  # type: ignore[arg-type]

    server.serve("/1", page)
    server.serve("/2", page)
    with database.transaction() as session:
        form = {"name": "F", "adapter": "fts", "url": server.url("/1"), "scope": "all"}
        feed = feeds.create_feed(session, CLI, form).id or 0
    run_feed(database, replace(mannered, outbound_allow=server.allow, host_gap_ms=100), feed)
    assert len(at) == 2 and at[1] - at[0] >= 0.1
