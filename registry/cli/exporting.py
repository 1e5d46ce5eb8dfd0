"""`casa export`: a list, whole, as a file."""

import sys
from pathlib import Path
from typing import Any

import click

from registry.catalogue import exporting
from registry.catalogue.exporting import FORMATS
from registry.catalogue.reference import LANGUAGES
from registry.cli import Context, pass_context
from registry.db import utcnow
from registry.errors import InvalidInput
from registry.matching import exporting as matching

EXPORTERS = {**exporting.EXPORTERS, **matching.EXPORTERS}


@click.command("export")
@click.argument("kind", type=click.Choice(list(EXPORTERS)))
@click.option("--format", "format", type=click.Choice(list(FORMATS)), default="json", show_default=True)
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write; without it, standard output."
)
@click.option(
    "--language", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Of names beside codes."
)
@click.option("--q", default="", help="Words that all must occur.")
@click.option(
    "--filter", "given", multiple=True, metavar="NAME=VALUE", help="As in the list's address; may be repeated."
)
@pass_context
def export_command(
    context: Context, kind: str, format: str, output: Path | None, language: str, q: str, given: tuple[str, ...]
) -> None:
    """Write all programmes, organisations, needs or offers as JSON, CSV, XLSX or (programmes) IATI 2.03."""
    filters: dict[str, Any] = {"q": q}
    for text in given:
        name, separator, value = text.partition("=")
        if not separator:
            raise InvalidInput({"filter": ["Write a filter as NAME=VALUE."]})
        filters.setdefault(name, []).append(value)
    if output is None and format == "xlsx" and sys.stdout.isatty():
        raise InvalidInput({"output": ["A workbook does not belong on a terminal: name a file with --output."]})
    with context.database.reading() as session:
        pieces = exporting.export(
            session, context.actor, EXPORTERS, kind, format, filters, language=language, now=utcnow()
        )
        if output is None:
            for piece in pieces:
                sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
        else:
            _write(output, pieces)


def _write(output: Path, pieces: Any) -> None:
    """Through a file beside it, so that a stopped export leaves no half file under the name."""
    part = output.with_name(f".{output.name}.part")
    try:
        with part.open("wb") as file:
            for piece in pieces:
                file.write(piece)
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)
