"""`casa reports`: what a State owes or is invited to send; `casa report`: one national report as a file."""

import sys
from pathlib import Path

import click

from registry.catalogue.reference import LANGUAGES, resolve_state
from registry.cli import Context, pass_context, print_json
from registry.compliance.duties import service
from registry.db import utcnow
from registry.errors import N_, InvalidInput, NotFound
from registry.reporting import service as reports
from registry.reporting import templates as reporting_templates
from registry.reporting.files import FORMATS, file_of


@click.command("reports")
@click.argument("state")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_context
def reports_command(context: Context, state: str, as_json: bool) -> None:
    """List the reports that STATE (a code or name) owes and owed, or is invited to send, the latest due day first."""
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
        invited = f", invited by {row['invited_by']}" if row["invited_by"] else ""
        click.echo(f"{row['due_on']}  {row['status']:<9}  {row['title']}{filed}{invited}{verified}")
    if not rows:
        click.echo("No report is due or invited that is known here.")


@click.command("report")
@click.argument("state")
@click.argument("template")
@click.option("--format", "format", type=click.Choice(list(FORMATS)), default="json", show_default=True)
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write; else standard output."
)
@pass_context
def report_command(
    context: Context, state: str, template: str, format: str, language: str, output: Path | None
) -> None:
    """Write the latest report of STATE by TEMPLATE (poa-iti, att-annual …); where none was begun, what is known."""
    found, form = resolve_state(state), reporting_templates.template(template)
    if found is None:
        raise NotFound(N_("There is no such State."))
    if output is None and format in ("xlsx", "pdf") and sys.stdout.isatty():
        raise InvalidInput({"output": [N_("This file does not belong on a terminal: name one with --output.")]})
    with context.database.reading() as session:
        begun = reports.list_reports(session, context.actor, found.alpha3)
        report = next((each for each in begun if each.template == form.id), None)
        if report is None:
            report = reports.preview(session, context.actor, found.alpha3, form, utcnow())
            click.echo("No such report was begun: this is what the registry knows now.", err=True)
        body = file_of(session, context.actor, report, format, language, context.settings.font_folders)
    if output is None:
        sys.stdout.buffer.write(body)
    else:
        output.write_bytes(body)
