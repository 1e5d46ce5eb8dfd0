"""From a change to a receiver: what is sent, and what each answer leads to."""

import json
import time
from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import update
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from registry.accounts.models import User
from registry.db import Database, utcnow
from registry.events.rules import Audience
from registry.settings import Settings
from registry.webhooks import filling
from registry.webhooks.keys import Keys
from registry.webhooks.subscriptions import rotate_secret, update_subscription
from tests.support.fault_server import FaultServer, body, drip, head, raw, redirect, silent
from tests.support.people import make_user
from tests.support.webhooks import (
    OK,
    TEST,
    attempts,
    deliver,
    deliveries,
    due_in,
    happen,
    let_time_pass,
    subscribe,
    subscription,
)


def test_an_event_reaches_its_receiver_signed_as_the_other_implementation_wants_it(
    database: Database, allowed: Settings, server: FaultServer
) -> None:
    number, secret = subscribe(database, allowed, server.serve("/hook", OK))
    (uid,) = happen(database)
    assert deliver(database, allowed) == {"delivered": 1}
    (request,) = server.requests
    event = Webhook(secret).verify(request.body, request.headers)
    assert request.headers["webhook-id"] == uid == event["id"]
    assert request.headers["content-type"].startswith("application/cloudevents+json")
    assert event["type"] == "casa.need.opened" and event["subject"] == "needs/1" and event["specversion"] == "1.0"
    assert event["data"] == {"title": "need 1", "version": 1, "href": "http://registry.test/api/v1/needs/1"}
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(request.body.replace(b"need 1", b"need 2"), request.headers)
    (delivery,) = deliveries(database)
    assert (delivery.status, delivery.tries, delivery.reason) == ("delivered", 1, None)
    assert attempts(database)[0].http_status == 200 and attempts(database)[0].detail == "thanks"
    assert subscription(database, number).delivered_at is not None
    assert deliver(database, allowed) == {}


def test_every_try_sends_the_same_bytes_under_the_same_id_with_its_own_time(
    sqlite_database: Database, allowed: Settings, server: FaultServer
) -> None:
    subscribe(sqlite_database, allowed, server.serve("/hook", body(b"no", "500 Oh")))
    happen(sqlite_database)
    for _ in range(3):
        deliver(sqlite_database, replace(allowed, public_url="http://moved.test"))
        let_time_pass(sqlite_database, 4000)
    server.serve("/hook", OK)
    deliver(sqlite_database, allowed)
    assert len({request.body for request in server.requests}) == 1 and len(server.requests) == 4
    assert len({request.headers["webhook-id"] for request in server.requests}) == 1
    assert [a.number for a in attempts(sqlite_database)] == [1, 2, 3, 4]
    assert all(abs(int(r.headers["webhook-timestamp"]) - r.at) < 3 for r in server.requests)


@pytest.mark.parametrize(
    ("answer", "reason", "status"),
    [
        (body(b"broken", "500 Oh"), "http_status", 500),
        (body(b"not here", "404 Not Found"), "http_status", 404),
        (redirect("http://127.0.0.1:9/elsewhere"), "redirect", 302),
        (raw(b""), "connection", None),
        (raw(b"HTTP/1.1 200 OK\r\nX: y\r\n"), "connection", None),
        (raw(b"SSH-2.0-x\r\n"), "protocol", None),
        (silent(), "timeout", None),
        (drip(b"HTTP/1.1 200 OK\r\nX: "), "timeout", None),
    ],
    ids=["500", "404", "302", "closed", "closed in headers", "no HTTP", "silent", "dripped headers"],
)
def test_what_is_not_taken_is_noted_and_tried_again(
    sqlite_database: Database, allowed: Settings, server: FaultServer, answer, reason: str, status: int | None
) -> None:
    number, _ = subscribe(sqlite_database, allowed, server.serve("/hook", answer))
    happen(sqlite_database)
    assert deliver(sqlite_database, allowed, deadline=0.6) == {"retrying": 1}
    (delivery,) = deliveries(sqlite_database)
    assert (delivery.status, delivery.reason, delivery.tries) == ("waiting", reason, 1) and 3 < due_in(delivery) < 6
    (attempt,) = attempts(sqlite_database)
    assert (attempt.reason, attempt.http_status) == (reason, status) and (attempt.detail or status == 302)
    assert deliver(sqlite_database, allowed) == {}, "not before its time"
    assert subscription(sqlite_database, number).failures == 1
    server.serve("/hook", body(b"y" * 3_000_000))
    let_time_pass(sqlite_database, 6)
    assert deliver(sqlite_database, allowed) == {"delivered": 1}
    assert subscription(sqlite_database, number).failures == 0
    assert len(attempts(sqlite_database)[1].detail) <= 1000


