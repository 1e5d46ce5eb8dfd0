"""`casa feed notify`: the secret with which a partner signs its pings."""

import click

from registry.cli import Context, pass_context, print_json
from registry.cli.feed_choice import as_json, find
from registry.sync import pings
from registry.webhooks.schemas import LONGEST_OVERLAP, USUAL_OVERLAP


@click.command("notify")
@click.argument("feed")
@click.option("--overlap-hours", type=click.IntRange(0, LONGEST_OVERLAP), default=USUAL_OVERLAP, show_default=True,
              help="How long the secret before stays good.")  # fmt: skip
@click.option("--off", is_flag=True, help="Take no pings any more.")
@as_json
@pass_context
def notify_command(context: Context, feed: str, overlap_hours: int, off: bool, as_json: bool) -> None:
    """Make a secret with which the partner of FEED signs pings, or another one. Prints it, this once."""
    found = find(context, feed)
    feed_id = found.id or 0
    with context.database.transaction() as session:
        if off:
            pings.remove_key(session, context.actor, feed_id)
            secret = None
        else:
            _key, secret = pings.replace_key(session, context.actor, feed_id, overlap_hours, context.settings)
    url = pings.ping_url(context.settings, feed_id)
    if as_json:
        print_json({"feed": feed_id, "url": url, "secret": secret})
    elif secret is None:
        click.echo(f"No pings are taken for “{found.name}” any more.")
    else:
        click.echo(f"The partner posts to {url}, signed with this secret, shown this once:")
        click.echo(secret)
