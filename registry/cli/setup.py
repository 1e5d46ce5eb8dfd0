"""`casa init`, `serve`, `scheduler`, `doctor`: an installation's own commands."""

import os
import shutil
import socket
import sys
from collections.abc import Iterator
from datetime import datetime

import click
from sqlalchemy import func, select, text
from sqlmodel import Session, SQLModel

from registry import migrate
from registry.catalogue.identity import is_demonstration
from registry.catalogue.models import Programme
from registry.cli import Context, pass_context, print_json
from registry.cli.working import ENGINE_COMMANDS, require_engine, require_tables, stopping
from registry.compliance import library
from registry.compliance.models import Standard
from registry.db import utcnow
from registry.errors import ConfigurationError
from registry.settings import EMBEDDED, PROCRASTINATE, Settings, data_path
from registry.sync import heartbeat
from registry.sync.models import Feed, Run
from registry.worker import engines, ticker

PAGE_THREADS = 4
ARENAS = ("MALLOC_ARENA_MAX", "2")
"""For the C library, which otherwise keeps what was freed in up to eight heaps a core, one for each few threads"""
GRACEFUL_SECONDS = 10
"""Open requests get so long to end when the server stops."""
FEED, RUN = Feed.__table__, Run.__table__  # type: ignore[attr-defined]


@click.command("init")
@pass_context
def init_command(context: Context) -> None:
    """Create or upgrade the database, generate what is missing, load the standards (safe to repeat)."""
    prepare(context)
    click.echo(f"Ready: {context.database.engine.url.render_as_string(hide_password=True)}")


def prepare(context: Context) -> None:
    """What `init` does, for other commands to build on."""
    try:
        context.settings.data_dir.mkdir(parents=True, exist_ok=True)
        context.settings.ensure_secret()
    except OSError as error:
        raise ConfigurationError(
            f"{error.filename} cannot be written ({error.strerror}): choose a folder of yours with CASA_DATA_DIR."
        ) from None
    migrate.upgrade(context.database)
    engines.upgrade(context.settings, context.database)
    with context.database.transaction() as session:
        library.load(session, context.actor, library.standard_files([data_path("standards")]))


@click.command("serve")
@click.option("--host", default=None, help="Address to listen on (CASA_HOST).")
@click.option("--port", type=int, default=None, help="Port to listen on (CASA_PORT).")
@pass_context
def serve_command(context: Context, host: str | None, port: int | None) -> None:
    """Serve pages and API with gunicorn. The scheduler is a process of its own: `casa scheduler`."""
    settings = context.settings
    settings.secret()
    require_tables(context)
    host, port = host or settings.host, port or settings.port
    require_free(host, port)
    command = web_command(settings, host, port)
    click.echo(f"Serving http://{host}:{port}/ (stop with Ctrl-C)")
    os.environ.setdefault(*ARENAS)
    os.execv(command[0], command)  # noqa: S606  (gunicorn takes this process's place, signals included)


def web_command(settings: Settings, host: str, port: int) -> list[str]:
    """The command line that serves this registry."""
    return [
        sys.executable, "-m", "gunicorn", "--bind", f"{host}:{port}", "--workers", str(settings.web_workers),
        "--worker-class", "registry.api.serving.Worker",
        "--threads", str(PAGE_THREADS + settings.standing_requests), "--graceful-timeout", str(GRACEFUL_SECONDS),
        "--access-logfile", "-" if settings.log_level == "DEBUG" else os.devnull,
        "--log-level", settings.log_level.lower(), "--no-control-socket", "registry.app:create_app()",
    ]  # fmt: skip


def require_free(host: str, port: int) -> None:
    """Raise ConfigurationError with the way out where the port is taken."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigurationError(
                f"Cannot listen on {host}:{port} ({error.strerror}): stop what uses it, "
                f"or choose another port, for example CASA_PORT={port + 1}."
            ) from None


@click.command("scheduler")
@pass_context
def scheduler_command(context: Context) -> None:
    """Run what falls due: feeds, event positions, expiry. One process is enough; two do no harm."""
    require_engine(context.settings, EMBEDDED)
    stop = stopping()
    click.echo("Scheduler running (stop with Ctrl-C)", err=True)
    ticker.run(context.settings, context.database, stop)


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_context
def doctor_command(context: Context, as_json: bool) -> None:
    """Check this installation and say what is wrong and how to mend it. Exit 1 where something is."""
    findings = list(_examine(context))
    if as_json:
        print_json(
            {
                "ok": all(ok for _, ok, _ in findings),
                "checks": [{"check": c, "ok": ok, "note": n} for c, ok, n in findings],
            }
        )
    else:
        for check, ok, note in findings:
            click.echo(f"{'ok     ' if ok else 'PROBLEM'} {check}: {note}")
    if not all(ok for _, ok, _ in findings):
        sys.exit(1)


def _count(session: Session, model: type[SQLModel], flag: str | None = None) -> int:
    table = model.__table__  # type: ignore[attr-defined]
    statement = select(func.count()).select_from(table)
    return session.execute(statement.where(table.c[flag]) if flag else statement).scalar_one()


def _scheduler(last: datetime | None, now: datetime, command: str) -> str:
    """Not a fault where none runs: pages work without it, and a machine may only be an importer's."""
    if heartbeat.is_alive(last, now):
        return "running"
    seen = f"last seen {last:%Y-%m-%d %H:%M:%S} UTC" if last else "never seen"
    return f"not running ({seen}): start it with `casa {command}`, else feeds are not synchronised"


def _examine(context: Context) -> Iterator[tuple[str, bool, str]]:
    """(what, fine, what was seen and the way out)."""
    settings = context.settings
    yield "python", sys.version_info >= (3, 11), sys.version.split()[0]
    try:
        settings.secret()
        yield "secret key", True, "set"
    except ConfigurationError as error:
        yield "secret key", False, str(error)
    try:
        free = shutil.disk_usage(settings.data_dir if settings.data_dir.exists() else ".").free
        yield "disk", free > 200_000_000, f"{free // 1_000_000} MB free"
        with context.database.reading() as session:
            session.execute(text("SELECT 1"))
            yield "database", True, context.database.engine.url.render_as_string(hide_password=True)
            behind = migrate.pending(context.database)
            yield "migrations", not behind, "up to date" if not behind else f"{behind} to apply: run `casa init`"
            if behind:
                return
            standards = _count(session, Standard, "current")
            yield (
                "standards",
                standards > 0,
                f"{standards} loaded" + ("" if standards else ": run `casa standards load`"),
            )
            programmes = _count(session, Programme)
            yield "catalogue", True, f"{programmes} programmes"
            yield "data", True, "demonstration data" if is_demonstration(session) else "no demonstration data"
            if settings.background == PROCRASTINATE:
                made = engines.part("ticket_tables").is_current(session)
                yield "tickets", made, "tables up to date" if made else "tables missing or old: run `casa init`"
            last = heartbeat.last_beat(session)
            command = ENGINE_COMMANDS[settings.background]
            yield command, True, _scheduler(last, utcnow(), command)
            for feed in session.scalars(select(Feed).where(FEED.c.enabled, FEED.c.url.is_not(None))):
                run = session.scalars(
                    select(Run).where(RUN.c.feed_id == feed.id).order_by(RUN.c.id.desc()).limit(1)
                ).first()
                yield (
                    f"feed {feed.name}",
                    run is None or run.status != "failed",
                    (run.reason or run.status) if run else "not run yet",
                )
    except Exception as error:  # noqa: BLE001  (whatever the driver raises is the finding)
        yield "database", False, str(error).splitlines()[0]
