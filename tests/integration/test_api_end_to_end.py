"""The shared machinery on a real slice: a need entered once over a broken line, changed by its version, followed."""

from flask.testing import FlaskClient

from registry.events import cloudevents
from registry.events.types import EVENT_TYPES
from registry.http import RegistryFlask
from tests.support.people import make_user, token_headers


def test_a_need_is_entered_changed_and_followed_over_the_api(app: RegistryFlask) -> None:
    user = make_user(app.database, "state", state="KEN")
    client: FlaskClient = app.test_client()
    auth = token_headers(app.database, user, ["needs:read", "needs:write", "changes:read"])
    start = client.get("/api/v1/changes?after=now", headers=auth).headers["Link"].removeprefix("<").partition(">")[0]

    body = {"title": "Marking machines", "state": "KEN"}
    created = client.post("/api/v1/needs", json=body, headers={**auth, "Idempotency-Key": "k-1"})
    assert created.status_code == 201, created.get_json()
    again = client.post("/api/v1/needs", json=body, headers={**auth, "Idempotency-Key": "k-1"})
    assert again.headers["Idempotency-Replayed"] == "true" and again.data == created.data
    where = created.headers["Location"]

    blind = client.patch(where, json={"title": "Two marking machines"}, headers=auth)
    assert blind.status_code == 428
    changed = client.patch(
        where, json={"title": "Two marking machines"}, headers={**auth, "If-Match": created.headers["ETag"]}
    )
    assert changed.status_code == 200 and changed.headers["ETag"] != created.headers["ETag"]

    events = client.get(start, headers=auth).get_json(force=True)
    assert [event["type"] for event in events] == ["casa.need.created", "casa.need.updated"]
    assert events[-1]["data"]["href"].endswith(where)
    assert client.get("/api/v1/changes").get_json(force=True) == [], "a draft is nobody else's business"


def test_the_addresses_in_events_lead_to_the_api(sqlite_app: RegistryFlask) -> None:
    data = {"standard": "iti"}
    addresses = sqlite_app.url_map.bind("registry.test")
    collections = {rule.rule for rule in sqlite_app.url_map.iter_rules()}
    checked = set()
    for kind in {name.partition(".")[0] for name in EVENT_TYPES} - {"match"}:  # its events are a need's or offer's
        subject = cloudevents.SUBJECTS.get(kind, f"{kind}s/{{id}}").format_map({**data, "id": 12})
        if f"/api/v1/{subject.partition('/')[0]}" in collections:
            endpoint, _ = addresses.match(f"/api/v1/{subject}")
            assert "." in endpoint, kind
            checked.add(kind)
    assert checked >= {"need", "offer", "programme", "organisation", "standard", "assessment"}
