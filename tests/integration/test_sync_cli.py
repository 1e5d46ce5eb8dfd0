"""`casa feed` and `casa import`: exit codes, one JSON object, reasons a person can act on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from registry.cli import casa
from registry.db import Database
from registry.errors import RegistryError
from tests.support.fault_server import FaultServer, body
from tests.support.iati import BAD_DAY, activity, document, many, write

Run = Callable[..., Result]


@pytest.fixture
def run(sqlite_database: Database, server: FaultServer, tmp_path: Path) -> Run:
    """Run a command on the test's database."""
    environment = {
        "CASA_DATABASE_URL": sqlite_database.url,
        "CASA_DATA_DIR": str(tmp_path),
        "CASA_SECRET_KEY": "test-secret-key-not-for-use",
        "CASA_OUTBOUND_ALLOW": server.allow,
    }
    return lambda *arguments: CliRunner().invoke(casa, [str(a) for a in arguments], env=environment)


def shown(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(result.stdout)
    return found


def test_importing_prints_one_object_with_all_numbers(run: Run, tmp_path: Path) -> None:
    broken = activity("B", "Bad", '<activity-date type="1" iso-date="2020-13-45"/>')
    path = write(tmp_path, document(*many(3), activity("W", "Water"), broken))
    result = run("import", "programmes", path, "--format", "iati", "--json")
    assert result.exit_code == 0, result.output
    report = shown(result)
    numbers = {"created": 3, "updated": 0, "unchanged": 0, "archived": 0, "quarantined": 1, "ignored": 1}
    assert numbers.items() <= report.items() and report["seconds"] >= 0 and report["run"] == 1
    assert [(e["remote_id"], e["line"], e["code"]) for e in report["errors"]] == [("B", 7, "date")]
    again = shown(run("import", "programmes", path, "--format", "iati", "--json"))
    assert (again["unchanged"], again["created"], len(again["errors"])) == (3, 0, 1)
    everything = shown(run("import", "programmes", path, "--format", "iati", "--scope", "all", "--json"))
    assert everything["created"] == 1


def test_a_refused_file_ends_with_1_and_its_reason(run: Run, tmp_path: Path) -> None:
    path = write(tmp_path, b"<iati-activities><iati-activity>")
    result = run("import", "programmes", path, "--format", "iati", "--json")
    assert result.exit_code == 1 and shown(result)["reason_code"] == "truncated"
    result = run("import", "programmes", path, "--format", "iati")
    assert result.exit_code == 1 and "breaks off" in result.stderr


def test_a_dry_run_writes_nothing(run: Run, tmp_path: Path) -> None:
    path = write(tmp_path, document(*many(3)))
    report = shown(run("import", "programmes", path, "--format", "iati", "--dry-run", "--json"))
    assert report["created"] == 3 and report["run"] is None
    assert shown(run("feed", "list", "--json")) == {"items": []}


@pytest.mark.parametrize(
    "arguments",
    [
        ("import", "programmes", "FILE", "--format", "json"),
        ("import", "needs", "FILE", "--format", "csv", "--config", "currency=USD"),
        ("import", "programmes", "FILE", "--format", "csv", "--config", "currency"),
        ("import", "programmes", "FILE", "--format", "csv", "--config", "columns=x", "--config", "columns.id=x"),
        ("import", "needs", "FILE", "--format", "iati"),
        ("import", "needs", "FILE", "--format", "csv", "--scope", "all"),
        ("import", "programmes", "FILE"),
        ("import", "programmes", "nowhere.xml", "--format", "iati"),
        ("feed", "add", "Name"),
        ("feed", "add", "Name", "http://a.example/", "--every", "soon"),
    ],
)
def test_wrong_usage_ends_with_2(run: Run, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    path = write(tmp_path, document(*many(1)))
    assert run(*[path if a == "FILE" else a for a in arguments]).exit_code == 2


def test_a_feed_is_added_listed_synchronised_and_looked_into(run: Run, server: FaultServer) -> None:
    broken = activity("B", "Bad", BAD_DAY)
    url = server.serve("/feed", body(document(*many(3), broken)))
    added = run("feed", "add", "Partner", url, "--every", "2h", "--scope", "all", "--json")
    assert added.exit_code == 0 and shown(added)["every_minutes"] == 120
    preview = shown(run("feed", "sync", "Partner", "--dry-run", "--json"))
    assert preview["created"] == 3 and preview["run"] is None
    synced = run("feed", "sync", "Partner", "--json")
    assert synced.exit_code == 0 and shown(synced)["created"] == 3 and shown(synced)["quarantined"] == 1
    assert "same as the last one" in run("feed", "sync", "1").output
    assert [r["status"] for r in shown(run("feed", "runs", "Partner", "--json"))["items"]][-1] == "succeeded"
    (item,) = shown(run("feed", "quarantine", "Partner", "--json"))["items"]
    assert item["reason_code"] == "date"
    verdict = run("feed", "verdict", item["id"], "ignore", "--json")
    assert shown(verdict)["verdict"] == "ignore"
    for command in ("list", "runs", "quarantine"):
        arguments = [] if command == "list" else ["Partner"]
        result = run("feed", command, *arguments)
        assert result.exit_code == 0 and result.output.strip()


def test_a_failed_synchronisation_ends_with_1_and_its_reason(run: Run, server: FaultServer) -> None:
    run("feed", "add", "Partner", server.url("/nothing"))
    result = run("feed", "sync", "Partner")
    assert result.exit_code == 1 and "404" in result.stderr


def test_a_feed_that_is_not_there_is_a_clear_error(run: Run) -> None:
    assert isinstance(run("feed", "sync", "nobody").exception, RegistryError)
    assert isinstance(run("feed", "runs", "99").exception, RegistryError)
