"""Messages sent again on request, tried by hand, and forgotten in the end."""

from collections import Counter
from dataclasses import replace

from standardwebhooks.webhooks import Webhook

from registry.db import Database, utcnow
from registry.settings import Settings
from registry.webhooks import filling
from registry.webhooks.deliveries import prune_deliveries, replay_from, replay_one, send_test
from registry.webhooks.models import Subscription
from registry.webhooks.subscriptions import disable, update_subscription
from registry.worker.courier import deliver_one
from tests.support.fault_server import FaultServer, body
from tests.support.webhooks import (
    OK,
    TEST,
    attempts,
    deliver,
    deliveries,
    happen,
    subscribe,
    subscription,
)


def test_one_message_is_sent_again_on_request_the_same_bytes(
    sqlite_database: Database, allowed: Settings, server: FaultServer
) -> None:
    number, _ = subscribe(sqlite_database, allowed, server.serve("/hook", OK))
    happen(sqlite_database)
    deliver(sqlite_database, allowed)
    with sqlite_database.transaction() as session:
        replay_one(session, TEST, number, deliveries(sqlite_database)[0].id or 0)
    deliver(sqlite_database, replace(allowed, public_url="http://moved.test"))
    first, again = server.requests
    assert first.body == again.body and first.headers["webhook-id"] == again.headers["webhook-id"]
    assert [d.attempts for d in deliveries(sqlite_database)] == [2]


def test_everything_from_a_place_on_is_sent_again_and_what_was_missed_while_off_too(
    database: Database, allowed: Settings, server: FaultServer
) -> None:
    number, _ = subscribe(database, allowed, server.serve("/hook", OK))
    first = happen(database, 2)
    deliver(database, allowed)
    with database.transaction() as session:
        update_subscription(session, TEST, number, {"enabled": False}, None, allowed)
    missed = happen(database, 2)
    deliver(database, allowed)
    with database.transaction() as session:
        update_subscription(session, TEST, number, {"enabled": True}, None, allowed)
    last = happen(database, 1)
    deliver(database, allowed)
    assert [r.headers["webhook-id"] for r in server.requests[2:]] == last
    with database.transaction() as session:
        assert replay_from(session, TEST, number, 1) == 4
    deliver(database, allowed)
    assert Counter(r.headers["webhook-id"] for r in server.requests) == {
        first[0]: 1, first[1]: 2, missed[0]: 1, missed[1]: 1, last[0]: 2,
    }  # fmt: skip


def test_a_test_message_is_tried_once_even_where_the_subscription_is_off(
    sqlite_database: Database, allowed: Settings, server: FaultServer
) -> None:
    number, secret = subscribe(sqlite_database, allowed, server.serve("/hook", body(b"no", "500 Oh")))
    with sqlite_database.transaction() as session:
        disable(session, TEST, session.get_one(Subscription, number), "person", utcnow())
    for _ in range(2):
        with sqlite_database.transaction() as session:
            send_test(session, TEST, number, "http://registry.test")
    assert deliver(sqlite_database, allowed) == {"failed": 1}
    (request,) = server.requests
    assert Webhook(secret).verify(request.body, request.headers)["type"] == "casa.test"
    assert subscription(sqlite_database, number).failures == 0 and deliveries(sqlite_database)[0].status == "failed"


def test_a_single_message_can_be_tried_by_its_number(
    sqlite_database: Database, allowed: Settings, server: FaultServer
) -> None:
    subscribe(sqlite_database, allowed, server.serve("/hook", OK))
    happen(sqlite_database, 2)
    with sqlite_database.transaction() as session:
        filling.fill(session, "http://registry.test", utcnow())
    one = deliveries(sqlite_database)[1].id or 0
    outcome = deliver_one(sqlite_database, allowed, one, owner="job")
    assert outcome is not None and outcome.reason is None
    assert deliver_one(sqlite_database, allowed, one, owner="job") is None
    assert [d.status for d in deliveries(sqlite_database)] == ["waiting", "delivered"]


def test_messages_that_ended_long_ago_are_forgotten_with_their_tries(
    database: Database, allowed: Settings, server: FaultServer
) -> None:
    subscribe(database, allowed, server.serve("/hook", OK))
    happen(database, 5)
    deliver(database, allowed)
    with database.transaction() as session:
        assert prune_deliveries(session, utcnow(), 3) == 3
    assert len(deliveries(database)) == len(attempts(database)) == 2
    server.serve("/hook", body(b"no", "500 Oh"))
    happen(database)
    deliver(database, allowed)
    with database.transaction() as session:
        assert prune_deliveries(session, utcnow(), 100) == 2
    assert [d.status for d in deliveries(database)] == ["waiting"]
