"""`casa alert`: saved searches and their e-mails seen from the machine itself."""

import click

import registry.models  # noqa: F401  (a search names an account: its table must be known)
from registry.accounts.users import find_user
from registry.alerts import mails, searches
from registry.alerts.models import DELIVERIES, IN_APP
from registry.alerts.queries import KINDS
from registry.alerts.reasons import MAIL_REASONS
from registry.alerts.schemas import SavedSearchForm
from registry.cli import Context, pass_context, print_json
from registry.db import utcnow
from registry.errors import N_, InvalidInput
from registry.schemas import load
from registry.worker.mailing import send_due

as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object.")


@click.group("alert")
def alert_command() -> None:
    """Saved searches: who is told of what."""


@alert_command.command("list")
@as_json
@pass_context
def list_command(context: Context, as_json: bool) -> None:
    """List everybody's saved searches."""
    with context.database.reading() as session:
        rows, following = searches.list_searches(session, context.actor, limit=500)
        while following:
            more, following = searches.list_searches(session, context.actor, following, 500)
            rows += more
    if as_json:
        print_json({"items": rows})
        return
    for row in rows:
        asked = " ".join([row["q"], *(f"{name}={','.join(values)}" for name, values in row["filters"].items())])
        click.echo(f"{row['id']:>4}  user {row['user_id']}  {row['delivery']:<8} {row['name']}: {row['kind']} {asked}")


@alert_command.command("add")
@click.argument("email")
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.option("--name", required=True, help="What it is called in notices and e-mails.")
@click.option("--q", default="", help="Words that must occur.")
@click.option("--filter", "filters", multiple=True, metavar="NAME=VALUE", help="As in the list's address; repeatable.")
@click.option("--delivery", type=click.Choice(DELIVERIES), default=IN_APP, show_default=True)
@as_json
@pass_context
def add_command(
    context: Context, email: str, kind: str, name: str, q: str, filters: tuple[str, ...], delivery: str, as_json: bool
) -> None:
    """Save a search for the account EMAIL, with whose eyes the lists are seen."""
    values: dict[str, list[str]] = {}
    for text in filters:
        key, separator, value = text.partition("=")
        if not separator:
            raise InvalidInput({"filter": [N_("Write a filter as NAME=VALUE.")]})
        values.setdefault(key, []).append(value)
    form = load(SavedSearchForm(), {"name": name, "kind": kind, "q": q, "filters": values, "delivery": delivery})
    with context.database.transaction() as session:
        owner = find_user(session, context.actor, email)
        made = searches.save_search(session, context.actor, owner, form, context.settings)
        row = searches.search_row(made)
    print_json(row) if as_json else click.echo(f"Saved search {row['id']} “{row['name']}” added.")


@alert_command.command("remove")
@click.argument("search_id", type=int, metavar="ID")
@pass_context
def remove_command(context: Context, search_id: int) -> None:
    """Take a saved search away, with its notices."""
    with context.database.transaction() as session:
        searches.delete_search(session, context.actor, search_id, None)
    click.echo("Taken away.")


@alert_command.command("send")
@as_json
@pass_context
def send_command(context: Context, as_json: bool) -> None:
    """Send e-mails and digests that are due, now: what the scheduler does all the time."""
    counts = send_due(context.database, context.settings)
    if as_json:
        print_json(dict(counts))
    else:
        click.echo(", ".join(f"{count} {status}" for status, count in sorted(counts.items())) or "Nothing is due.")


@alert_command.command("mails")
@as_json
@pass_context
def mails_command(context: Context, as_json: bool) -> None:
    """List e-mails that fail or were given up, with the reason."""
    with context.database.reading() as session:
        rows = mails.failed_rows(session, context.actor)
    if as_json:
        print_json({"items": rows})
        return
    for row in rows:
        click.echo(f"{row['id']:>4}  {row['email']}  {row['cause']}, {row['status']} after {row['tries']} tries")
        click.echo(f"      {MAIL_REASONS.get(row['reason'], row['reason'])} {row['detail']}")


@alert_command.command("retry")
@click.argument("mail_id", type=int, required=False, metavar="[ID]")
@pass_context
def retry_command(context: Context, mail_id: int | None) -> None:
    """Have an e-mail that fails, or all, sent again at the next turn."""
    with context.database.transaction() as session:
        count = mails.retry(session, context.actor, mail_id, utcnow())
    click.echo(f"{count} are due now.")


@alert_command.command("discard")
@click.argument("mail_id", type=int, metavar="ID")
@pass_context
def discard_command(context: Context, mail_id: int) -> None:
    """Give an e-mail up for good; its notices stay in the app."""
    with context.database.transaction() as session:
        mails.discard(session, context.actor, mail_id, utcnow())
    click.echo("Given up.")
