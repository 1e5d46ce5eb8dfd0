"""The `casa` commands: a door like the others, one module per slice. Exit 0 done, 1 failed, 2 wrong usage."""

import importlib
import sys
from typing import Any

import click
import orjson
from sqlalchemy.exc import OperationalError

from registry import __version__, priority
from registry.accounts.actor import Actor, system
from registry.db import Database
from registry.errors import InvalidInput, RegistryError
from registry.settings import Settings
from registry.worker.engines import open_database

MODULES: dict[str, str] = {
    "init": "registry.cli.setup",
    "doctor": "registry.cli.setup",
    "serve": "registry.cli.setup",
    "scheduler": "registry.cli.setup",
    "worker": "registry.cli.working",
    "demo": "registry.cli.demo",
    "demo-federation": "registry.cli.demo_federation",
    "seed": "registry.cli.demo",
    "user": "registry.cli.accounts",
    "token": "registry.cli.accounts",
    "audit": "registry.cli.accounts",
    "mandate": "registry.cli.mandates",
    "events": "registry.cli.events",
    "consumer": "registry.cli.consumers",
    "jobs": "registry.cli.jobs",
    "backup": "registry.cli.backup",
    "restore": "registry.cli.backup",
    "subscription": "registry.cli.subscriptions",
    "alert": "registry.cli.alerts",
    "feed": "registry.cli.feeds",
    "import": "registry.cli.importing",
    "export": "registry.cli.exporting",
    "same-as": "registry.cli.same_as",
    "match": "registry.cli.matching",
    "explain": "registry.cli.matching",
    "allocate": "registry.cli.allocating",
    "proposals": "registry.cli.proposals",
    "reports": "registry.cli.reports",
    "report": "registry.cli.reports",
    "screen": "registry.cli.screening",
    "evaluate": "registry.cli.evaluating",
    "board": "registry.cli.board",
    "standards": "registry.cli.compliance",
    "score": "registry.cli.compliance",
    "gaps": "registry.cli.gaps",
}
"""command → module that defines it as `<command>_command`; read when that command runs, so that each starts fast."""


IN_THE_BACKGROUND = (("scheduler",), ("worker",), ("import",), ("feed", "sync"))
"""Commands whose process does long work beside those that serve"""


class Context:
    """What a command needs: settings, the database (opened when asked for), who acts."""

    def __init__(self) -> None:
        self.settings = Settings.from_environ()
        self.actor: Actor = system("cli")
        self._database: Database | None = None

    @property
    def database(self) -> Database:
        if self._database is None:
            self._database = open_database(self.settings)
        return self._database

    def close(self) -> None:
        """Let go of the database, where it was opened."""
        if self._database is not None:
            self._database.dispose()


pass_context = click.make_pass_decorator(Context)


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(MODULES)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in MODULES:
            return None
        command: click.Command = getattr(importlib.import_module(MODULES[name]), f"{name.replace('-', '_')}_command")
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="casa")
@click.pass_context
def casa(ctx: click.Context) -> None:
    """CASA Registry: needs, offers, programmes and standards of small-arms control in one place."""
    ctx.obj = ctx.obj or Context()
    ctx.call_on_close(ctx.obj.close)


def print_json(value: Any) -> None:
    """One JSON object on standard output: what `--json` promises."""
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode())


def main() -> None:
    """Run a command; errors a person can act on are one clear line, not a stack trace."""
    if any(tuple(sys.argv[1 : 1 + len(words)]) == words for words in IN_THE_BACKGROUND):
        priority.lower()
    try:
        casa(standalone_mode=False)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.Abort:
        click.echo("Stopped.", err=True)
        sys.exit(1)
    except InvalidInput as error:
        for field, messages in error.fields.items():
            click.echo(f"{field}: {' '.join(messages)}", err=True)
        sys.exit(1)
    except RegistryError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)
    except OperationalError as error:
        hint = (
            " Run `casa init` first."
            if "no such table" in str(error.orig) or "does not exist" in str(error.orig)
            else ""
        )
        click.echo(f"Error: the database does not answer as expected: {error.orig}.{hint}", err=True)
        sys.exit(1)
