"""`casa feed held | release | refuse`: a person's answer to what the brake holds back."""

import click

from registry.cli import Context, pass_context, print_json
from registry.cli.feed_choice import as_json, find
from registry.schemas import load
from registry.sync import holds, listing
from registry.sync.schemas import DECISIONS, HoldForm

SHOWN = 20


@click.command("held")
@click.argument("feed")
@click.option("--limit", type=click.IntRange(1, 500), default=SHOWN, show_default=True, help="How many records.")
@as_json
@pass_context
def held_command(context: Context, feed: str, limit: int, as_json: bool) -> None:
    """Show which of FEED's records the brake holds back."""
    feed_id = find(context, feed).id or 0
    with context.database.reading() as session:
        hold, left = holds.current(session, context.actor, feed_id)
        rows, _ = listing.held_rows(session, context.actor, hold.id or 0, None, limit)
    if as_json:
        print_json(listing.hold_row(hold, left) | {"records": rows})
        return
    click.echo(f"{hold.missing} of {hold.live} records went missing {hold.begun_at:%Y-%m-%d %H:%M}: {hold.status}.")
    for row in rows:
        click.echo(f"{row['missing_since']:%Y-%m-%d}  {row['remote_id']}  {row['title']}")
    if left > len(rows):
        click.echo(f"… and {left - len(rows)} more: --limit")


@click.command("release")
@click.argument("feed")
@click.option("--reason", default="", help="For whoever asks later.")
@as_json
@pass_context
def release_command(context: Context, feed: str, reason: str, as_json: bool) -> None:
    """Say that what the brake holds back in FEED is gone: it is archived after the usual grace."""
    _answer(context, feed, "release", reason, as_json)


@click.command("refuse")
@click.argument("feed")
@click.option("--reason", required=True, help="Why they stay, for whoever asks later.")
@as_json
@pass_context
def refuse_command(context: Context, feed: str, reason: str, as_json: bool) -> None:
    """Say that what the brake holds back in FEED stays, and is not to be asked about again."""
    _answer(context, feed, "refuse", reason, as_json)


def _answer(context: Context, feed: str, decision: str, reason: str, as_json: bool) -> None:
    data = load(HoldForm(), {"decision": decision, "reason": reason})
    feed_id = find(context, feed).id or 0
    with context.database.transaction() as session:
        hold, left = holds.current(session, context.actor, feed_id)
        hold = holds.decide(session, context.actor, hold.id or 0, DECISIONS[decision], data["reason"], None)
        row = listing.hold_row(hold, left)
    if as_json:
        print_json(row)
    elif decision == "release":
        click.echo(f"{left} records go once they have been missing for a week and from two more complete files.")
    else:
        click.echo(f"{left} records stay.")
