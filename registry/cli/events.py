"""`casa events`: what happened, in order; `--follow` stays and prints what comes."""

import contextlib
import time

import click
import orjson
from sqlalchemy import true

from registry.catalogue import identity
from registry.cli import Context, pass_context
from registry.events import feed
from registry.events.sequencer import catch_up

PAGE = 500
POLL_SECONDS = 1.0


@click.command("events")
@click.option("--after", default=None, help="Cursor to go on from, or `now` for only what comes.")
@click.option("--limit", type=click.IntRange(min=1), default=None, help="Stop after this many events.")
@click.option("--follow", is_flag=True, help="Stay and print what comes, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="One CloudEvent per line.")
@pass_context
def events_command(context: Context, after: str | None, limit: int | None, follow: bool, as_json: bool) -> None:
    """Print what happened, in order. The last line on standard error is the cursor to go on from."""
    cursor, left = after, limit
    with contextlib.suppress(KeyboardInterrupt):
        while left is None or left > 0:
            changes = _read(context, cursor, min(left or PAGE, PAGE))
            for event in changes.events:
                click.echo(orjson.dumps(event).decode() if as_json else _line(event))
            cursor = changes.next
            left = None if left is None else left - len(changes.events)
            if not changes.has_more:
                if not follow:
                    break
                time.sleep(POLL_SECONDS)
    click.echo(f"cursor: {cursor}", err=True)


def _read(context: Context, cursor: str | None, limit: int) -> feed.Changes:
    catch_up(context.database)
    with context.database.reading() as session:
        return feed.read_changes(
            session,
            true(),  # who may run commands here may read the whole database
            cursor,
            limit,
            epoch=identity.epoch(session),
            source=context.settings.public_url,
        )


def _line(event: dict) -> str:
    data = event["data"]
    title = data.get("title") or data.get("name") or ""
    what = event["type"].removeprefix(feed.PREFIX)
    return f"{int(event['sequence']):>8}  {event['time'][:19]}Z  {what:<22} {event['subject']:<18} {title}".rstrip()
