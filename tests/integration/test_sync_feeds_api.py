"""/api/v1/feeds: adding, changing, asking for a run, looking into quarantine; who may, and what is refused."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from registry.accounts import tokens, users
from registry.accounts.actor import system
from registry.http import RegistryFlask
from registry.sync.models import FeedRecord, Schedule
from registry.sync.runner import import_file
from tests.support.iati import BAD_DAY, activity, document, many, write

CLI = system("cli")
FORM = {"name": "Partner", "url": "https://partner.example/iati.xml", "every_minutes": 60}
Call = Callable[..., Any]


@pytest.fixture
def call(app: RegistryFlask) -> Call:
    """Call the API with a token of somebody of a role (None: anonymous)."""
    client: FlaskClient = app.test_client()
    made: dict[str, str] = {}

    def token(role: str) -> str:
        if role not in made:
            with app.database.transaction() as session:
                state = "KEN" if role == "state" else None
                user = users.create_user(
                    session, CLI, email=f"{role}@example.org", name=role, role=role, state=state,
                    password="a long enough password",
                )  # fmt: skip
                scopes = ["feeds:read", "feeds:write"] if role in ("admin", "coordinator") else ["feeds:read"]
                _token, made[role] = tokens.issue_token(session, CLI, user, "test", scopes, 1)
        return made[role]

    def call(method: str, path: str, role: str | None = "coordinator", **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {token(role)}"} if role else {}
        headers |= options.pop("headers", {})
        return client.open(f"/api/v1/feeds{path}", method=method, headers=headers, **options)

    return call


def test_a_feed_is_added_read_changed_and_listed(call: Call) -> None:
    made = call("POST", "", json=FORM)
    assert made.status_code == 201 and made.headers["ETag"] == '"1"'
    feed = made.json
    assert feed["scope"] == "relevant" and feed["adapter"] == "iati" and feed["enabled"] is True
    assert made.headers["Location"].endswith(f"/feeds/{feed['id']}")
    path = f"/{feed['id']}"
    assert call("PATCH", path, json={"scope": "all"}).status_code == 428
    changed = call("PATCH", path, json={"scope": "all", "every_minutes": None}, headers={"If-Match": '"1"'})
    assert changed.status_code == 200 and changed.json["scope"] == "all" and changed.json["version"] == 2
    assert call("PATCH", path, json={"scope": "relevant"}, headers={"If-Match": '"1"'}).status_code == 412
    assert call("GET", path).json["every_minutes"] is None
    listed = call("GET", "", role="state").json
    assert listed["total"] == 1 and listed["items"][0]["last_run"] is None


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"url": "file:///etc/passwd"}, "url"),
        ({"url": "http://user:pw@partner.example/"}, "url"),
        ({"url": "not an address"}, "url"),
        ({"adapter": "telex"}, "adapter"),
        ({"scope": "some"}, "scope"),
        ({"every_minutes": 0}, "every_minutes"),
        ({"organisation_id": 999}, "organisation_id"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_a_field_that_does_not_fit_is_named(call: Call, form: dict[str, Any], field: str) -> None:
    answer = call("POST", "", json={**FORM, **form})
    assert answer.status_code == 422 and answer.json["errors"][0]["pointer"] == f"#/{field}"


def test_two_feeds_of_one_name_are_refused(call: Call) -> None:
    assert call("POST", "", json=FORM).status_code == 201
    assert call("POST", "", json=FORM).json["errors"][0]["pointer"] == "#/name"


def test_the_schedule_follows_the_feed(app: RegistryFlask, call: Call) -> None:
    def planned() -> list[tuple[str, int | None]]:
        with app.database.reading() as session:
            return [(r.task, r.every_seconds) for r in session.execute(select(Schedule)).scalars()]

    feed = call("POST", "", json=FORM).json["id"]
    assert planned() == [("feed.sync", 3600)]
    call("PATCH", f"/{feed}", json={"every_minutes": 5}, headers={"If-Match": '"1"'})
    assert planned() == [("feed.sync", 300)]
    call("PATCH", f"/{feed}", json={"enabled": False}, headers={"If-Match": '"2"'})
    assert planned() == []


def test_a_feed_shows_when_its_next_run_is_and_how_often_it_failed(app: RegistryFlask, call: Call) -> None:
    feed = call("POST", "", json=FORM).json
    at = datetime(2031, 5, 1, 12, tzinfo=UTC)
    with app.database.transaction() as session:
        session.execute(update(Schedule).values(next_at=at, failures=3))
    for shown in (call("GET", f"/{feed['id']}").json, call("GET", "").json["items"][0]):
        assert (datetime.fromisoformat(shown["next_run_at"]), shown["failures"]) == (at, 3)
    with app.database.transaction() as session:
        session.execute(update(Schedule).values(lease_owner="a scheduler"))
    assert call("GET", f"/{feed['id']}").json["next_run_at"] is None


def test_a_run_is_asked_for_once_and_taken_up_by_the_scheduler(app: RegistryFlask, call: Call) -> None:
    feed = call("POST", "", json={**FORM, "every_minutes": None}).json["id"]
    for _ in range(2):
        answer = call("POST", f"/{feed}/runs", json={})
        assert answer.status_code == 202 and answer.json["runs"] == f"/api/v1/feeds/{feed}/runs"
    with app.database.reading() as session:
        (row,) = session.execute(select(Schedule)).scalars()
        assert (row.task, row.key) == ("feed.sync_now", str(feed))
    files = call("POST", "", json={"name": "Files"}).json["id"]
    assert call("POST", f"/{files}/runs", json={}).status_code == 409
    assert call("POST", "/999/runs", json={}).status_code == 404


def test_runs_quarantine_and_verdicts(app: RegistryFlask, call: Call, tmp_path: Any) -> None:
    broken = activity("B", "Bad", BAD_DAY)
    path = write(tmp_path, document(*many(3), activity("W", "Water"), broken))
    report = import_file(app.database, app.settings, path, "iati")
    feed, run = report.run.feed_id, report.run.id
    assert call("GET", f"/{feed}").json["last_run"]["created"] == 3
    (listed,) = call("GET", f"/{feed}/runs").json["items"]
    assert listed == call("GET", f"/runs/{run}").json
    assert {"created": 3, "ignored": 1, "quarantined": 1, "records": 5}.items() <= listed.items()
    (item,) = call("GET", f"/{feed}/records?outcome=quarantined").json["items"]
    assert item["reason_code"] == "date" and item["line"] == 7 and item["fragment"].startswith("<iati-activity")
    first = call("GET", f"/{feed}/records?limit=2").json
    second = call("GET", f"/{feed}/records?limit=9&cursor={first['next']}").json
    assert len({row["id"] for row in first["items"] + second["items"]}) == 5 and second["next"] is None
    (ignored,) = call("GET", f"/{feed}/records?outcome=ignored").json["items"]
    answer = call("POST", f"/records/{ignored['id']}/verdict", json={"verdict": "keep"})
    assert answer.status_code == 200 and answer.json["verdict"] == "keep"
    assert call("POST", f"/records/{ignored['id']}/verdict", json={"verdict": "perhaps"}).status_code == 422
    assert call("POST", f"/records/{ignored['id']}/verdict", json={}).status_code == 422
    with app.database.reading() as session:
        assert session.get(FeedRecord, ignored["id"]).sha256 == ""  # type: ignore[union-attr]
    assert call("POST", f"/runs/{run}/cancel", json={}).status_code == 409
    assert call("GET", "/runs/999").status_code == 404


@pytest.mark.parametrize("role", [None, "state"])
def test_others_neither_manage_feeds_nor_see_quarantine(call: Call, role: str | None) -> None:
    feed = call("POST", "", json=FORM).json["id"]
    refused = 401 if role is None else 403
    for method, path in (
        ("POST", ""), ("PATCH", f"/{feed}"), ("POST", f"/{feed}/runs"), ("GET", f"/{feed}/runs"),
        ("GET", f"/{feed}/records"), ("POST", "/records/1/verdict"), ("POST", "/runs/1/cancel"),
    ):  # fmt: skip
        options: dict[str, Any] = {} if method == "GET" else {"json": {}}
        assert call(method, path, role=role, **options).status_code == refused, (method, path)
