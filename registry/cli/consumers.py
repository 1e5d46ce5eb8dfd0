"""`casa consumer`: how the registry's own consumers of events stand; what they could not take, tried again."""

from dataclasses import asdict

import click

import registry.models  # noqa: F401  (the audit log names accounts: their tables must be known)
from registry.cli import Context, pass_context, print_json
from registry.events import dead_letters
from registry.schemas import load
from registry.sync.letters import GivingUp, discard, letter_row, retry
from registry.worker.consumers import CONSUMERS
from registry.worker.consuming import consume_all

OWNER = "casa consumer"
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object.")


@click.group("consumer")
def consumer_command() -> None:
    """What the registry itself does with events: how far it is, what failed."""


@consumer_command.command("list")
@JSON
@pass_context
def list_command(context: Context, as_json: bool) -> None:
    """List consumers: how far behind they are, what failed, what was set aside."""
    with context.database.reading() as session:
        standing = dead_letters.standings(session)
        letters = dead_letters.letters(session)
    if as_json:
        kept = [letter_row(letter) for letter in letters]
        print_json({"consumers": [asdict(each) for each in standing], "dead_letters": kept})
        return
    for each in standing:
        meaning = CONSUMERS[each.name].meaning if each.name in CONSUMERS else "(not of this version)"
        click.echo(f"{each.name:<12} {each.lag:>8} behind  {each.dead_letters:>4} set aside  {meaning}")
        if each.failures:
            click.echo(f"{'':<12} failed {each.failures} times, next try {each.next_at:%H:%M:%S}Z: {each.last_error}")
    for letter in letters:
        what = f"{letter.event.type} {letter.event.kind}:{letter.event.record_id}"
        click.echo(f"dead letter {letter.id}: {letter.consumer} could not take {what}, {letter.tries} tries.")
        click.echo(f"    {letter.reason}")


@consumer_command.command("run")
@JSON
@pass_context
def run_command(context: Context, as_json: bool) -> None:
    """Let every consumer take what waits, now: what the scheduler does all the time."""
    count = consume_all(context.database, context.settings, CONSUMERS, OWNER)
    print_json({"events": count}) if as_json else click.echo(f"{count} events had their effect.")


@consumer_command.command("retry")
@click.argument("letter_ids", type=int, nargs=-1, metavar="[ID]...")
@JSON
@pass_context
def retry_command(context: Context, letter_ids: tuple[int, ...], as_json: bool) -> None:
    """Try dead letters once more, these or all. Exit 1 where one is still there afterwards."""
    with context.database.transaction() as session:
        found = retry(session, context.actor, letter_ids or None)
    consume_all(context.database, context.settings, CONSUMERS, OWNER)
    with context.database.reading() as session:
        left = dead_letters.letters(session, [letter.id for letter in found])
    if as_json:
        print_json({"tried": len(found), "left": [letter.id for letter in left]})
    else:
        click.echo(f"{len(found) - len(left)} of {len(found)} had their effect.")
        for letter in left:
            click.echo(f"dead letter {letter.id}: {letter.reason}")
    if left:
        raise click.exceptions.Exit(1)


@consumer_command.command("discard")
@click.argument("letter_id", type=int, metavar="ID")
@click.option("--reason", required=True, help="Why it need not have its effect; for the audit log.")
@pass_context
def discard_command(context: Context, letter_id: int, reason: str) -> None:
    """Give a dead letter up: its event will have no effect on that consumer."""
    data = load(GivingUp(), {"reason": reason})
    with context.database.transaction() as session:
        discard(session, context.actor, letter_id, data)
    click.echo("Discarded.")
