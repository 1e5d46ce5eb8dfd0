"""`casa backup` and `casa restore`: the whole database in one file, taken back by either engine."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from registry.accounts import audit
from registry.backup.dumping import write_backup
from registry.backup.restoring import restored
from registry.catalogue import identity
from registry.catalogue import reindexing as catalogue
from registry.cli import Context, pass_context, print_json
from registry.db import utcnow
from registry.matching import reindexing as matching
from registry.sync import runs
from registry.worker import engines


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_context
def backup_command(context: Context, file: Path, as_json: bool) -> None:
    """Write the whole database to FILE while the registry runs. Only you can read it: it holds hashes of passwords."""
    try:
        with _progress("Writing") as progress:
            written = write_backup(context.database, file, utcnow(), progress)
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}.") from None
    with context.database.transaction() as session:
        audit.record(session, context.actor, "backup.make", rows=written.rows, sha256=written.sha256)
    if as_json:
        print_json({"file": str(file), **written.__dict__})
    else:
        click.echo(f"{file}: {written.rows} rows of {written.tables} tables, {file.stat().st_size:,} bytes")


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace everything that the database holds.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_context
def restore_command(context: Context, file: Path, force: bool, as_json: bool) -> None:
    """Fill an empty database from a backup, made on this engine or the other. Stop the registry's processes first.

    The registry then begins a new epoch: whoever follows its change feed is told to take a snapshot.
    """
    context.settings.data_dir.mkdir(parents=True, exist_ok=True)
    context.settings.ensure_secret()
    with (
        _progress("Restoring") as progress,
        restored(context.database, file, force=force, progress=progress) as (session, head),
    ):
        catalogue.reindex(session)
        matching.reindex(session)
        ended = runs.end_all(session, utcnow())
        epoch = identity.begin_epoch(session)
        audit.record(session, context.actor, "backup.restore", made_at=head.made_at, epoch_before=head.epoch)
    engines.upgrade(context.settings, context.database)
    if as_json:
        print_json({"rows": head.rows, "made_at": head.made_at, "epoch": epoch, "runs_ended": ended})
    else:
        click.echo(f"{head.rows} rows of {head.made_at}, written on {head.engine}, are in place; a new epoch began.")


@contextmanager
def _progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error, where a person looks on."""
    with click.progressbar(length=0, label=label, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield progress
