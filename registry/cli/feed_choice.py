"""Which feed a command means, and how it answers."""

import click

from registry.cli import Context
from registry.errors import NotFound
from registry.sync import feeds
from registry.sync.models import Feed

as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object.")


def find(context: Context, text: str) -> Feed:
    """The feed that a number or name means. Raises NotFound."""
    with context.database.reading() as session:
        feed = session.get(Feed, int(text)) if text.isdecimal() and len(text) < 19 else None
        feed = feed or feeds.feed_named(session, text)
    if feed is None:
        raise NotFound(f"There is no feed “{text}”: `casa feed list` shows them.")
    return feed
