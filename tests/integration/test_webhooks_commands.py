"""`casa subscription`: added with a secret shown once, listed, tested at once, sent again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result
from standardwebhooks.webhooks import Webhook

from registry.cli import casa
from registry.db import Database
from registry.errors import RegistryError
from tests.support.fault_server import FaultServer, body
from tests.support.people import make_user
from tests.support.webhooks import deliveries, happen, subscription

Run = Callable[..., Result]


@pytest.fixture
def run(sqlite_database: Database, server: FaultServer, tmp_path: Path) -> Run:
    make_user(sqlite_database, "coordinator", email="c@example.org")
    environment = {
        "CASA_DATABASE_URL": sqlite_database.url,
        "CASA_DATA_DIR": str(tmp_path),
        "CASA_SECRET_KEY": "test-secret-key-not-for-use",
        "CASA_OUTBOUND_ALLOW": server.allow,
    }
    return lambda *arguments: CliRunner().invoke(casa, ["subscription", *map(str, arguments)], env=environment)


def shown(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(result.stdout)
    return found


def test_a_subscription_is_added_listed_and_tested(run: Run, server: FaultServer) -> None:
    url = server.serve("/hook", body(b"hello"))
    made = shown(run("add", "c@example.org", url, "--name", "Ours", "--type", "need.*", "--state", "KEN", "--json"))
    assert made["types"] == ["need.*"] and made["states"] == ["KEN"] and made["secret"].startswith("whsec_")
    listed = run("list")
    assert "Ours" in listed.output and "on, 0 waiting" in listed.output and made["secret"] not in listed.output
    tested = run("test", made["id"])
    assert tested.exit_code == 0 and tested.output.splitlines() == ["delivered 200", "hello"]
    assert Webhook(made["secret"]).verify(server.requests[0].body, server.requests[0].headers)
    server.serve("/hook", body(b"no", "503 Later"))
    refused = run("test", made["id"], "--json")
    assert refused.exit_code == 1 and shown(refused)["reason"] == "http_status"


def test_sending_again_sets_the_cursor_back(run: Run, server: FaultServer, sqlite_database: Database) -> None:
    happen(sqlite_database, 4)
    added = run("add", "c@example.org", server.serve("/hook", body(b"")), "--name", "Ours")
    assert added.output.splitlines()[-1].startswith("whsec_") and subscription(sqlite_database, 1).position == 4
    assert shown(run("replay", 1, "--since", "2020-01-01", "--json")) == {"events": 4}
    assert subscription(sqlite_database, 1).position == 0 and deliveries(sqlite_database) == []


def test_what_does_not_fit_is_said(run: Run) -> None:
    for arguments, words in (
        (("add", "c@example.org", "https://10.0.0.1/", "--name", "x"), "not a public one"),
        (("add", "c@example.org", "https://a.example/", "--name", "x", "--type", "need.burned"), "no such event type"),
        (("add", "nobody@example.org", "https://a.example/", "--name", "x"), "no account"),
        (("test", "9"), "no such subscription"),
    ):
        error = run(*arguments).exception
        assert isinstance(error, RegistryError)
        assert words in str(error) + str(getattr(error, "fields", ""))
