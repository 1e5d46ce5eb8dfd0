"""`casa reports`: what a State owes, at a prompt."""

import click

from registry.catalogue.reference import resolve_state
from registry.cli import Context, pass_context, print_json
from registry.compliance.duties import service
from registry.db import utcnow
from registry.errors import N_, NotFound


@click.command("reports")
@click.argument("state")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_context
def reports_command(context: Context, state: str, as_json: bool) -> None:
    """List the reports that STATE (a code or name) owes and owed, the latest due day first."""
    found = resolve_state(state)
    if found is None:
        raise NotFound(N_("There is no such State."))
    with context.database.reading() as session:
        rows = [service.describe(due) for due in service.owed(session, found.alpha3, utcnow().date())]
    if as_json:
        print_json({"items": rows})
        return
    for row in rows:
        filed = f", filed {row['filed_on']}" if row["filed_on"] else ""
        verified = "" if row["checked"] else " (unverified)"
        click.echo(f"{row['due_on']}  {row['status']:<9}  {row['title']}{filed}{verified}")
    if not rows:
        click.echo("Nothing is due that is known here.")
