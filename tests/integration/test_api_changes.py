"""The change feed over HTTP: pages, cursors, waiting, what nobody may see; and `casa events` beside it."""

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from registry.accounts.models import User
from registry.api.following import following
from registry.catalogue.models import Meta
from registry.cli import Context, casa
from registry.db import Database
from registry.events.outbox import Change, emit_all
from registry.events.watching import Watch
from registry.http import RegistryFlask
from registry.rooms import Room
from registry.settings import Settings
from tests.support.people import make_user, token_headers

URL = "/api/v1/changes"


def write(database: Database, count: int, first: int = 1, **more: Any) -> None:
    with database.transaction() as session:
        emit_all(
            session,
            [Change("need.opened", "need", n, 1, {"title": f"Need {n}"}, **more) for n in range(first, first + count)],
        )


@pytest.fixture
def client(app: RegistryFlask) -> FlaskClient:
    return app.test_client()


def next_of(response: Any) -> str:
    link: str = response.headers["Link"]
    assert link.endswith('>; rel="next"')
    return link.removeprefix("<").partition(">")[0]


def test_a_follower_reads_page_by_page_and_goes_on_where_it_stopped(client: FlaskClient, database: Database) -> None:
    write(database, 5)
    subjects, address, more = [], f"{URL}?limit=2", True
    while more:
        response = client.get(address)
        assert response.status_code == 200 and response.content_type == "application/cloudevents-batch+json"
        subjects += [event["subject"] for event in response.get_json(force=True)]
        more, address = response.headers["X-Has-More"] == "true", next_of(response)
        assert "limit=2" in address
    assert subjects == [f"needs/{n}" for n in range(1, 6)]
    idle = client.get(address)
    assert idle.get_json(force=True) == [] and next_of(idle) == address, "the cursor stays where it is"
    write(database, 1, first=6)
    assert [e["subject"] for e in client.get(address).get_json(force=True)] == ["needs/6"]


def test_events_link_to_their_record_and_carry_its_version(client: FlaskClient, database: Database) -> None:
    write(database, 1)
    (event,) = client.get(URL).get_json(force=True)
    assert event["type"] == "casa.need.opened" and event["source"] == "http://registry.test"
    assert event["data"] == {"title": "Need 1", "version": 1, "href": "http://registry.test/api/v1/needs/1"}


def test_anonymous_readers_see_public_events_only(client: FlaskClient, database: Database) -> None:
    write(database, 2, visibility="members", state="KEN")
    write(database, 1, first=3)
    write(database, 2, first=4, visibility="private", state="KEN")
    response = client.get(URL)
    assert [e["subject"] for e in response.get_json(force=True)] == ["needs/3"]
    assert response.headers["X-Has-More"] == "false"


def test_members_see_what_is_for_members_and_owners_what_is_theirs(app: RegistryFlask, database: Database) -> None:
    kenya, donor, coordinator = (make_user(database, role) for role in ("state", "donor", "coordinator"))
    write(database, 1, visibility="members", state="KEN")
    write(database, 1, first=2, visibility="private", state="KEN")
    write(database, 1, first=3, visibility="private", state="UGA")
    write(database, 1, first=4, visibility="private", organisation_id=donor.organisation_id)
    seen = {}
    for user in (kenya, donor, coordinator):
        headers = token_headers(database, user, ["changes:read"])
        events = app.test_client().get(URL, headers=headers).get_json(force=True)
        seen[user.role] = [int(event["subject"].partition("/")[2]) for event in events]
    assert seen == {"state": [1, 2], "donor": [1, 4], "coordinator": [1, 2, 3, 4]}


def test_a_token_without_the_scope_does_not_reach_the_feed(sqlite_app: RegistryFlask) -> None:
    user = make_user(sqlite_app.database, "coordinator")
    client = sqlite_app.test_client()
    headers = token_headers(sqlite_app.database, user, ["needs:read"])
    assert client.get(URL, headers=headers).status_code == 403
    refused = client.get(URL, headers={"Authorization": "Bearer casa_1_wrong"})
    assert refused.status_code == 401 and refused.headers["WWW-Authenticate"].startswith("Bearer")


