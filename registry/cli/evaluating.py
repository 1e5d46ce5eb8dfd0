"""`casa evaluate`: how well our ranking agrees with what was funded, beside four simple rankings."""

from pathlib import Path
from typing import Any

import click

from registry.catalogue.tabular import read_rows
from registry.cli import Context, pass_context, print_json
from registry.errors import N_, InvalidInput
from registry.matching.evaluation.bootstrap import DRAWS
from registry.matching.evaluation.evaluating import MEASURES, evaluate
from registry.matching.evaluation.labels import read_labels


@click.command("evaluate")
@click.argument("labels", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="CSV")
@click.option("--draws", type=click.IntRange(100, 100_000), default=DRAWS, show_default=True, help="Of the intervals.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Of the draws.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_context
def evaluate_command(context: Context, labels: Path, draws: int, seed: int, as_json: bool) -> None:
    """Compare rankings with the needs and funders of CSV: columns `need` and `offer` or `organisation`.

    Bad rows are reported and left out. Exit 1 where no row can be used.
    """
    with context.database.reading() as session:
        read = read_labels(session, read_rows(labels, "csv"))
        errors = [{"row": error.row, "field": error.field, "message": error.message} for error in read.errors]
        if not read.funded:
            first = f" Row {errors[0]['row']}: {errors[0]['message']}" if errors else ""
            raise InvalidInput({"file": [N_("No row can be used."), *([first.strip()] if first else [])]})
        found = evaluate(session, context.actor, read.funded, draws, seed)
    if as_json:
        print_json({"rows": read.rows, "errors": errors, **found})
        return
    for error in errors:
        where = f"{error['row']}, {error['field']}" if error["field"] else error["row"]
        click.echo(f"row {where}: {error['message']}", err=True)
    click.echo(table(found))


def table(found: dict[str, Any]) -> str:
    """The figures for people: one line a ranking, each value with its interval."""
    lines = [
        f"{found['needs']} needs of {found['states']} States, {found['candidates']} possible pairs; "
        f"no funder is possible by the rules for {found['unreachable']} of the needs (missed by every ranking)",
        "",
        f"{'':<15}" + "".join(f"{name:>20}" for name in MEASURES) + f"{'mrr: casa ahead by':>24}",
    ]
    for name, measures in found["rankings"].items():
        ahead = found["ahead_of"].get(name)
        lines.append(
            f"{name:<15}" + "".join(f"{_cell(measures[measure]):>20}" for measure in MEASURES)
            + (f"{_cell(ahead['mrr'], '+'):>24}" if ahead else "").rstrip()
        )  # fmt: skip
    lines += [
        "",
        f"95 % intervals of {found['draws']} draws of States (seed {found['seed']}); misranked: the smaller the "
        f"better; weights version {found['weights_version']}",
    ]
    return "\n".join(lines)


def _cell(estimate: dict[str, float | None], sign: str = "") -> str:
    if estimate["value"] is None:
        return "–"
    if estimate["low"] is None:
        return f"{estimate['value']:{sign}.3f}"
    return f"{estimate['value']:{sign}.3f} [{estimate['low']:{sign}.2f} {estimate['high']:{sign}.2f}]"