def test_the_tries_end_after_three_days_and_the_receiver_is_switched_off_with_its_reason(
    sqlite_database: Database, allowed: Settings, server: FaultServer
) -> None:
    number, _ = subscribe(sqlite_database, allowed, server.serve("/hook", body(b"no", "503 Later")))
    happen(sqlite_database)
    waits = []
    for _ in range(20):
        deliver(sqlite_database, allowed)
        (delivery,) = deliveries(sqlite_database)
        if delivery.status != "waiting":
            break
        waits.append(due_in(delivery))
        let_time_pass(sqlite_database, waits[-1] + 1)
    assert delivery.status == "failed" and delivery.tries == 11 and 60 * 3600 < sum(waits) < 90 * 3600
    off = subscription(sqlite_database, number)
    assert (off.enabled, off.disabled_reason, off.version) == (False, "failing", 2)
    happen(sqlite_database, 3)
    assert deliver(sqlite_database, allowed) == {} and len(deliveries(sqlite_database)) == 1


def test_410_switches_the_subscription_off_and_what_waits_is_called_off(
    sqlite_database: Database, allowed: Settings, server: FaultServer
) -> None:
    number, _ = subscribe(sqlite_database, allowed, server.serve("/hook", body(b"moved away", "410 Gone")))
    happen(sqlite_database, 3)
    deliver(sqlite_database, allowed)
    assert subscription(sqlite_database, number).disabled_reason == "gone"
    ended = Counter((d.status, d.reason) for d in deliveries(sqlite_database))
    assert ended[("failed", "gone")] >= 1 and sum(ended.values()) == 3
    assert set(ended) <= {("failed", "gone"), ("cancelled", "disabled")}


@pytest.mark.parametrize(("asked", "low", "high"), [("3600", 3590, 3601), ("1", 3, 6), ("99999999", 86_390, 86_401)])
def test_retry_after_is_honoured_within_reason_and_holds_the_next_message_too(
    sqlite_database: Database, allowed: Settings, server: FaultServer, asked: str, low: float, high: float
) -> None:
    answer = raw(head("429 Too Many", Retry_After=asked, Content_Length="0"))
    subscribe(sqlite_database, allowed, server.serve("/hook", answer))
    happen(sqlite_database)
    deliver(sqlite_database, allowed)
    assert low < due_in(deliveries(sqlite_database)[0]) < high
    happen(sqlite_database)
    deliver(sqlite_database, allowed)
    assert len(server.requests) == (2 if asked == "1" and time.time() - server.requests[0].at > 1 else 1)


def test_a_receiver_that_is_down_is_asked_one_at_a_time_and_gets_all_at_once_when_it_is_back(
    database: Database, allowed: Settings, server: FaultServer
) -> None:
    number, _ = subscribe(database, allowed, server.serve("/hook", body(b"no", "502 Bad")))
    happen(database, 30)
    deliver(database, allowed)
    down = subscription(database, number)
    assert 5 <= down.failures <= 8, "the rest waits for one that goes through"
    assert down.paused_until is not None
    let_time_pass(database, 130)
    asked = len(server.requests)
    deliver(database, allowed)
    assert len(server.requests) == asked + 1
    server.serve("/hook", OK)
    let_time_pass(database, 300)
    assert deliver(database, allowed)["delivered"] == 30
    assert len({request.headers["webhook-id"] for request in server.requests}) == 30


