"""`casa jobs`: the work in the background, what failed in it, tried again or given up."""

import click

import registry.models  # noqa: F401  (the audit log names accounts: their tables must be known)
from registry.cli import Context, pass_context, print_json
from registry.sync import jobs
from registry.sync.jobs import FAILING, RUNNING, SET_ASIDE, STATES, Row

JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object.")


@click.group("jobs")
def jobs_command() -> None:
    """Work in the background, whichever engine does it."""


@jobs_command.command("list")
@click.option("--state", type=click.Choice(STATES), help="Only these.")
@click.option("--limit", type=click.IntRange(1, 500), default=100, show_default=True, help="The longest due first.")
@JSON
@pass_context
def list_command(context: Context, state: str | None, limit: int, as_json: bool) -> None:
    """List jobs: due, running, failing, set aside."""
    with context.database.reading() as session:
        rows, _ = jobs.job_rows(session, context.actor, state, None, limit)
    if as_json:
        print_json({"items": rows})
        return
    for row in rows:
        click.echo(f"{row['id']:>6}  {row['state']:<9}  {_what(row):<40}  {_when(row)}")
        if row["state"] in (FAILING, SET_ASIDE):
            click.echo(f"{'':>6}  failed {row['failures']} times: {row['last_error'] or '(no reason kept)'}")


@jobs_command.command("retry")
@click.argument("job_ids", type=int, nargs=-1, metavar="[ID]...")
@JSON
@pass_context
def retry_command(context: Context, job_ids: tuple[int, ...], as_json: bool) -> None:
    """Have these jobs done now, or all that are set aside; a scheduler or worker does them within seconds."""
    with context.database.transaction() as session:
        for job_id in job_ids:
            jobs.retry(session, context.actor, job_id)
        count = len(job_ids) or jobs.retry_all(session, context.actor)
    print_json({"asked": count}) if as_json else click.echo(f"{count} jobs are due now.")


@jobs_command.command("discard")
@click.argument("job_id", type=int, metavar="ID")
@pass_context
def discard_command(context: Context, job_id: int) -> None:
    """Give up a job that was asked for once."""
    with context.database.transaction() as session:
        jobs.discard(session, context.actor, job_id)
    click.echo("Given up.")


def _what(row: Row) -> str:
    return f"{row['task']} {row['feed'] or row['key']}".strip()


def _when(row: Row) -> str:
    if row["state"] == RUNNING:
        return f"since {row['begun_at']:%Y-%m-%d %H:%M:%S} by {row['worker']}"
    return f"{row['set_aside_at'] or row['next_at']:%Y-%m-%d %H:%M:%S}"
