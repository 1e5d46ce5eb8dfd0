"""`casa demo`: a whole registry with demonstration data on this machine, until Ctrl-C. `casa seed`: only the data."""

import os
import secrets
import sys
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import click
from sqlalchemy import select

from registry.accounts import users
from registry.accounts.models import User
from registry.catalogue.identity import is_demonstration
from registry.catalogue.models import Meta, Programme
from registry.catalogue.same_as.models import KINDS as SAME_AS_KINDS
from registry.catalogue.upkeep import catch_up
from registry.cli import Context, pass_context, world
from registry.cli.feeds import sync_with_bar
from registry.cli.processes import start, stop_on_signals, wait_for, watch
from registry.cli.setup import prepare, require_free, web_command
from registry.cli.working import ENGINE_COMMANDS
from registry.errors import ConfigurationError
from registry.matching.everything import refresh_all
from registry.settings import Settings, data_path
from registry.sync.models import Feed, Run

FEED, RUN = Feed.__table__, Run.__table__  # type: ignore[attr-defined]
PARTNER_PORT_STEP = 1


@click.command("seed")
@pass_context
def seed_command(context: Context) -> None:
    """Fill an empty registry with the demonstration world (marked as such on every page)."""
    prepare(context)
    seed(context, partner=None)
    for line in account_lines(context.settings):
        click.echo(line)


@click.command("demo")
@pass_context
def demo_command(context: Context) -> None:
    """Fill an embedded database with the demo world, sync a partner's feed, serve pages and run the scheduler."""
    started = time.monotonic()
    settings = context.settings
    settings = replace(settings, data_dir=chosen_folder(settings, Path("var/demo")))
    partner_port = settings.port + PARTNER_PORT_STEP
    for port in (settings.port, partner_port):
        require_free(settings.host, port)
    context.settings = settings = replace(
        settings,
        public_url=f"http://{settings.host}:{settings.port}",
        outbound_allow=f"127.0.0.1:{partner_port}",
        log_level="WARNING",
    )
    with ExitStack() as processes:
        stop_on_signals()
        prepare(context)
        partner = f"http://127.0.0.1:{partner_port}"
        publishing = [sys.executable, "-m", "registry.cli.partner", str(data_path("seed_data") / "feeds")]
        running = {"partner": start(processes, settings, [*publishing, "--port", str(partner_port)])}
        wait_for(f"{partner}/", running["partner"], "The demo's partner")
        if seed(context, partner):
            click.echo("Demonstration world loaded.")
        sync_new_feeds(context)
        same = [catch_up(context.database, kind, context.actor) for kind in SAME_AS_KINDS]
        click.echo(f"Records found to be the same as others: {sum(found.regrouped for found in same)}")
        pairs = refresh_all(context.database, context.actor)
        click.echo(f"Matches computed: {pairs}")
        context.database.dispose()
        running["web"] = start(processes, settings, web_command(settings, settings.host, settings.port))
        command = ENGINE_COMMANDS[settings.background]
        running[command] = start(processes, settings, [sys.executable, "-m", "registry.cli", command])
        wait_for(f"{settings.public_url}/readyz", running["web"], "The web server")
        _introduce(settings, time.monotonic() - started)
        watch(running)


def chosen_folder(settings: Settings, usual: Path) -> Path:
    """The data folder that was named, or else a demo's own: never the one that a real registry would take."""
    return settings.data_dir if "CASA_DATA_DIR" in os.environ else usual


def seed(context: Context, partner: str | None) -> bool:
    """Load the demo world once; True when it was loaded now. Refuses a registry that holds other data.

    Feeds are made where a `partner` publishes them: without one they could only fail.
    """
    with context.database.transaction() as session:
        if is_demonstration(session):
            return False
        if any(session.execute(select(model).limit(1)).first() for model in (Programme, User)):
            raise ConfigurationError(
                "This registry holds data already, and demonstration data must not mix with it: "
                "name an empty folder with CASA_DATA_DIR."
            )
        accounts = world.load(session, context.actor, partner)
        lines = []
        for account in accounts:
            password = secrets.token_urlsafe(12)
            users.create_user(session, context.actor, password=password, **account)
            lines.append(f"{account['email']}\t{password}\t{account['name']}")
        session.add(Meta(key="demo", value="1"))
        path = context.settings.data_dir / "demo-accounts.txt"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
    return True


def account_lines(settings: Settings) -> list[str]:
    """Who can log in, with the passwords made for this demo."""
    path = settings.data_dir / "demo-accounts.txt"
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
    width = max((len(row[0]) for row in rows), default=0)
    return [f"  {email:<{width}}  {password}  {name}" for email, password, name in rows]


def sync_new_feeds(context: Context) -> None:
    """Sync every feed that never ran; later runs are the scheduler's."""
    with context.database.reading() as session:
        ran = select(RUN.c.feed_id)
        fresh = session.scalars(select(Feed).where(FEED.c.url.is_not(None), FEED.c.id.not_in(ran))).all()
    for feed in fresh:
        run = sync_with_bar(context, feed)
        click.echo(
            f"Feed “{feed.name}”: {run.created} records created, {run.ignored} left out, "
            f"{run.quarantined} in quarantine."
        )


def _introduce(settings: Settings, seconds: float) -> None:
    click.echo(f"""
CASA Registry with demonstration data is ready after {seconds:.0f} s.

  Pages    {settings.public_url}/
  API      {settings.public_url}/api/v1/programmes   (description: {settings.public_url}/api/v1/openapi.json)
  Command  CASA_DATA_DIR={settings.data_dir} .venv/bin/casa doctor

Log in as (passwords made for this demo only, kept in {settings.data_dir / "demo-accounts.txt"}):""")
    for line in account_lines(settings):
        click.echo(line)
    click.echo(f"\nStop with Ctrl-C. The data stays; remove it with: rm -r {settings.data_dir}")
