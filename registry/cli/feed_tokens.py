"""`casa feed token`: the token that a partner's server is shown."""

import sys

import click

from registry.cli import Context, pass_context
from registry.cli.feed_choice import find
from registry.schemas import load
from registry.sync import credentials
from registry.sync.feeds import get_feed


@click.command("token")
@click.argument("feed")
@click.option("--off", is_flag=True, help="Show the server no token any more.")
@pass_context
def token_command(context: Context, feed: str, off: bool) -> None:
    """Keep a token for the server of FEED: read from standard input, stored sealed, never shown again."""
    found = find(context, feed)
    with context.database.transaction() as session:
        locked = get_feed(session, context.actor, found.id or 0, lock=True)
        if off:
            credentials.remove_token(session, context.actor, locked)
        else:
            given = load(credentials.TokenForm(), {"token": sys.stdin.readline().strip()})
            credentials.set_token(session, context.actor, locked, given["token"], context.settings)
    click.echo(f"“{found.name}”: its server is shown {'no token any more' if off else 'this token from now on'}.")
