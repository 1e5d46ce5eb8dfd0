"""Coordinators see how consumers stand, and have dead letters tried again or given up: by page and by command."""

from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from registry.accounts.models import AuditEntry
from registry.cli import casa
from registry.db import Database, utcnow
from registry.events import consumers, dead_letters
from registry.events.consumers import Consumer
from registry.events.consuming import take_turn
from registry.events.outbox import Change, emit
from registry.events.sequencer import sequence
from registry.http import RegistryFlask
from registry.worker.consumers import CONSUMERS
from tests.support.pages import check_page
from tests.support.people import client_for, make_user, token_headers

Run = Callable[..., Result]


@pytest.fixture
def letters(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Two events that `rematch` could not take; whether it can by now, the test says."""
    broken = Consumer(frozenset({"need"}), lambda *_: 1 / 0, lambda *_: None, "Breaks.")
    with sqlite_database.transaction() as session:
        consumers.ensure(session, CONSUMERS, utcnow())
        emit(session, *[Change("need.opened", "need", number, 2, {"title": "A need"}) for number in (7, 8)])
    sequence(sqlite_database)
    with monkeypatch.context() as at_once:
        at_once.setattr("registry.events.consuming.WAITS", ())
        take_turn(sqlite_database, "rematch", broken, "test")
    with sqlite_database.reading() as session:
        yield [letter.id for letter in dead_letters.letters(session)]


def acts(database: Database) -> list[tuple[str, str]]:
    with database.reading() as session:
        rows = session.execute(select(AuditEntry.action, AuditEntry.subject).order_by(AuditEntry.id))  # type: ignore[call-overload]
        return [(row[0], row[1]) for row in rows if row[0].startswith("dead_letter.")]


@pytest.fixture
def run(sqlite_database: Database, tmp_path: Path) -> Run:
    environment = {"CASA_DATABASE_URL": sqlite_database.url, "CASA_DATA_DIR": str(tmp_path)}
    return lambda *arguments: CliRunner().invoke(casa, ["consumer", *map(str, arguments)], env=environment)


def test_commands_list_retry_and_discard(
    run: Run, letters: list[int], sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = run("list")
    assert "2 set aside" in listed.output and "need.opened need:7" in listed.output
    shown = orjson.loads(run("list", "--json").stdout)
    assert [letter["event"]["subject"] for letter in shown["dead_letters"]] == ["need:7", "need:8"]
    assert {each["name"] for each in shown["consumers"]} == set(CONSUMERS)
    with monkeypatch.context() as still:
        still.setitem(CONSUMERS, "rematch", Consumer(frozenset({"need"}), lambda *_: 1 / 0, lambda *_: None, ""))
        again = run("retry", letters[0])
        assert again.exit_code == 1 and "ZeroDivisionError" in again.output
    assert run("retry", letters[0]).exit_code == 0, "the need is not there: nothing is to be matched"
    assert run("discard", letters[1]).exit_code == 2, "not without a reason"
    assert run("discard", letters[1], "--reason", "no longer there").exit_code == 0
    assert orjson.loads(run("list", "--json").stdout)["dead_letters"] == []
    assert acts(sqlite_database) == [
        ("dead_letter.retry", f"dead_letter:{letters[0]}"),
        ("dead_letter.retry", f"dead_letter:{letters[0]}"),
        ("dead_letter.discard", f"dead_letter:{letters[1]}"),
    ]
    with pytest.raises(Exception, match="no dead letter 99"):
        CliRunner().invoke(
            casa,
            ["consumer", "discard", "99", "--reason", "none"],
            env={"CASA_DATABASE_URL": sqlite_database.url},
            catch_exceptions=False,
        )


def test_without_a_scheduler_events_are_consumed_by_command(run: Run, sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        emit(session, Change("need.opened", "need", 7, 2, {"title": "A need"}))
    assert orjson.loads(run("run", "--json").stdout)["events"] >= 1
    assert orjson.loads(run("run", "--json").stdout) == {"events": 0}


def test_a_coordinator_tries_again_and_gives_up_on_the_page(sqlite_app: RegistryFlask, letters: list[int]) -> None:
    client = client_for(sqlite_app, make_user(sqlite_app.database, "coordinator"))
    page = client.get("/en/consumers").text
    check_page(page)
    assert "Match what changed" in page and "ZeroDivisionError" in page and "need:8" in page
    assert "2 events are set aside" in client.get("/en/").text
    assert client.post(f"/en/consumers/dead-letters/{letters[0]}/retry").status_code == 303
    assert "is tried again" in client.get("/en/consumers").text
    assert take_turn(sqlite_app.database, "rematch", CONSUMERS["rematch"], "test") == 1
    assert client.post("/en/consumers/dead-letters/retry").status_code == 303
    give_up = f"/en/consumers/dead-letters/{letters[1]}/discard"
    asked = client.post(give_up, data={"reason": " "})
    assert asked.status_code == 422
    check_page(asked.text)
    assert client.post(give_up, data={"reason": "The need was removed by hand"}).status_code == 303
    assert client.post(give_up, data={"reason": "Again"}).status_code == 404
    with sqlite_app.database.reading() as session:
        given = select(AuditEntry.detail).where(AuditEntry.action == "dead_letter.discard")  # type: ignore[call-overload]
        assert "The need was removed by hand" in session.execute(given).scalar_one()
    assert "No event is set aside" in client.get("/en/consumers").text
    stranger = client_for(sqlite_app, make_user(sqlite_app.database, "state"))
    assert stranger.get("/en/consumers").status_code == 403
    assert stranger.post("/en/consumers/dead-letters/retry").status_code == 403


def test_metrics_tell_lag_failures_and_dead_letters(sqlite_app: RegistryFlask, letters: list[int]) -> None:
    text = sqlite_app.test_client().get("/metrics").text
    assert 'casa_consumer_lag{consumer="rematch"} 0' in text
    assert 'casa_consumer_failures{consumer="rematch"} 0' in text
    assert 'casa_dead_letters{consumer="rematch"} 2' in text
    assert sqlite_app.test_client().get("/readyz").status_code == 200


def test_the_api_lists_tries_again_and_gives_up(sqlite_app: RegistryFlask, letters: list[int]) -> None:
    staff = make_user(sqlite_app.database, "coordinator")
    headers = token_headers(sqlite_app.database, staff, ["feeds:read", "feeds:write"])
    client = sqlite_app.test_client()
    standing = client.get("/api/v1/consumers", headers=headers).json["items"]
    assert {each["name"]: each["dead_letters"] for each in standing}["rematch"] == 2
    listed = client.get("/api/v1/consumers/dead-letters", headers=headers).json
    assert listed["total"] == 2 and [item["event"]["subject"] for item in listed["items"]] == ["need:7", "need:8"]
    where = f"/api/v1/consumers/dead-letters/{letters[0]}"
    assert client.post(f"{where}/retry", json={}, headers=headers).json["retry_at"]
    assert client.delete(where, headers=headers).status_code == 422, "not without a reason"
    assert client.delete(f"{where}?reason=removed%20by%20hand", headers=headers).status_code == 204
    assert client.delete(f"{where}?reason=again", headers=headers).status_code == 404
    assert acts(sqlite_app.database)[-1] == ("dead_letter.discard", f"dead_letter:{letters[0]}")
    reader = token_headers(sqlite_app.database, staff, ["feeds:read"])
    assert client.delete(f"{where}?reason=no", headers=reader).status_code == 403
