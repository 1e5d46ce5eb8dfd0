"""`casa worker`: does the work in the background on this host, beside as many others as there are."""

import signal
import threading

import click

from registry.cli import Context, pass_context
from registry.errors import ConfigurationError
from registry.settings import EMBEDDED, PROCRASTINATE, Settings
from registry.worker import engines


def stopping() -> threading.Event:
    """Set when this process is asked to end."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


ENGINE_COMMANDS = {EMBEDDED: "scheduler", PROCRASTINATE: "worker"}
"""Engine → the command that does its work"""


def require_engine(settings: Settings, engine: str) -> None:
    """Raise ConfigurationError, naming the other command, where another engine is chosen."""
    chosen = settings.background
    if chosen != engine:
        raise ConfigurationError(
            f"CASA_BACKGROUND is {chosen}: run `casa {ENGINE_COMMANDS[chosen]}`, or choose {engine}."
        )


def require_tables(context: Context) -> None:
    """Raise ConfigurationError where workers are called and the database lacks what calls them."""
    if context.settings.background != PROCRASTINATE:
        return
    with context.database.reading() as session:
        if not engines.part("ticket_tables").is_current(session):
            raise ConfigurationError("The database lacks Procrastinate's tables as needed: run `casa init` first.")


@click.command("worker")
@pass_context
def worker_command(context: Context) -> None:
    """Do what falls due, on as many hosts as wanted (CASA_BACKGROUND=procrastinate; else `casa scheduler`)."""
    require_engine(context.settings, PROCRASTINATE)
    require_tables(context)
    stop = stopping()
    click.echo("Worker running (stop with Ctrl-C)", err=True)
    engines.part("host").run(context.settings, context.database, stop)