def test_an_unchanged_page_is_304(client: FlaskClient, database: Database) -> None:
    write(database, 2)
    first = client.get(URL)
    known = client.get(URL, headers={"If-None-Match": first.headers["ETag"]})
    assert known.status_code == 304 and known.headers["Link"] == first.headers["Link"]
    write(database, 1, first=3)
    assert client.get(URL, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_following_from_now_skips_what_was(client: FlaskClient, database: Database) -> None:
    write(database, 2)
    now = client.get(f"{URL}?after=now")
    assert now.get_json(force=True) == []
    write(database, 1, first=3)
    assert [e["subject"] for e in client.get(next_of(now)).get_json(force=True)] == ["needs/3"]


@pytest.mark.parametrize(
    "query, name", [("after=garbage", "after"), ("limit=0", "limit"), ("limit=1001", "limit"), ("wait=26", "wait"),
                    ("wait=-1", "wait"), ("afer=x", "afer"), (f"after={'A' * 501}", "after")]
)  # fmt: skip
def test_wrong_parameters_are_named(sqlite_app: RegistryFlask, query: str, name: str) -> None:
    response = sqlite_app.test_client().get(f"{URL}?{query}")
    assert response.status_code == 422
    assert [error["parameter"] for error in response.get_json()["errors"]] == [name]


def test_a_cursor_of_another_life_of_this_registry_is_gone_and_the_snapshot_is_named(
    client: FlaskClient, database: Database
) -> None:
    write(database, 1)
    address = next_of(client.get(URL))
    with database.transaction() as session:
        session.get_one(Meta, "epoch").value = "after-a-restore"
    response = client.get(address)
    document = response.get_json()
    assert response.status_code == 410 and document["type"].endswith("#gone")
    assert document["snapshot"] == "http://registry.test/api/v1/snapshot"


def test_a_page_behind_which_there_is_more_is_kept_by_caches_for_ever(client: FlaskClient, database: Database) -> None:
    write(database, 5)
    first = client.get(f"{URL}?limit=2")
    assert first.headers["Cache-Control"] == "no-store", "it begins with the oldest kept, which changes"
    second = client.get(next_of(first))
    assert second.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert second.headers["X-Has-More"] == "true" and len(second.get_json(force=True)) == 2
    end = client.get(next_of(second))
    assert end.headers["Cache-Control"] == "no-store" and len(end.get_json(force=True)) == 1
    write(database, 5, first=6)
    again = client.get(next_of(first))
    assert (again.get_data(), again.headers["ETag"]) == (second.get_data(), second.headers["ETag"])
    assert again.headers["Link"] == second.headers["Link"]
    known = client.get(next_of(first), headers={"If-None-Match": second.headers["ETag"]})
    assert known.status_code == 304 and known.headers["Cache-Control"] == second.headers["Cache-Control"]


def test_a_closed_page_of_somebody_signed_in_is_in_nobody_elses_cache(sqlite_app: RegistryFlask) -> None:
    headers = token_headers(sqlite_app.database, make_user(sqlite_app.database, "donor"), ["changes:read"])
    write(sqlite_app.database, 5)
    client = sqlite_app.test_client()
    page = client.get(next_of(client.get(f"{URL}?limit=2", headers=headers)), headers=headers)
    assert page.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert {"Authorization", "Cookie"} <= set(page.vary)


def test_a_reader_of_few_among_many_gets_short_pages_that_lead_on(
    sqlite_app: RegistryFlask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.events.feed.SCAN", 4)
    write(sqlite_app.database, 9, visibility="private")
    write(sqlite_app.database, 1, first=10)
    address, pages, seen, more = f"{URL}?limit=2", 0, [], True
    while more:
        page = sqlite_app.test_client().get(address)
        seen += [event["subject"] for event in page.get_json(force=True)]
        pages, more, address = pages + 1, page.headers["X-Has-More"] == "true", next_of(page)
    assert seen == ["needs/10"] and pages == 3


def test_a_cursor_of_who_sees_other_records_leads_to_the_snapshot(sqlite_app: RegistryFlask) -> None:
    """What was passed over for one reader would never be read by another who may see it."""
    kenya = make_user(sqlite_app.database, "state")
    write(sqlite_app.database, 1, visibility="private", state="KEN")
    client = sqlite_app.test_client()
    anonymous = next_of(client.get(URL))
    headers = token_headers(sqlite_app.database, kenya, ["changes:read"])
    refused = client.get(anonymous, headers=headers)
    assert refused.status_code == 410 and refused.get_json()["snapshot"].endswith("/api/v1/snapshot")
    mine = next_of(client.get(URL, headers=headers))
    assert client.get(mine, headers=headers).status_code == 200
    colleague = make_user(sqlite_app.database, "state")
    assert client.get(mine, headers=token_headers(sqlite_app.database, colleague, ["changes:read"])).status_code == 200
    with sqlite_app.database.transaction() as session:
        session.get_one(User, kenya.id).state = "UGA"
    assert client.get(mine, headers=headers).status_code == 410


def test_waiting_ends_when_something_happens(client: FlaskClient, app: RegistryFlask, database: Database) -> None:
    following(app).watch._poll_seconds = 0.02
    address = next_of(client.get(URL))
    timer = threading.Timer(0.15, write, (database, 1))
    timer.start()
    response = client.get(f"{address}&wait=20")
    timer.join()
    assert [e["subject"] for e in response.get_json(force=True)] == ["needs/1"]


def test_what_one_may_not_see_does_not_end_the_waiting(sqlite_app: RegistryFlask) -> None:
    following(sqlite_app).watch._poll_seconds = 0.02
    address = next_of(sqlite_app.test_client().get(URL))
    timers = [
        threading.Timer(0.1, write, (sqlite_app.database, 1), {"visibility": "private"}),
        threading.Timer(0.3, write, (sqlite_app.database, 1, 2)),
    ]
    for timer in timers:
        timer.start()
    response = sqlite_app.test_client().get(f"{address}&wait=20")
    for timer in timers:
        timer.join()
    assert [e["subject"] for e in response.get_json(force=True)] == ["needs/2"]


def test_waiting_ends_with_the_time_asked_for(sqlite_app: RegistryFlask) -> None:
    start = time.monotonic()
    response = sqlite_app.test_client().get(f"{URL}?wait=1")
    assert response.status_code == 200 and response.get_json(force=True) == []
    assert 1 <= time.monotonic() - start < 5


def test_one_waiting_too_many_is_answered_at_once_and_told_when_to_ask_again(sqlite_app: RegistryFlask) -> None:
    following(sqlite_app).standing = Room(1)
    assert following(sqlite_app).standing.enter()
    start = time.monotonic()
    response = sqlite_app.test_client().get(f"{URL}?wait=25")
    assert response.status_code == 200 and response.headers["Retry-After"] == "5"
    assert time.monotonic() - start < 5


def test_a_place_is_left_also_by_those_who_fail(sqlite_app: RegistryFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = following(sqlite_app)
    shared.standing = Room(1)

    def fail(*_: object) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr(shared.watch, "wait", fail)
    sqlite_app.testing = False
    assert sqlite_app.test_client().get(f"{URL}?wait=25").status_code == 500
    assert shared.standing.enter()


def test_many_wait_by_one_poller_which_ends_with_the_last_of_them(sqlite_database: Database) -> None:
    watch = Watch(sqlite_database, poll_seconds=0.02)
    with ThreadPoolExecutor(5) as pool:
        waiting = [pool.submit(watch.wait, 0, 10) for _ in range(5)]
        time.sleep(0.1)
        assert [thread.name for thread in threading.enumerate()].count("event-watch") == 1
        write(sqlite_database, 1)
        assert all(future.result(5) for future in waiting)
    end = time.monotonic() + 5
    while "event-watch" in [thread.name for thread in threading.enumerate()]:
        assert time.monotonic() < end
        time.sleep(0.01)
    assert watch.wait(0, 5) and not watch.wait(1, 0.05)


@pytest.fixture
def run(database: Database, settings: Settings) -> Callable[..., Any]:
    def invoke(*arguments: str) -> Any:
        context = Context.__new__(Context)
        context.settings, context._database = settings, database
        return CliRunner().invoke(casa, ["events", *arguments], obj=context, catch_exceptions=False)

    return invoke


def test_the_command_prints_a_line_per_event_and_the_cursor_to_go_on(
    run: Callable[..., Any], database: Database
) -> None:
    write(database, 3, visibility="private", state="KEN")
    result = run()
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert len(lines) == 3 and "need.opened" in lines[0] and "needs/1" in lines[0] and "Need 1" in lines[0]
    cursor = result.stderr.strip().removeprefix("cursor: ")
    write(database, 1, first=4)
    assert "needs/4" in run("--after", cursor).stdout
    assert len(run("--limit", "2").stdout.splitlines()) == 2


def test_the_command_prints_json_lines(run: Callable[..., Any], database: Database) -> None:
    write(database, 2)
    events = [json.loads(line) for line in run("--json").stdout.splitlines()]
    assert [event["subject"] for event in events] == ["needs/1", "needs/2"]


def test_following_prints_what_comes_until_stopped(
    run: Callable[..., Any], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = []

    def wait(_watch: Watch, _position: int, _seconds: float) -> bool:
        turns.append(1)
        if len(turns) == 3:
            raise KeyboardInterrupt
        write(database, 1, first=len(turns))
        return True

    monkeypatch.setattr(Watch, "wait", wait)
    result = run("--follow")
    assert [line.split()[3] for line in result.stdout.splitlines()] == ["needs/1", "needs/2"]
    assert result.exit_code == 0 and "cursor: " in result.stderr
