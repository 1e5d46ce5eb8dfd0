"""`casa subscription`: webhooks seen from the machine itself."""

import time
from datetime import UTC, datetime

import click

import registry.models  # noqa: F401  (a subscription names an account and an organisation: their tables must be known)
from registry.accounts.users import find_user
from registry.cli import Context, pass_context, print_json
from registry.schemas import load
from registry.webhooks import deliveries, listing, subscriptions
from registry.webhooks.models import WAITING
from registry.webhooks.reasons import DELIVERY_REASONS
from registry.webhooks.schemas import SubscriptionForm
from registry.worker.courier import DEADLINE_SECONDS, deliver_one

as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object.")


@click.group("subscription")
def subscription_command() -> None:
    """Webhooks: who is told of which events at which address."""


@subscription_command.command("list")
@as_json
@pass_context
def list_command(context: Context, as_json: bool) -> None:
    """List all subscriptions with their state."""
    with context.database.reading() as session:
        rows, following = listing.subscription_rows(session, context.actor, None, 500)
        while following:
            more, following = listing.subscription_rows(session, context.actor, following, 500)
            rows += more
    if as_json:
        print_json({"items": rows})
        return
    for row in rows:
        state = f"off ({row['disabled_reason']})" if not row["enabled"] else "failing" if row["failing_since"] else "on"
        types = " ".join(row["types"]) or "everything"
        click.echo(f"{row['id']:>4}  {row['name']}  {state}, {row['waiting']} waiting  {types}  {row['url']}")


@subscription_command.command("add")
@click.argument("email")
@click.argument("url")
@click.option("--name", required=True, help="What it is for.")
@click.option("--type", "types", multiple=True, help="Event type or `need.*`, as often as needed; none: all.")
@click.option("--state", "states", multiple=True, help="Only events that concern this State (alpha-3); none: all.")
@as_json
@pass_context
def add_command(
    context: Context, email: str, url: str, name: str, types: tuple[str, ...], states: tuple[str, ...], as_json: bool
) -> None:
    """Subscribe URL for the account EMAIL, through whose eyes events are seen. Prints the secret, this once."""
    form = load(SubscriptionForm(), {"name": name, "url": url, "types": list(types), "states": list(states)})
    with context.database.transaction() as session:
        owner = find_user(session, context.actor, email)
        made, secret = subscriptions.create_subscription(session, context.actor, owner, form, context.settings)
        row = listing.subscription_row(session, made)
    if as_json:
        print_json({**row, "secret": secret})
        return
    click.echo(f"Subscription {made.id} “{made.name}” added. Its secret, shown this once:")
    click.echo(secret)


@subscription_command.command("test")
@click.argument("subscription_id", type=int, metavar="ID")
@as_json
@pass_context
def test_command(context: Context, subscription_id: int, as_json: bool) -> None:
    """Send a test message to subscription ID now, and say what came of it. Exit 1 where it was not taken."""
    with context.database.transaction() as session:
        message = deliveries.send_test(session, context.actor, subscription_id, context.settings.public_url)
    deliver_one(context.database, context.settings, message.id or 0, owner="casa subscription test")
    row = _settled(context, subscription_id, message.id or 0)
    if as_json:
        print_json(row)
    else:
        last = row["last_attempt"] or {}
        words = DELIVERY_REASONS.get(row["reason"] or "", "")
        click.echo(" ".join(str(part) for part in (row["status"], last.get("http_status"), words) if part))
        if last.get("detail"):
            click.echo(last["detail"])
    if row["status"] != "delivered":
        raise click.exceptions.Exit(1)


def _settled(context: Context, subscription_id: int, delivery_id: int) -> deliveries.Row:
    """The message once its try has ended: a scheduler may have been faster and be at it."""
    until = time.monotonic() + DEADLINE_SECONDS
    while True:
        with context.database.reading() as session:
            row = deliveries.delivery_with_tries(session, context.actor, subscription_id, delivery_id)
        if row["status"] != WAITING or time.monotonic() >= until:
            return row
        time.sleep(0.2)


@subscription_command.command("replay")
@click.argument("subscription_id", type=int, metavar="ID")
@click.option("--since", type=click.DateTime(), required=True, help="From this instant on (UTC).")
@as_json
@pass_context
def replay_command(context: Context, subscription_id: int, since: datetime, as_json: bool) -> None:
    """Send everything since an instant to subscription ID again, under the same ids. The scheduler sends it."""
    with context.database.transaction() as session:
        position = deliveries.position_before(session, since.replace(tzinfo=UTC))
        events = deliveries.replay_from(session, context.actor, subscription_id, position)
    print_json({"events": events}) if as_json else click.echo(f"{events} events are looked through again.")
