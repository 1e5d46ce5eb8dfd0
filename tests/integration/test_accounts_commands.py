"""`casa user`, `casa token`, `casa audit` as somebody at a terminal uses them."""

import json
import os
import re
import subprocess
import sys
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from registry.accounts import login, tokens
from registry.accounts.actor import system
from registry.accounts.models import Token
from registry.catalogue.models import Organisation
from registry.cli import Context, casa
from registry.db import Database
from registry.errors import InvalidInput, NotAuthenticated, NotFound
from registry.settings import Settings


class Terminal:
    """Runs commands on one database."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.context = Context.__new__(Context)
        self.context.settings, self.context.actor, self.context._database = settings, system("cli"), database

    def run(self, line: str, typed: str | None = None) -> Result:
        """What the command printed; domain errors are raised."""
        result = CliRunner().invoke(casa, line.split(), obj=self.context, input=typed)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def json(self, line: str) -> Any:
        return json.loads(self.run(f"{line} --json").stdout)


@pytest.fixture
def terminal(settings: Settings, database: Database) -> Terminal:
    return Terminal(settings, database)


def test_an_account_is_opened_with_a_password_shown_once(terminal: Terminal, database: Database) -> None:
    shown = terminal.run("user add Grace@Example.org --name Grace --role state --state kenya").stdout
    found = re.search(r"Password \(shown this once\): (\S+)", shown)
    assert found
    user = login.authenticate(database, "grace@example.org", found[1], "127.0.0.1")
    assert (user.role, user.state) == ("state", "KEN")
    [item] = terminal.json("user list")["items"]
    assert item["email"] == "grace@example.org" and not {"password_hash", "session_key"} & set(item)
    assert "grace@example.org" in terminal.run("user list").stdout


def test_a_password_can_be_handed_in(terminal: Terminal, database: Database) -> None:
    with database.transaction() as session:
        session.add(Organisation(name="Fund"))
    line = "user add d@example.org --name D --role donor --organisation 1 --password-stdin"
    assert "Password" not in terminal.run(line, "a password of my own\n").stdout
    assert login.authenticate(database, "d@example.org", "a password of my own", "").organisation_id == 1
    terminal.run("user password d@example.org --password-stdin", "another one of my own\n")
    login.authenticate(database, "d@example.org", "another one of my own", "")
    with pytest.raises(NotAuthenticated):
        login.authenticate(database, "d@example.org", "a password of my own", "")
    with pytest.raises(InvalidInput):
        terminal.run("user password d@example.org --password-stdin", "short\n")
    assert "Password (shown this once)" in terminal.run("user password d@example.org").stdout


@pytest.mark.parametrize(
    ("options", "field"),
    [("--role state --state Atlantis", "state"), ("--role state", "state"), ("--role donor", "organisation_id"),
     ("--role donor --organisation 99", "organisation_id")],
)  # fmt: skip
def test_what_does_not_fit_is_named(terminal: Terminal, options: str, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        terminal.run(f"user add x@example.org --name X {options}")
    assert list(refused.value.fields) == [field]
    assert terminal.json("user list") == {"items": []}


def test_a_disabled_account_is_out_until_it_is_enabled(terminal: Terminal, database: Database) -> None:
    terminal.run("user add a@example.org --name A --role admin --password-stdin", "a password of my own\n")
    terminal.run("user disable a@example.org")
    assert "disabled" in terminal.run("user list").stdout
    with pytest.raises(NotAuthenticated):
        login.authenticate(database, "a@example.org", "a password of my own", "")
    terminal.run("user enable a@example.org")
    login.authenticate(database, "a@example.org", "a password of my own", "")
    with pytest.raises(NotFound):
        terminal.run("user disable nobody@example.org")


def test_a_token_is_issued_listed_and_revoked(terminal: Terminal, database: Database) -> None:
    terminal.run("user add a@example.org --name A --role admin")
    issued = terminal.run("token issue a@example.org --name export --scope needs:read --scope admin --days 7")
    secret = issued.stdout.strip()  # nothing else on standard output: for scripts
    assert tokens.actor_of_token(database, secret).scopes == {"needs:read", "admin"}
    as_object = terminal.json("token issue a@example.org --name second --scope needs:read")
    assert tokens.actor_of_token(database, as_object["token"]).label.startswith("token:2")
    listed = terminal.json("token list a@example.org")["items"]
    assert [(item["name"], item["scopes"]) for item in listed] == [
        ("second", ["needs:read"]),
        ("export", ["admin", "needs:read"]),
    ]
    assert "secret" not in json.dumps(listed) and secret.split("_", 2)[2] not in json.dumps(listed)
    terminal.run("token revoke 1")
    with pytest.raises(NotAuthenticated):
        tokens.actor_of_token(database, secret)
    assert "revoked" in terminal.run("token list").stdout
    with database.reading() as session:
        assert session.get_one(Token, 2).revoked_at is None


def test_the_log_is_listed_and_verified(terminal: Terminal, database: Database) -> None:
    terminal.run("user add a@example.org --name A --role admin")
    terminal.run("user disable a@example.org")
    assert [item["action"] for item in terminal.json("audit list")["items"]] == ["user.disable", "user.create"]
    assert [item["action"] for item in terminal.json("audit list --action user.c")["items"]] == ["user.create"]
    assert terminal.json("audit list --action user_c")["items"] == []
    assert len(terminal.json("audit list --subject user:1 --limit 1")["items"]) == 1
    assert "user.disable" in terminal.run("audit list").stdout
    assert terminal.json("audit verify") == {"ok": True, "entries": 2, "break": None}
    with database.transaction() as session:
        session.execute(text("UPDATE audit_entry SET actor = 'somebody else' WHERE id = 1"))
    broken = terminal.run("audit verify")
    assert broken.exit_code == 1 and "entry 1" in broken.stderr
    assert terminal.run("audit verify --json").exit_code == 1


def test_wrong_usage_is_said_and_is_no_failure(terminal: Terminal) -> None:
    for line in ("user add x@example.org --name X --role king", "token issue x@example.org --name t --scope all",
                 "audit list --limit 0", "user disable"):  # fmt: skip
        assert terminal.run(line).exit_code == 2


def test_a_command_finds_its_tables_in_a_process_of_its_own(sqlite_database: Database, settings: Settings) -> None:
    environment = {
        **os.environ, "CASA_DATABASE_URL": sqlite_database.url, "CASA_DATA_DIR": str(settings.data_dir),
        "CASA_SECRET_KEY": "test-secret-key-not-for-use",
    }  # fmt: skip
    command = [
        sys.executable,
        "-m",
        "registry.cli",
        "user",
        "add",
        "c@example.org",
        "--name",
        "C",
        "--role",
        "coordinator",
    ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr[-500:]
