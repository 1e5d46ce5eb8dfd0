"""`casa import`: a file at hand into the registry, by the same code that feeds, pages and API use."""

import itertools
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click
from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.catalogue import importing as catalogue
from registry.catalogue.tabular import FORMATS, EncodingNotCertain, ImportReport, Row, Rows, read_rows
from registry.cli import Context, pass_context, print_json
from registry.cli.feeds import Bar, show_report, with_config
from registry.compliance.contacts import importing as contacts
from registry.compliance.indicators import importing as indicators
from registry.compliance.participation import importing as participation
from registry.matching import importing as matching
from registry.sync.adapters import ADAPTERS
from registry.sync.models import SCOPES
from registry.sync.runner import import_file

KINDS = ("programmes", "organisations", "needs", "offers", "observations", "participation", "contacts")
RECORDS: dict[str, Callable[[Session, Actor, Iterable[Row], bool], ImportReport]] = {
    "observations": indicators.import_rows,
    "participation": participation.import_rows,
    "contacts": contacts.import_rows,
}
"""Kinds that have an importer of their own"""
PROGRAMME_FORMATS = [adapter.name for adapter in ADAPTERS.values() if adapter.target == "programme"]
ALL_FORMATS = list(dict.fromkeys((*PROGRAMME_FORMATS, *FORMATS)))
BATCH_ROWS = 100
"""Rows of a table per transaction: nobody who writes waits for longer than these take"""


@click.command("import")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--format", "format_name", type=click.Choice(ALL_FORMATS), help="What FILE is; a table's ending tells.")
@click.option("--scope", type=click.Choice(SCOPES), help="Programmes: only what is about small arms, or everything.")
@click.option("--feed", help="Programmes: the feed they belong to, made where there is none. [default: imports]")
@with_config
@click.option("--encoding", help="Of a CSV file, where it is not certain: utf-8, cp1250, windows-1256, gb18030 …")
@click.option("--dry-run", is_flag=True, help="Do everything, write nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_context
def import_command(
    context: Context, kind: str, file: Path, format_name: str | None, scope: str | None, feed: str | None,
    config: dict[str, Any], encoding: str | None, dry_run: bool, as_json: bool,
) -> None:  # fmt: skip
    """Import FILE: programmes from a partner's format; organisations, needs, offers, observations,
    participation, contacts from a table.

    Exit 1 where the file as a whole is refused; single bad records or rows are reported, the others are in.
    """
    suitable = PROGRAMME_FORMATS if kind == "programmes" else FORMATS
    if format_name is None and kind != "programmes":
        format_name = file.suffix.removeprefix(".").lower()
    if format_name is None or format_name not in suitable:
        raise click.UsageError(f"A file of {kind} is one of: {', '.join(suitable)}.")
    if kind != "programmes" and (scope or feed or config):
        raise click.UsageError("--scope, --feed and --config are for programmes.")
    if encoding and format_name != "csv":
        raise click.UsageError("--encoding is for CSV files.")
    if kind == "programmes":
        config = config | ({"encoding": encoding} if encoding else {})
        _import_programmes(context, file, format_name, scope, feed, config, dry_run, as_json)
    else:
        _import_table(context, kind, file, format_name, encoding, dry_run, as_json)


def _import_programmes(
    context: Context, file: Path, adapter: str, scope: str | None, feed: str | None, config: dict[str, Any],
    dry_run: bool, as_json: bool,
) -> None:  # fmt: skip
    with Bar(file.name) as bar:
        report = import_file(
            context.database, context.settings, file, adapter, feed_name=feed or default_feed(adapter), scope=scope,
            config=config, actor=context.actor, progress=bar.show, dry_run=dry_run,
        )  # fmt: skip
    show_report(report, as_json)
    if report.run.status != "succeeded":
        sys.exit(1)


def _import_batch(
    session: Session, actor: Actor, kind: str, rows: list[Row], dry_run: bool, seen: dict[str, int]
) -> ImportReport:
    if kind in RECORDS:
        return RECORDS[kind](session, actor, rows, dry_run)
    kinds = catalogue if kind in catalogue.KINDS else matching
    return kinds.import_rows(session, actor, kind, rows, dry_run, seen)


def default_feed(adapter: str) -> str:
    """A feed holds records of one format: each has its own."""
    return "imports" if adapter == "iati" else f"imports ({adapter})"


def _rows(file: Path, format_name: str, encoding: str | None) -> Rows:
    try:
        return read_rows(file, format_name, encoding)
    except EncodingNotCertain as error:
        show_readings(error.readings)
        raise


def show_readings(readings: list[tuple[str, list[str]]]) -> None:
    """Print how the first telling lines of a file would read, so that a person can choose the encoding."""
    for encoding, lines in readings:
        click.echo(f"--encoding {encoding}", err=True)
        for line in lines:
            click.echo(f"    {line}", err=True)


def _import_table(
    context: Context, kind: str, file: Path, format_name: str, encoding: str | None, dry_run: bool, as_json: bool
) -> None:
    started = time.monotonic()
    report = ImportReport()
    rows = _rows(file, format_name, encoding)
    report.read_as = rows.read_as
    seen: dict[str, int] = {}
    while batch := list(itertools.islice(rows, BATCH_ROWS)):
        with context.database.transaction() as session:
            report.add(_import_batch(session, context.actor, kind, batch, dry_run, seen))
        time.sleep(context.settings.sync_pause_ms / 1000)  # other writers get their turn
    seconds = time.monotonic() - started
    if as_json:
        print_json(report.as_dict() | {"archived": 0, "ignored": 0, "seconds": round(seconds, 3)})
        return
    click.echo(f"Read as {', '.join(f'{name} {value!r}' for name, value in report.read_as.items())}")
    for odd in (*report.errors, *report.warnings):
        click.echo(f"row {odd.row}{f', {odd.field}' if odd.field else ''}: {odd.message}")
    click.echo(
        f"{report.created} created, {report.updated} updated, {report.unchanged} unchanged, "
        f"{report.quarantined} refused ({seconds:.1f} s){'; nothing was written' if dry_run else ''}"
    )
