"""/api/v1/subscriptions: made, changed, tested, replayed by their owners and colleagues, and by nobody else."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from standardwebhooks.webhooks import Webhook

from registry.accounts.models import AuditEntry, IdempotencyKey, User
from registry.catalogue import identity
from registry.http import RegistryFlask
from registry.schemas import encode_opaque
from registry.worker.courier import deliver_due
from tests.support.fault_server import FaultServer, body
from tests.support.people import make_user, token_headers
from tests.support.webhooks import allowing, happen

FORM = {"name": "Our dashboard", "url": "https://receiver.example/hook?key=k", "types": ["need.*"], "states": ["KEN"]}
SCOPES = ["subscriptions:read", "subscriptions:write", "changes:read"]
Call = Callable[..., Any]


@pytest.fixture
def people(app: RegistryFlask) -> dict[str, User]:
    """Two of one State, one of another, a donor, staff."""
    roles = {"kenya": "state", "colleague": "state", "donor": "donor", "coordinator": "coordinator", "admin": "admin"}
    found = {name: make_user(app.database, role) for name, role in roles.items()}
    return found | {"uganda": make_user(app.database, "state", state="UGA")}


@pytest.fixture
def call(app: RegistryFlask, people: dict[str, User]) -> Call:
    """Call the API as one of the people."""
    headers = {name: token_headers(app.database, user, SCOPES) for name, user in people.items()}

    def call(who: str | None, method: str, path: str = "", version: int | None = None, **options: Any) -> Any:
        sent = dict(headers[who]) if who else {}
        sent |= {"If-Match": f'"{version}"'} if version else {}
        sent |= options.pop("headers", {})
        return app.test_client().open(f"/api/v1/subscriptions{path}", method=method, headers=sent, **options)

    return call


def test_a_subscription_is_made_with_a_secret_that_is_shown_this_once(call: Call) -> None:
    made = call("kenya", "POST", json=FORM)
    assert made.status_code == 201 and made.headers["ETag"] == '"1"' and made.headers["Cache-Control"] == "no-store"
    assert made.json["secret"].startswith("whsec_") and made.json["enabled"] is True
    assert {name: made.json[name] for name in FORM} == FORM and made.json["state"] == "KEN"
    path = f"/{made.json['id']}"
    assert made.headers["Location"] == f"/api/v1/subscriptions{path}"
    read = call("kenya", "GET", path)
    assert read.status_code == 200 and read.headers["ETag"] == '"1"'
    for answer in (read, call("kenya", "GET"), call("kenya", "PATCH", path, 1, json={"name": "Other"})):
        assert answer.status_code == 200
        for secret in (made.json["secret"], "salt", "secret", "fingerprint"):
            assert secret not in answer.text


def test_a_repeated_request_makes_no_second_one_and_its_secret_is_not_kept(call: Call, app: RegistryFlask) -> None:
    key = {"Idempotency-Key": "once"}
    first, again = (call("kenya", "POST", json=FORM, headers=key) for _ in range(2))
    assert first.json["id"] == again.json["id"] and again.headers["Idempotency-Replayed"] == "true"
    assert first.json["secret"] and again.json["secret"] is None
    with app.database.reading() as session:
        assert first.json["secret"] not in session.execute(select(IdempotencyKey.body)).scalar_one()
        audited = " ".join(session.execute(select(AuditEntry.detail)).scalars())
        assert first.json["secret"] not in audited and "key=k" not in audited


UNFIT: list[tuple[dict[str, Any], str]] = [
    ({"url": "http://receiver.example/"}, "#/url"),
    ({"url": "https://user:pw@receiver.example/"}, "#/url"),
    ({"url": "https://127.0.0.1/"}, "#/url"),
    ({"url": "https://2130706433/"}, "#/url"),
    ({"url": "https://receiver.example:25/"}, "#/url"),
    ({"url": "https://[::ffff:10.0.0.1]/"}, "#/url"),
    ({"url": "https://" + "x" * 3000}, "#/url"),
    ({"url": ""}, "#/url"),
    ({"url": 7}, "#/url"),
    ({"name": ""}, "#/name"),
    ({"types": ["need.burned"]}, "#/types"),
    ({"types": ["*"]}, "#/types"),
    ({"types": "need.*"}, "#/types"),
    ({"states": ["KE"]}, "#/states"),
    ({"secret": "whsec_mine"}, "#/secret"),
    ({"enabled": False}, "#/enabled"),
]


def test_what_does_not_fit_is_named(call: Call) -> None:
    for change, pointer in UNFIT:
        answer = call("kenya", "POST", json=FORM | change)
        assert answer.status_code == 422, change
        assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


def test_changes_name_the_version_they_were_made_from(call: Call) -> None:
    path = f"/{call('kenya', 'POST', json=FORM).json['id']}"
    assert call("kenya", "PATCH", path, json={"name": "New"}).status_code == 428
    changed = call("kenya", "PATCH", path, 1, json={"name": "New", "types": []})
    assert (changed.json["name"], changed.json["types"], changed.json["version"]) == ("New", [], 2)
    assert call("kenya", "PATCH", path, 1, json={"name": "Late"}).status_code == 412
    assert call("kenya", "POST", f"{path}/rotate-secret", json={}).status_code == 428
    assert call("kenya", "POST", f"{path}/rotate-secret", 1, json={}).status_code == 412
    rotated = call("kenya", "POST", f"{path}/rotate-secret", 2, json={"overlap_hours": 1})
    assert rotated.json["secret"].startswith("whsec_") and rotated.json["previous_until"]
    off = call("kenya", "PATCH", path, 3, json={"enabled": False})
    assert off.json["disabled_reason"] == "person" and off.json["disabled_at"]
    assert call("kenya", "POST", f"{path}/replay", json={"since": "2026-01-01T00:00:00Z"}).status_code == 409
    assert call("kenya", "DELETE", path).status_code == 428
    assert call("kenya", "DELETE", path, 4).status_code == 204
    assert call("kenya", "GET", path).status_code == 404


def test_it_belongs_to_its_owner_and_colleagues_and_is_not_there_for_others(call: Call) -> None:
    number = call("kenya", "POST", json=FORM).json["id"]
    for who in ("kenya", "colleague", "admin"):
        assert [row["id"] for row in call(who, "GET").json["items"]] == [number]
        assert call(who, "GET", f"/{number}").status_code == 200
        assert call(who, "GET", f"/{number}/deliveries").status_code == 200
    for who in ("uganda", "donor", "coordinator"):
        assert call(who, "GET").json["items"] == []
        for method, path in (("GET", ""), ("GET", "/deliveries"), ("POST", "/test"), ("POST", "/rotate-secret")):
            assert call(who, method, f"/{number}{path}", 1, json={}).status_code == 404
    assert call(None, "GET").status_code == 401
    assert call("colleague", "PATCH", f"/{number}", 1, json={"name": "Ours"}).status_code == 200
    # An administrator may stop it, and neither redirect it nor learn a secret.
    assert call("admin", "PATCH", f"/{number}", 2, json={"url": "https://admin.example/"}).status_code == 403
    assert call("admin", "POST", f"/{number}/rotate-secret", 2, json={}).status_code == 403
    assert call("admin", "POST", f"/{number}/test", json={}).status_code == 403
    assert call("admin", "PATCH", f"/{number}", 2, json={"enabled": False}).status_code == 200
    assert call("admin", "PATCH", f"/{number}", 3, json={"enabled": True}).status_code == 403
    assert call("admin", "DELETE", f"/{number}", 3).status_code == 204


def test_a_token_needs_the_scope_to_follow_changes_as_well(app: RegistryFlask, people: dict[str, User]) -> None:
    headers = token_headers(app.database, people["kenya"], ["subscriptions:write"])
    refused = app.test_client().post("/api/v1/subscriptions", json=FORM, headers=headers)
    assert refused.status_code == 403 and "changes:read" in refused.json["detail"]


def test_from_the_test_message_over_the_log_to_the_replay(call: Call, app: RegistryFlask, server: FaultServer) -> None:
    app.settings = allowing(app.settings, server.allow)
    url = server.serve("/hook", body(b'{"ok": true}'))
    made = call("kenya", "POST", json={"name": "Here", "url": url}).json
    path = f"/{made['id']}"
    asked = call("kenya", "POST", f"{path}/test", json={})
    assert asked.status_code == 202 and asked.json["status"] == "waiting"
    deliver_due(app.database, app.settings, owner="test")
    there = app.test_client().get(asked.headers["Location"], headers=_headers(app, "kenya"))
    assert there.json["status"] == "delivered" and there.json["tried"][0]["detail"] == '{"ok": true}'
    assert Webhook(made["secret"]).verify(there.json["body"], server.requests[0].headers)["type"] == "casa.test"

    cursor = app.test_client().get("/api/v1/changes?after=now", headers=_headers(app, "kenya"))
    after = cursor.headers["Link"].partition("after=")[2].partition(">")[0]
    uids = happen(app.database, 3)
    deliver_due(app.database, app.settings, owner="test")
    log = call("kenya", "GET", f"{path}/deliveries?status=delivered&limit=2").json
    assert [row["event_uid"] for row in log["items"]] == [uids[2], uids[1]] and log["next"]
    assert log["items"][0]["last_attempt"]["http_status"] == 200 and "body" not in log["items"][0]

    one = call("kenya", "POST", f"{path}/deliveries/{log['items'][0]['id']}/replay", json={})
    assert one.status_code == 202 and one.json["status"] == "waiting" and one.json["next_at"]
    deliver_due(app.database, app.settings, owner="test")
    assert call("kenya", "POST", f"{path}/replay", json={"after": after}).json["events"] == 3
    deliver_due(app.database, app.settings, owner="test")
    assert call("kenya", "POST", f"{path}/replay", json={"since": "2026-01-01T00:00:00+03:00"}).status_code == 202
    deliver_due(app.database, app.settings, owner="test")
    sent = [request.headers["webhook-id"] for request in server.requests[1:]]
    assert sorted(sent) == sorted([*uids, uids[2], *uids, *uids])
    shown = call("admin", "GET", f"{path}/deliveries/{log['items'][0]['id']}").json
    assert shown["body"] is None and len(shown["tried"]) == 4


def _headers(app: RegistryFlask, name: str) -> dict[str, str]:
    with app.database.reading() as session:
        user = session.scalars(select(User).where(User.state == "KEN").order_by(User.id)).first()
    return token_headers(app.database, user, SCOPES)


PLACES: list[tuple[dict[str, Any], int]] = [
    ({}, 422),
    ({"since": "2026-01-01T00:00:00Z", "after": "abc"}, 422),
    ({"since": "2026-01-01T00:00:00"}, 422),
    ({"since": "0001-01-01T00:00:00+14:00"}, 422),
    ({"since": "9999-12-31T23:59:59-14:00"}, 422),
    ({"since": "soon"}, 422),
    ({"after": "nonsense"}, 422),
    ({"after": ["other-epoch", "KEN", 1]}, 410),
    ({"after": ["epoch", "UGA", 1]}, 410),
    ({"after": ["epoch", "KEN", 99]}, 410),
    ({"since": "2100-01-01T00:00:00Z"}, 202),
    ({"since": "1900-01-01T00:00:00Z"}, 202),
]


def test_a_replay_begins_at_one_place_that_exists(call: Call, app: RegistryFlask) -> None:
    number = call("kenya", "POST", json=FORM).json["id"]
    with app.database.reading() as session:
        epoch = identity.epoch(session)
    for form, status in PLACES:
        if isinstance(after := form.get("after"), list):
            form = {"after": encode_opaque([epoch if after[0] == "epoch" else "x", *after[1:]])}
        answer = call("kenya", "POST", f"/{number}/replay", json=form)
        assert answer.status_code == status, (form, answer.json)


def test_nobody_has_more_than_a_hundred(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("registry.webhooks.subscriptions.MOST_PER_OWNER", 2)
    statuses = [call("kenya", "POST", json=FORM).status_code for _ in range(3)]
    assert statuses == [201, 201, 409] and call("uganda", "POST", json=FORM).status_code == 201
