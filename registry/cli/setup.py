"""`casa init`, `serve`, `scheduler`, `doctor`: an installation's own commands."""

import click

from registry import migrate
from registry.cli import Context, pass_context


@click.command("init")
@pass_context
def init_command(context: Context) -> None:
    """Create or upgrade the database and generate what is missing (safe to repeat)."""
    context.settings.data_dir.mkdir(parents=True, exist_ok=True)
    context.settings.ensure_secret()
    migrate.upgrade(context.database)
    click.echo(f"Ready: {context.database.engine.url.render_as_string(hide_password=True)}")
