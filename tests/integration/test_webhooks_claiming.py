"""Couriers side by side: nothing is lost or sent twice, whoever stops or is slow."""

import threading
import time
from collections import Counter

import pytest
from sqlalchemy import func, select, update

from registry.db import Database, utcnow
from registry.events.feed import prune_events
from registry.events.models import Event
from registry.settings import Settings
from registry.webhooks import filling
from registry.webhooks.claiming import claim
from registry.webhooks.keys import Keys
from registry.webhooks.models import Subscription
from registry.webhooks.settling import Outcome, settle
from registry.webhooks.subscriptions import held_position
from registry.worker.courier import Courier, deliver_due
from tests.support.fault_server import FaultServer, drip, silent
from tests.support.webhooks import (
    OK,
    attempts,
    deliver,
    deliveries,
    happen,
    let_time_pass,
    subscribe,
    subscription,
)


def test_two_couriers_at_once_send_each_message_once(
    database: Database, allowed: Settings, server: FaultServer
) -> None:
    for number in range(6):
        subscribe(database, allowed, server.serve(f"/hook{number}", OK))
    happen(database, 20)
    totals: list[Counter[str]] = []
    threads = [
        threading.Thread(target=lambda n=n: totals.append(deliver_due(database, allowed, owner=f"courier-{n}")))
        for n in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    deliver(database, allowed)
    sent = Counter((request.path, request.headers["webhook-id"]) for request in server.requests)
    assert len(sent) == 120 and set(sent.values()) == {1}
    assert {d.status for d in deliveries(database)} == {"delivered"}


def test_what_a_killed_courier_had_claimed_is_sent_again_after_its_lease_and_it_cannot_settle_it(
    database: Database, allowed: Settings, server: FaultServer
) -> None:
    subscribe(database, allowed, server.serve("/hook", OK))
    (uid,) = happen(database)
    with database.transaction() as session:
        filling.fill(session, "http://registry.test", utcnow())
    with database.transaction() as session:
        (job,) = claim(session, Keys(allowed), "killed", utcnow(), healthy=5, suspect=5, busy={})
    assert deliver(database, allowed) == {}, "its lease lasts"
    let_time_pass(database, 61)
    assert deliver(database, allowed) == {"delivered": 1}
    assert server.requests[0].headers["webhook-id"] == uid
    with database.transaction() as session:
        assert settle(session, [Outcome(job, utcnow(), 1, "timeout")], utcnow()) == {"lost": 1}
    assert [d.status for d in deliveries(database)] == ["delivered"]


def test_no_more_are_on_their_way_to_one_subscription_than_may_be(
    database: Database, allowed: Settings, server: FaultServer
) -> None:
    number, _ = subscribe(database, allowed, server.serve("/hook", OK))
    happen(database, 20)
    with database.transaction() as session:
        filling.fill(session, "http://registry.test", utcnow())
        keys, now = Keys(allowed), utcnow()
        first = claim(session, keys, "a", now, healthy=50, suspect=50, busy={})
        assert len(first) == 4 and claim(session, keys, "b", now, healthy=50, suspect=50, busy={}) == []
        session.execute(update(Subscription).values(failures=1))
        assert claim(session, keys, "b", now, healthy=50, suspect=50, busy={}) == []
    positions = [d.position for d in deliveries(database, number)]
    assert [job.delivery_id for job in first] == [d.id for d in deliveries(database, number)][:4]
    assert positions == sorted(positions)


def test_one_slow_host_does_not_take_all_threads(database: Database, allowed: Settings, server: FaultServer) -> None:
    for number in range(20):
        subscribe(database, allowed, server.serve(f"/hook{number}", OK))
    happen(database)
    with database.transaction() as session:
        filling.fill(session, "http://registry.test", utcnow())
        jobs = claim(session, Keys(allowed), "a", utcnow(), healthy=48, suspect=16, busy={})
        assert len(jobs) == 8
        busy = {jobs[0].origin: 8}
        assert claim(session, Keys(allowed), "a", utcnow(), healthy=48, suspect=16, busy=busy) == []


def test_a_burst_makes_no_more_rows_than_room_and_nothing_is_lost_or_pruned_before_it_was_seen(
    database: Database, allowed: Settings, server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "ROOM", 10)
    monkeypatch.setattr(filling, "PAGE", 7)
    number, _ = subscribe(database, allowed, server.serve("/hook", OK))
    uids = happen(database, 60)
    with database.transaction() as session:
        for _ in range(5):
            filling.fill(session, "http://registry.test", utcnow())
    assert len(deliveries(database)) == 10
    with database.transaction() as session:
        assert held_position(session) == subscription(database, number).position == 10
        prune_events(session, utcnow(), None, held_position(session))
    with database.reading() as session:
        assert session.execute(select(func.min(Event.position))).scalar_one() == 11
    assert deliver(database, allowed) == {"delivered": 60}
    assert [d.event_uid for d in deliveries(database, number)] == uids
    assert {request.headers["webhook-id"] for request in server.requests} == set(uids)


def test_what_is_on_its_way_when_the_process_stops_is_given_back(
    sqlite_database: Database, allowed: Settings, server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.worker.courier.GRACE_SECONDS", 0.1)
    subscribe(sqlite_database, allowed, server.serve("/hook", silent()))
    happen(sqlite_database)
    begun = time.monotonic()
    with Courier(sqlite_database, allowed, "stopped") as courier:
        courier.step()
        while not server.requests:
            time.sleep(0.01)
    assert time.monotonic() - begun < 5
    (delivery,) = deliveries(sqlite_database)
    assert delivery.status == "waiting" and delivery.lease_until is None and delivery.tries == 0
    assert attempts(sqlite_database) == []


def test_a_subscription_taken_away_on_the_way_does_no_harm(
    sqlite_database: Database, allowed: Settings, server: FaultServer
) -> None:
    number, _ = subscribe(sqlite_database, allowed, server.serve("/hook", drip(b"", seconds=0.5, piece=b"")))
    happen(sqlite_database)
    with Courier(sqlite_database, allowed, "test") as courier:
        courier.step()
        with sqlite_database.transaction() as session:
            session.delete(session.get_one(Subscription, number))
        courier.wait(5)
        courier.step()
        assert courier.counts == {"lost": 1}
    assert deliveries(sqlite_database) == []
