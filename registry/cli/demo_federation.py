"""`casa demo-federation`: two registries on this machine that follow each other, until Ctrl-C."""

import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import click
from sqlalchemy import func, select

from registry.catalogue.identity import is_demonstration
from registry.catalogue.models import Meta, Programme
from registry.catalogue.programmes import Incoming, store_batch
from registry.cli import Context, pass_context
from registry.cli.demo import account_lines, chosen_folder, seed, sync_new_feeds
from registry.cli.processes import start, stop_on_signals, wait_for, watch
from registry.cli.setup import prepare, require_free, web_command
from registry.db import utcnow
from registry.settings import Settings, data_path
from registry.sync import feeds

PARTNER, SECOND = 1, 2
"""Ports beyond the first registry's"""
EVERY_MINUTES = 1
OWN = (
    ("XX-SECOND-1", "Marking of police weapons in the second region"),
    ("XX-SECOND-2", "Destruction of surplus small arms"),
)


@click.command("demo-federation")
@pass_context
def demo_federation_command(context: Context) -> None:
    """Serve two registries that follow each other: the demo world, and a second one with two programmes of its own."""
    base = context.settings
    folder = chosen_folder(base, Path("var/demo-federation"))
    first, second = (_settings(base, folder, name, step) for name, step in (("first", 0), ("second", SECOND)))
    for port in (first.port, first.port + PARTNER, second.port):
        require_free(base.host, port)
    with ExitStack() as processes:
        stop_on_signals()
        partner = f"http://127.0.0.1:{first.port + PARTNER}"
        publishing = [sys.executable, "-m", "registry.cli.partner", str(data_path("seed_data") / "feeds")]
        one, two = _registry(first), _registry(second)
        running = {"partner": start(processes, first, [*publishing, "--port", str(first.port + PARTNER)])}
        if seed(one, partner):
            click.echo("Demonstration world loaded into the first registry.")
        _enter_own(two)
        for mine, other in ((one, second), (two, first)):
            _follow(mine, other)
        for settings in (first, second):
            running[f"web of {settings.data_dir.name}"] = start(
                processes, settings, web_command(settings, settings.host, settings.port)
            )
        for settings in (first, second):
            wait_for(f"{settings.public_url}/readyz", running[f"web of {settings.data_dir.name}"], "A registry")
        for each in (two, one):
            sync_new_feeds(each)
            each.database.dispose()
        for settings in (first, second):
            name = f"scheduler of {settings.data_dir.name}"
            running[name] = start(processes, settings, [sys.executable, "-m", "registry.cli", "scheduler"])
        _introduce((one, two))
        watch(running)


def _settings(base: Settings, folder: Path, name: str, step: int) -> Settings:
    port = base.port + step
    return replace(
        base, data_dir=folder / name, database_url="", secret_key="", port=port, public_url=f"http://{base.host}:{port}",
        outbound_allow=",".join(f"127.0.0.1:{base.port + step}" for step in (0, PARTNER, SECOND)),
    )  # fmt: skip


def _registry(settings: Settings) -> Context:
    context = Context()
    context.settings = settings
    prepare(context)
    return context


def _enter_own(context: Context) -> None:
    with context.database.transaction() as session:
        if is_demonstration(session):
            return
        documents = [{"iati_identifier": code, "title": [{"text": title, "lang": "en"}]} for code, title in OWN]
        incoming = [Incoming(document, None, [], "demonstration") for document in documents]
        store_batch(session, incoming, source="person", run_id=None, actor=context.actor, now=utcnow())
        session.add(Meta(key="demo", value="1"))


def _follow(context: Context, other: Settings) -> None:
    name = f"Registry at port {other.port}"
    with context.database.transaction() as session:
        if feeds.feed_named(session, name) is None:
            form = {"name": name, "adapter": "peer", "url": other.public_url, "scope": "all"}
            feeds.create_feed(session, context.actor, {**form, "every_minutes": EVERY_MINUTES})


def _introduce(both: tuple[Context, Context]) -> None:
    click.echo("\nTwo registries that follow each other are ready.\n")
    for context in both:
        with context.database.reading() as session:
            in_force = select(func.count()).select_from(Programme).where(Programme.archived_at.is_(None))  # type: ignore[union-attr]
            count = session.execute(in_force).scalar_one()
        context.database.dispose()
        click.echo(f"  {context.settings.public_url}/en/programmes   {count} programmes")
    click.echo("\nLog in to the first as (passwords made for this demo only):")
    for line in account_lines(both[0].settings):
        click.echo(line)
    click.echo(
        f"\nWhat is entered in one is in the other within a minute or so, or at once with\n"
        f"  CASA_DATA_DIR={both[1].settings.data_dir} CASA_OUTBOUND_ALLOW={both[1].settings.outbound_allow} "
        f"casa feed sync 'Registry at port {both[0].settings.port}'\n"
        f"\nStop with Ctrl-C. The data stays; remove it with: rm -r {both[0].settings.data_dir.parent}"
    )
