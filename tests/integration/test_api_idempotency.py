"""Idempotency-Key: a retry gets the first answer and does nothing; the claim and the work are one transaction."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from registry import db
from registry.accounts import idempotency
from registry.accounts.models import IdempotencyKey
from registry.catalogue.models import Organisation
from registry.db import Database, utcnow
from registry.events.models import Event
from registry.http import RegistryFlask
from registry.settings import Settings
from tests.support.probe_app import hook, lend_probe_app

URL = "/api/v1/probes"


@pytest.fixture
def probe_app(settings: Settings, database: Database) -> Iterator[RegistryFlask]:
    with lend_probe_app(settings, database) as app:
        yield app


@pytest.fixture
def client(probe_app: RegistryFlask) -> FlaskClient:
    client = probe_app.test_client()
    client.environ_base["HTTP_X_TEST_USER"] = "1"
    return client


def post(client: FlaskClient, key: str, name: str = "one", user: int = 1, query: str = "") -> TestResponse:
    return client.post(URL + query, json={"name": name}, headers={"Idempotency-Key": key, "X-Test-User": str(user)})


def count(database: Database, model: type = Organisation) -> int:
    with database.reading() as session:
        return session.execute(select(func.count()).select_from(model)).scalar_one()


def test_a_retry_gets_the_same_answer_and_does_nothing_again(client: FlaskClient, database: Database) -> None:
    first, again = post(client, "k1"), post(client, "k1")
    assert first.status_code == again.status_code == 201
    assert first.data == again.data
    for name in ("Location", "ETag", "Content-Type"):
        assert first.headers[name] == again.headers[name]
    assert "Idempotency-Replayed" not in first.headers and again.headers["Idempotency-Replayed"] == "true"
    assert count(database) == 1 and count(database, Event) == 1


def test_without_a_key_every_request_counts(client: FlaskClient, database: Database) -> None:
    for _ in range(2):
        assert client.post(URL, json={"name": "one"}).status_code == 201
    assert count(database) == 2 and count(database, IdempotencyKey) == 0


def test_the_same_key_with_another_request_is_refused(client: FlaskClient, database: Database) -> None:
    post(client, "k1")
    for other in (post(client, "k1", name="two"), post(client, "k1", query="?x=1")):
        assert other.status_code == 422
        assert other.get_json()["type"].endswith("#idempotency-key-reused")
    assert count(database) == 1


def test_keys_belong_to_users(client: FlaskClient, database: Database) -> None:
    assert post(client, "k1", user=1).headers["Location"] != post(client, "k1", user=2).headers["Location"]
    assert count(database) == 2


def test_an_error_is_not_kept_so_the_same_key_may_try_again(client: FlaskClient, database: Database) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with hook("fail", fail):
        assert post(client, "k1").status_code == 500
    assert post(client, "k2", name="").status_code == 422
    assert count(database) == count(database, IdempotencyKey) == 0
    assert post(client, "k1").status_code == post(client, "k2").status_code == 201
    assert count(database) == 2


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 201, "é"])
def test_a_key_out_of_form_is_refused(client: FlaskClient, key: str) -> None:
    assert post(client, key).status_code == 400


def test_a_key_without_a_user_is_refused(probe_app: RegistryFlask, database: Database) -> None:
    response = probe_app.test_client().post(URL, json={"name": "x"}, headers={"Idempotency-Key": "k"})
    assert response.status_code == 401 and count(database) == 0


def test_of_equal_requests_at_once_one_works_and_the_others_get_its_answer(
    probe_app: RegistryFlask, database: Database
) -> None:
    gate = threading.Barrier(6)

    def send(_: int) -> tuple[int, bytes, str]:
        client = probe_app.test_client()
        gate.wait()
        response = post(client, "same")
        return response.status_code, response.data, response.headers.get("Idempotency-Replayed", "false")

    working = threading.Event()
    with hook("slow", lambda: None if working.wait(0.2) else None), ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(send, range(6)))
    assert {status for status, _, _ in answers} == {201}
    assert len({body for _, body, _ in answers}) == 1
    assert sorted(replayed for _, _, replayed in answers) == ["false"] + ["true"] * 5
    assert count(database) == 1


def test_where_the_first_fails_the_one_that_waited_does_the_work(probe_app: RegistryFlask, database: Database) -> None:
    first_inside, calls = threading.Event(), []

    def fail_first() -> None:
        calls.append(1)
        if len(calls) == 1:
            first_inside.set()
            threading.Event().wait(0.3)
            raise ZeroDivisionError

    def first() -> int:
        return post(probe_app.test_client(), "same").status_code

    def second() -> int:
        first_inside.wait(5)
        return post(probe_app.test_client(), "same").status_code

    with hook("fail first", fail_first), ThreadPoolExecutor(2) as pool:
        results = [pool.submit(first), pool.submit(second)]
        assert [result.result() for result in results] == [500, 201]
    assert count(database) == 1


def test_a_wait_that_takes_too_long_is_a_conflict_on_postgresql_and_busy_on_sqlite(
    client: FlaskClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "WAIT", 0.3)
    monkeypatch.setattr(idempotency, "WAIT_SECONDS", 0.3)
    with database.transaction() as holder:
        idempotency.claim(holder, "user:1", "held", "x" * 64, utcnow())
        response = post(client, "held")
    assert response.status_code == (503 if database.is_sqlite else 409)
    assert response.content_type == "application/problem+json"
    assert count(database) == 0


def test_answers_are_kept_for_a_day_and_then_forgotten(client: FlaskClient, database: Database) -> None:
    post(client, "k1")
    now = utcnow()
    with database.transaction() as session:
        assert idempotency.prune_idempotency(session, now + timedelta(hours=23, minutes=59)) == 0
        assert idempotency.prune_idempotency(session, now + timedelta(hours=24, minutes=1)) == 1
    assert post(client, "k1").headers.get("Idempotency-Replayed") is None
    with database.transaction() as session:
        late = now + timedelta(hours=25)
        assert idempotency.claim(session, "user:1", "k1", "y" * 64, late) is None, "an old answer binds nobody"
