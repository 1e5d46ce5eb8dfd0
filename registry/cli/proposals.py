"""`casa proposals`: what is proposed, agreed, paid and received, at a prompt."""

from typing import Any

import click

from registry.catalogue.money import format_money
from registry.cli import Context, pass_context, print_json
from registry.matching.ledger import new_programme, rules, service, views
from registry.matching.models import ASSISTANCE_TYPES


@click.group("proposals")
def proposals_command() -> None:
    """Proposals and commitments."""


@proposals_command.command("list")
@click.option("--status", type=click.Choice(rules.STATUSES))
@click.option("--state", help="Alpha-3 code.")
@click.option("--need", "need_id", type=int, help="Of this need.")
@click.option("--offer", "offer_id", type=int, help="Of this offer.")
@click.option("--flagged", is_flag=True, help="Only those that something stands against by now.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_context
def list_command(
    context: Context, status: str | None, state: str | None, need_id: int | None, offer_id: int | None, flagged: bool,
    limit: int, as_json: bool,
) -> None:  # fmt: skip
    """List them, the latest change first."""
    filters = {
        "status": status, "state": state and state.upper(), "need_id": need_id, "offer_id": offer_id,
        "flagged": flagged,
    }  # fmt: skip
    with context.database.reading() as session:
        found, following = views.list_proposals(session, context.actor, filters, None, None, limit)
    if as_json:
        print_json({"items": found, "more": following is not None})
        return
    for item in found:
        amount = "in kind" if item["amount"] is None else format_money(item["amount"], item["currency"])
        click.echo(f"{item['id']:>6}  {item['status']:<10} {amount:>18}  {item['organisation_name']} → {item['state']}")
        click.echo(f"        offer {item['offer_id']}: {item['offer_title']}")
        click.echo(f"        need {item['need_id']}: {item['need_title']}")
    if not found:
        click.echo("There is none.")
    if following:
        click.echo(f"There are more: raise --limit (now {limit}).")


@proposals_command.command("show")
@click.argument("number", type=int)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_context
def show_command(context: Context, number: int, as_json: bool) -> None:
    """Show proposal NUMBER with all its steps."""
    with context.database.reading() as session:
        proposal = service.get_proposal(session, context.actor, number)
        item = views.describe(session, context.actor, [proposal])[0]
        steps = views.step_rows(session, context.actor, proposal)
    if as_json:
        print_json(item | {"steps": steps})
        return
    amount = "in kind" if item["amount"] is None else format_money(item["amount"], item["currency"])
    click.echo(f"{item['status']}: {amount}, {item['organisation_name']} → {item['state_name']}")
    for step in steps:
        paid = f" {format_money(step['amount'], item['currency'])}" if step["amount"] else ""
        said = f" ({step['reason']})" if step["reason"] else ""
        entry = f" no. {step['id']}" if step["act"] in ("disburse", "deliver") else ""
        entry = f" of no. {step['reverses_id']}" if step["reverses_id"] else entry
        against = f" [{', '.join(step['flags'])}]" if step["flags"] else ""
        line = f"{step['act']}{entry}{paid}{said}{against} {step['text']}"
        click.echo(f"{step['at']:%Y-%m-%d %H:%M}  {step['side']:<8} {line}".rstrip())
    if item["flags"]:
        click.echo(f"Against it: {', '.join(item['flags'])}. `casa proposals allow` or `end` decides.")


@proposals_command.command("allow")
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Why it goes on; both sides read it.")
@pass_context
def allow_command(context: Context, number: int, reason: str) -> None:
    """Let the flagged commitment NUMBER go on. An embargo or a listed partner cannot be let pass."""
    _act(context, number, "allow", text=reason)


@proposals_command.command("end")
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Why it ends; both sides read it.")
@pass_context
def end_command(context: Context, number: int, reason: str) -> None:
    """End the flagged commitment NUMBER: what was paid or received stays, the rest is given back."""
    _act(context, number, "end", text=reason)


@proposals_command.command("reduce")
@click.argument("number", type=int)
@click.option(
    "--amount", help="The new amount, in the commitment's currency; without it all that is not paid yet ends."
)
@click.option("--reason", type=click.Choice(tuple(rules.DECLINE_REASONS)), required=True)
@click.option("--text", help="In words; both sides read it.")
@pass_context
def reduce_command(context: Context, number: int, amount: str | None, reason: str, text: str | None) -> None:
    """Reduce the commitment NUMBER, or call off the rest of it."""
    _act(context, number, "reduce", amount={"written": amount} if amount else None, reason=reason, text=text)


@proposals_command.command("reverse")
@click.argument("number", type=int)
@click.option("--entry", type=int, required=True, help="The number of the payment or delivery; `show` lists it.")
@click.option("--reason", required=True, help="What was wrong with it; both sides read it.")
@pass_context
def reverse_command(context: Context, number: int, entry: int, reason: str) -> None:
    """Take back a wrong payment or delivery of the commitment NUMBER by an entry of its own."""
    _act(context, number, "reverse", step_id=entry, text=reason)


@proposals_command.command("link")
@click.argument("number", type=int)
@click.argument("programme", type=int)
@click.option("--reason", default="", help="Why, where the programme is another State's or another organisation's.")
@pass_context
def link_command(context: Context, number: int, programme: int, reason: str) -> None:
    """Name the PROGRAMME (its number) that came of the commitment NUMBER."""
    _act(context, number, "link", programme_id=programme, text=reason)


@proposals_command.command("programme")
@click.argument("number", type=int)
@click.option("--dry-run", is_flag=True, help="Print the document only.")
@pass_context
def programme_command(context: Context, number: int, dry_run: bool) -> None:
    """Enter a new programme filled in from the commitment NUMBER, and name it there."""
    if dry_run:
        with context.database.reading() as session:
            print_json(new_programme.draft_of(session, context.actor, number))
        return
    with context.database.transaction() as session:
        programme_id = new_programme.enter_programme(session, context.actor, number)
    click.echo(f"Entered as programme no. {programme_id}.")


def _act(context: Context, number: int, what: str, **data: Any) -> None:
    with context.database.transaction() as session:
        proposal = service.act(session, context.actor, number, what, data)
        item = views.describe(session, context.actor, [proposal])[0]
    amount = "in kind" if item["amount"] is None else format_money(item["amount"], item["currency"])
    click.echo(f"{item['status']}: {amount}")


@proposals_command.command("reasons")
@pass_context
def reasons_command(context: Context) -> None:
    """Count why proposals were declined or called off, and whether needs were met."""
    with context.database.reading() as session:
        for row in views.decline_counts(session, context.actor):
            click.echo(f"{row['count']:>6}  {row['act']:<8} {row['side']:<8} {row['reason']}")


@proposals_command.command("largest")
@click.argument("need", type=int)
@click.argument("offer", type=int)
@click.option("--type", "type_", type=click.Choice(ASSISTANCE_TYPES), help="For lines of this type only.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_context
def largest_command(context: Context, need: int, offer: int, type_: str | None, as_json: bool) -> None:
    """Show the largest amount that can be proposed of a pair, and its value in the need's currency."""
    with context.database.reading() as session:
        found = views.largest(session, context.actor, need, offer, type_)
    if as_json:
        print_json(found)
    elif found["amount"] is None:
        click.echo("No amount can be said: neither side states one, or no rate joins both currencies.")
    else:
        value = f" = {format_money(found['need_amount'], found['need_currency'])}" if found["rate"] else ""
        rate = f" at {found['rate']} ({found['rate_date']:%Y}, {found['rate_source']})" if found["rate"] else ""
        click.echo(f"{format_money(found['amount'], found['currency'])}{value}{rate}")
