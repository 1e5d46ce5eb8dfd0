"""The brake's question through every door: API, page, command; who may, and what is refused."""

from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from registry.api import gauges
from registry.cli import Context, casa
from registry.db import Database, utcnow
from registry.http import RegistryFlask
from registry.settings import Settings
from tests.support.absent import LISTED, Source, sources
from tests.support.people import client_for, make_user, token_headers


@pytest.fixture
def source(database: Database, settings: Settings) -> Iterator[Source]:
    """A feed of forty records of which thirty are held back."""
    with sources(database, settings) as make:
        source = make()
        source.sync(*LISTED)
        source.sync(*LISTED[:10])
        yield source


def call(app: RegistryFlask, method: str, path: str, role: str = "coordinator", **options: Any) -> Any:
    user = make_user(app.database, role, email=f"{role}{utcnow().timestamp()}@example.org")
    headers = token_headers(
        app.database, user, ["feeds:read", "feeds:write"] if role == "coordinator" else ["feeds:read"]
    ) | options.pop("headers", {})
    return app.test_client().open(f"/api/v1/feeds{path}", method=method, headers=headers, **options)


def test_the_api_shows_what_is_held_and_takes_the_answer_to_the_version_seen(
    app: RegistryFlask, source: Source
) -> None:
    path = f"/{source.feed.id}/hold"
    held = call(app, "GET", path)
    assert held.status_code == 200 and held.headers["ETag"] == '"1"'
    assert {name: held.json[name] for name in ("status", "missing", "live", "left")} == {
        "status": "open", "missing": 30, "live": 40, "left": 30,
    }  # fmt: skip
    page = call(app, "GET", f"/holds/{held.json['id']}/records?limit=29").json
    assert len(page["items"]) == 29 and page["next"] and page["items"][0]["missing_since"]
    assert call(app, "POST", path, json={"decision": "release"}).status_code == 428
    stale = {"If-Match": '"7"'}
    assert call(app, "POST", path, json={"decision": "release"}, headers=stale).status_code == 412
    seen = {"If-Match": '"1"'}
    for body in ({}, {"decision": "perhaps"}, {"decision": "refuse"}, {"decision": "refuse", "reason": "x" * 501}):
        assert call(app, "POST", path, json=body, headers=seen).status_code == 422
    answered = call(app, "POST", path, json={"decision": "refuse", "reason": "They republish."}, headers=seen)
    assert answered.status_code == 200 and answered.json["status"] == "refused" and answered.json["version"] == 2
    assert call(app, "GET", f"/holds/{held.json['id']}").json["reason"] == "They republish."
    assert [row["status"] for row in call(app, "GET", f"/{source.feed.id}/holds").json["items"]] == ["refused"]
    assert call(app, "GET", path, role="state").status_code == 403
    assert call(app, "GET", "/999/hold").status_code == 404


def test_a_coordinator_finds_the_question_on_the_pages_and_answers_it(app: RegistryFlask, source: Source) -> None:
    client: FlaskClient = client_for(app, make_user(app.database, "coordinator"))
    hold = "/en/holds/1"
    for path in ("/en/", f"/en/feeds/{source.feed.id}"):
        assert f'href="{hold}"' in client.get(path).text
    assert "held back" in client.get("/en/feeds").text
    page = client.get(hold).text
    assert "30 of 40 records went missing" in page and "Control of small arms 40" in page
    refused = client.post(hold, data={"version": "1", "do": "refuse", "reason": " "})
    assert refused.status_code == 422 and "Say why they stay" in refused.text
    stale = client.post(hold, data={"version": "9", "do": "release"}, follow_redirects=True)
    assert "The question changed while you read it" in stale.text
    done = client.post(hold, data={"version": "1", "do": "release", "reason": "Asked them."}, follow_redirects=True)
    assert "Released. The records go" in done.text and "30 are missing still" in done.text
    assert f'href="{hold}"' not in client.get("/en/").text, "answered: it does not wait any more"
    assert client_for(app, make_user(app.database, "agency")).get(hold).status_code == 403


def test_commands_show_what_is_held_and_answer(settings: Settings, database: Database, source: Source) -> None:
    context = Context()
    context.settings, context._database = settings, database

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(casa, ["feed", *arguments], obj=context)
        assert result.exit_code == 0, result.output
        return result.output

    assert "30 of 40 records" in run("held", "Partner") and "… and 10 more" in run("held", "Partner")
    assert "30 records stay" in run("refuse", "Partner", "--reason", "They republish.")
    assert "30 records go once" in run("release", "Partner")
    assert CliRunner().invoke(casa, ["feed", "refuse", "Partner"], obj=context).exit_code == 2


def test_a_metric_counts_feeds_that_wait_for_a_person(database: Database, source: Source) -> None:
    with database.reading() as session:
        assert "casa_feeds_held 1" in list(gauges.lines(session, utcnow()))
