"""`casa events`: what happened, in order; `--follow` stays and prints what comes."""

import contextlib

import click
from sqlalchemy import Row

from registry.catalogue import identity
from registry.cli import Context, pass_context
from registry.events import cloudevents, feed
from registry.events.sequencer import catch_up
from registry.events.watching import Watch

PAGE = 500
WAIT_SECONDS = 60


@click.command("events")
@click.option("--after", default=None, help="Cursor to go on from, or `now` for only what comes.")
@click.option("--limit", type=click.IntRange(min=1), default=None, help="Stop after this many events.")
@click.option("--follow", is_flag=True, help="Stay and print what comes, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="One CloudEvent per line.")
@pass_context
def events_command(context: Context, after: str | None, limit: int | None, follow: bool, as_json: bool) -> None:
    """Print what happened, in order. The last line on standard error is the cursor to go on from."""
    cursor, left, watch, source = after, limit, Watch(context.database), context.settings.public_url
    with contextlib.suppress(KeyboardInterrupt):
        while left is None or left > 0:
            changes = _read(context, cursor, min(left or PAGE, PAGE))
            for row in changes.rows:
                click.echo(cloudevents.to_json([row], source)[1:-1].decode() if as_json else _line(row, source))
                cursor = changes.behind(row)
            cursor = changes.next
            left = None if left is None else left - len(changes.rows)
            if not changes.has_more and left != 0:
                if not follow:
                    break
                while not watch.wait(changes.position, WAIT_SECONDS):
                    continue  # a look now and then, so that Ctrl-C is heard
    click.echo(f"cursor: {cursor}", err=True)


def _read(context: Context, cursor: str | None, limit: int) -> feed.Changes:
    catch_up(context.database)
    with context.database.reading() as session:
        # Who may run commands here may read the whole database.
        return feed.read_changes(session, feed.EVERYTHING, cursor, limit, epoch=identity.epoch(session))


def _line(row: Row, source: str) -> str:
    event = cloudevents.cloud_event(row, source)
    data = event["data"]
    title = data.get("title") or data.get("name") or ""
    what = event["type"].removeprefix(cloudevents.PREFIX)
    return f"{int(event['sequence']):>8}  {event['time'][:19]}Z  {what:<22} {event['subject']:<18} {title}".rstrip()
