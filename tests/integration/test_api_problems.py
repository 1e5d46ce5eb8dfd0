"""Errors over HTTP: problem documents under the API's addresses, pages elsewhere, and never a stack trace."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from registry.api import problems
from registry.db import Database
from registry.settings import Settings
from tests.support.probe_app import hook, lend_probe_app

URL = "/api/v1/probes"


@pytest.fixture
def client(settings: Settings, sqlite_database: Database) -> Iterator[FlaskClient]:
    with lend_probe_app(settings, sqlite_database) as app:
        client = app.test_client()
        client.environ_base["HTTP_X_TEST_USER"] = "1"
        yield client


def problem(response: TestResponse, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.content_type == "application/problem+json"
    document: dict[str, Any] = response.get_json()
    assert document["type"] == f"http://registry.test/api/v1/problems#{code}"
    assert document["status"] == status and document["title"] and document["detail"]
    return document


@pytest.mark.parametrize(
    "dotted, expected",
    [
        ("lines.0.amount", "#/lines/0/amount"),
        ("_schema", "#"),
        ("a%2Eb", "#/a.b"),
        ("a/b~c", "#/a~1b~0c"),
        ("имя x", "#/%D0%B8%D0%BC%D1%8F%20x"),
    ],
)
def test_a_dotted_path_becomes_a_json_pointer_in_a_fragment(dotted: str, expected: str) -> None:
    assert problems.pointer(dotted) == expected


def test_an_address_that_leads_nowhere_is_a_problem_in_the_api_and_a_page_elsewhere(client: FlaskClient) -> None:
    problem(client.get("/api/v1/nothing-here"), 404, "not-found")
    problem(client.get(f"{URL}/999"), 404, "not-found")
    problem(client.get(f"{URL}/{10**30}"), 404, "not-found")
    problem(client.get(f"{URL}/{'9' * 5000}"), 404, "not-found")
    page = client.get("/en/nothing-here")
    assert page.status_code == 404 and page.mimetype == "text/html"


def test_a_method_that_is_not_taken_is_405_and_names_those_that_are(client: FlaskClient) -> None:
    response = client.delete(URL)
    problem(response, 405, "method-not-allowed")
    assert {"GET", "POST"} <= set(response.headers["Allow"].split(", "))


@pytest.mark.parametrize("body", ["{", '{"name": "x"', "[1,]", "nan", '{"name": NaN}', '"\\ud800"', "\xff"])
def test_broken_json_is_400_and_says_where(client: FlaskClient, body: str) -> None:
    response = client.post(URL, data=body.encode("latin-1"), content_type="application/json")
    assert "line 1" in problem(response, 400, "bad-request")["detail"]


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None]
)
def test_another_form_than_json_is_415(client: FlaskClient, content_type: str | None) -> None:
    problem(client.post(URL, data='{"name": "x"}', content_type=content_type), 415, "unsupported-media-type")


def test_a_charset_or_a_json_dialect_is_still_json(client: FlaskClient) -> None:
    for content_type in ("application/json; charset=utf-8", "application/merge-patch+json"):
        assert client.post(URL, data='{"name": "x"}', content_type=content_type).status_code == 201


def test_a_body_that_is_too_large_is_413(client: FlaskClient) -> None:
    client.application.config["MAX_CONTENT_LENGTH"] = 100
    problem(client.post(URL, json={"name": "x" * 200}), 413, "too-large")


def test_wrong_fields_are_named_by_pointer(client: FlaskClient) -> None:
    document = problem(
        client.post(URL, json={"lines": [{"amount": 1}, {"amount": "x"}], "nmae": 1}), 422, "invalid-input"
    )
    assert {error["pointer"] for error in document["errors"]} == {"#/name", "#/lines/1/amount", "#/nmae"}
    assert all(error["detail"] for error in document["errors"])


@pytest.mark.parametrize("body", ["[]", '"text"', "1", "null", "true"])
def test_a_body_that_is_no_object_is_an_error_of_the_whole(client: FlaskClient, body: str) -> None:
    document = problem(client.post(URL, data=body, content_type="application/json"), 422, "invalid-input")
    assert [error["pointer"] for error in document["errors"]] == ["#"]


def test_no_body_names_what_is_needed(client: FlaskClient) -> None:
    assert problem(client.post(URL), 422, "invalid-input")["errors"][0]["pointer"] == "#/name"


def test_what_no_database_can_hold_is_an_error_of_its_field(client: FlaskClient) -> None:
    document = problem(client.post(URL, json={"name": "a\0b"}), 422, "invalid-input")
    assert document["errors"][0]["pointer"] == "#/name"


@pytest.mark.parametrize(
    "query, name",
    [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=x", "limit"),
        ("sort=colour", "sort"),
        ("cursor=garbage", "cursor"),
        ("thme=1", "thme"),
        ("limit=1&limit=2", "limit"),
        ("q=%00", "q"),
        (f"q={'x' * 501}", "q"),
    ],
)
def test_wrong_parameters_are_named(client: FlaskClient, query: str, name: str) -> None:
    document = problem(client.get(f"{URL}?{query}"), 422, "invalid-input")
    assert [error["parameter"] for error in document["errors"]] == [name]


def test_a_parameter_is_called_one_whatever_the_method(client: FlaskClient) -> None:
    document = problem(client.delete(f"{URL}/1?limit=0"), 422, "invalid-input")
    assert document["errors"][0]["parameter"] == "limit"
    problem(client.delete(f"{URL}/1"), 409, "conflict")


def test_an_unexpected_error_is_500_with_an_id_that_the_log_knows_and_nothing_else(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        response = client.get(f"{URL}/crash")
    document = problem(response, 500, "error")
    said = json.dumps(document)
    assert "secret" not in said and "Zero" not in said and "Traceback" not in said
    assert document["request_id"] == response.headers["X-Request-Id"]
    record = next(r for r in caplog.records if document["request_id"] in r.getMessage())
    assert record.exc_info and record.exc_info[0] is ZeroDivisionError


def test_the_proxys_request_id_is_kept_where_it_is_plain(client: FlaskClient) -> None:
    assert client.get(URL, headers={"X-Request-Id": "proxy-0001"}).headers["X-Request-Id"] == "proxy-0001"
    forged = client.get(URL, headers={"X-Request-Id": "a b<script>"}).headers["X-Request-Id"]
    assert forged.isalnum() and len(forged) == 32


def test_an_error_leaves_nothing_written(client: FlaskClient) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with hook("fail", fail):
        assert client.post(URL, json={"name": "lost"}).status_code == 500
    assert client.get(URL).get_json() == {"items": [], "next": None, "total": None}


def test_the_kinds_of_problem_are_served_where_their_type_leads(client: FlaskClient) -> None:
    served = {kind["code"]: kind for kind in client.get("/api/v1/problems").get_json()}
    assert set(served) == set(problems.KINDS)
    assert served["version-mismatch"]["status"] == 412