def test_what_one_subscription_is_for_is_all_it_gets(
    sqlite_database: Database, allowed: Settings, server: FaultServer
) -> None:
    needs, _ = subscribe(sqlite_database, allowed, server.serve("/needs", OK), types=["need.*"])
    opened, _ = subscribe(sqlite_database, allowed, server.serve("/opened", OK), types=["need.opened", "offer.opened"])
    kenya, _ = subscribe(sqlite_database, allowed, server.serve("/kenya", OK), states=["KEN"])
    happen(sqlite_database, state="KEN")
    happen(sqlite_database, type_="need.updated", state="UGA")
    happen(sqlite_database, type_="offer.opened")
    deliver(sqlite_database, allowed)
    got = {n: [d.event_type for d in deliveries(sqlite_database, n)] for n in (needs, opened, kenya)}
    assert got == {
        needs: ["need.opened", "need.updated"],
        opened: ["need.opened", "offer.opened"],
        kenya: ["need.opened"],
    }


def test_a_message_carries_only_what_its_owner_may_see(
    database: Database, allowed: Settings, server: FaultServer
) -> None:
    owner = make_user(database, "state", state="UGA")
    mine, _ = subscribe(database, allowed, server.serve("/hook", OK), owner)
    happen(database, visibility="private", state="KEN")
    happen(database, visibility="members", state="KEN")
    happen(database, visibility="private", state="UGA")
    happen(database, visibility="private", state="KEN", before=Audience("public"))
    deliver(database, allowed)
    told = [(d.event_type, json.loads(d.body)["data"].get("title")) for d in deliveries(database, mine)]
    assert told == [("need.opened", "need 1"), ("need.opened", "need 1"), ("need.hidden", None)]


@pytest.mark.parametrize("what", ["disabled", "moved"])
def test_whose_account_ends_or_acts_for_somebody_else_is_told_nothing_more(
    database: Database, allowed: Settings, server: FaultServer, what: str
) -> None:
    owner = make_user(database, "state", state="UGA")
    number, _ = subscribe(database, allowed, server.serve("/hook", OK), owner)
    happen(database)
    with database.transaction() as session:
        filling.fill(session, "http://registry.test", utcnow())
        values = {"disabled_at": utcnow()} if what == "disabled" else {"state": "KEN"}
        session.execute(update(User).where(User.id == owner.id).values(**values))
    deliver(database, allowed)
    assert server.requests == [] and subscription(database, number).disabled_reason == "owner"
    assert [d.status for d in deliveries(database)] == ["cancelled"]


def test_another_key_of_the_registry_is_noticed_before_anything_is_signed_with_it(
    sqlite_database: Database, allowed: Settings, server: FaultServer
) -> None:
    number, secret = subscribe(sqlite_database, allowed, server.serve("/hook", OK))
    happen(sqlite_database)
    other = replace(allowed, secret_key="another-key-of-the-registry")
    deliver(sqlite_database, other)
    assert server.requests == [] and subscription(sqlite_database, number).disabled_reason == "key"
    with sqlite_database.transaction() as session:
        _, secret = rotate_secret(session, TEST, number, 24, None, other)
        update_subscription(session, TEST, number, {"enabled": True}, None, other)
    happen(sqlite_database)
    deliver(sqlite_database, other)
    (request,) = server.requests
    assert Webhook(secret).verify(request.body, request.headers) and " " not in request.headers["webhook-signature"]


def test_during_a_rotation_both_secrets_verify_and_afterwards_the_new_one_alone(
    sqlite_database: Database, allowed: Settings, server: FaultServer
) -> None:
    number, old = subscribe(sqlite_database, allowed, server.serve("/hook", OK))
    with sqlite_database.transaction() as session:
        _, new = rotate_secret(session, TEST, number, 2, None, allowed)
    happen(sqlite_database)
    deliver(sqlite_database, allowed)
    let_time_pass(sqlite_database, 2 * 3600 + 1)
    happen(sqlite_database)
    deliver(sqlite_database, allowed)
    during, after = server.requests
    assert new != old and new.startswith("whsec_")
    for secret, request in ((old, during), (new, during), (new, after)):
        assert Webhook(secret).verify(request.body, request.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(after.body, after.headers)


def test_the_secret_stands_nowhere_in_the_database(sqlite_database: Database, allowed: Settings) -> None:
    number, secret = subscribe(sqlite_database, allowed, "https://receiver.example/hook")
    stored = subscription(sqlite_database, number)
    raw_secret = Keys(allowed).secret(stored.salt)
    for value in stored.model_dump().values():
        assert secret not in str(value) and raw_secret.hex() not in str(value)
    assert secret not in repr(Keys(allowed)) and allowed.secret_key not in repr(Keys(allowed))
