"""`casa same-as`: which records are the same, found for all of them at once, listed, and judged."""

from typing import Any

import click
from sqlalchemy import select

from registry.catalogue.same_as.candidates import BATCH, Found, find_candidates
from registry.catalogue.same_as.clusters import RECORDS
from registry.catalogue.same_as.estimating import estimate, model_in_force
from registry.catalogue.same_as.judging import judge_records
from registry.catalogue.same_as.models import KINDS, VERDICTS
from registry.catalogue.same_as.queue import list_pairs, pair_counts
from registry.catalogue.same_as.reading import count_records
from registry.catalogue.same_as.schemas import JudgementForm
from registry.catalogue.upkeep import catch_up
from registry.cli import Context, pass_context, print_json
from registry.db import utcnow
from registry.schemas import load

KIND = click.option("--kind", type=click.Choice(KINDS), help="Only records of this kind.")
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object.")


@click.group("same-as")
def same_as_command() -> None:
    """Records that are the same: find, list and judge them."""


@same_as_command.command("find")
@KIND
@click.option("--anew", is_flag=True, help="All records, with chance agreement counted afresh; else what changed.")
@JSON
@pass_context
def find(context: Context, kind: str | None, anew: bool, as_json: bool) -> None:
    """Look for records that are the same, and join those that share an identifier."""
    results: dict[str, dict[str, Any]] = {}
    for name in (kind,) if kind else KINDS:
        found = _catch_up(context, name, quiet=as_json)
        if anew:
            with context.database.transaction() as session:
                estimate(session, name, utcnow())
            found.add(_all(context, name, quiet=as_json))
        with context.database.reading() as session:
            counts, label = pair_counts(session, context.actor, name), model_in_force(session, name)[1]
        done = {"records": found.records, "found": found.found, "gone": found.gone, "regrouped": found.regrouped}
        results[name] = {**done, "model": label, "pairs": counts}
    if as_json:
        print_json(results)
        return
    for name, result in results.items():
        pairs = ", ".join(f"{count} {band}" for band, count in result["pairs"].items())
        click.echo(
            f"{name}: {result['records']} looked at, {result['found']} pairs new, {result['gone']} gone,"
            f" {result['regrouped']} records regrouped. In all: {pairs}. Model {result['model']}."
        )


def _catch_up(context: Context, kind: str, quiet: bool) -> Found:
    """What changed since it was last looked at, batch by batch."""
    with context.database.reading() as session:
        expected = count_records(session, kind)
    with click.progressbar(length=expected, label=f"{kind}: what changed", hidden=quiet) as bar:
        return catch_up(context.database, kind, context.actor, on_batch=lambda found: bar.update(found.records))


def _all(context: Context, kind: str, quiet: bool) -> Found:
    """Every record in force, compared anew."""
    total, table, last = Found(), RECORDS[kind], 0
    with context.database.reading() as session:
        expected = count_records(session, kind)
    with click.progressbar(length=expected, label=f"{kind}: all anew", hidden=quiet) as bar:
        while True:
            with context.database.transaction() as session:
                statement = select(table.c.id).where(table.c.id > last, table.c.archived_at.is_(None))
                ids = list(session.execute(statement.order_by(table.c.id).limit(BATCH)).scalars())
                found = find_candidates(session, kind, ids, context.actor, anew=True)
            if not ids:
                return total
            last = ids[-1]
            total.add(found)
            bar.update(len(ids))


@same_as_command.command("list")
@KIND
@click.option("--band", type=click.Choice(["strong", "possible"]), help="Only what waits for a person, so likely.")
@click.option("--verdict", type=click.Choice([*VERDICTS, "open"]), default="open", show_default=True)
@click.option("--top", type=click.IntRange(1, 500), default=20, show_default=True, help="How many, likeliest first.")
@JSON
@pass_context
def list_command(
    context: Context, kind: str | None, band: str | None, verdict: str, top: int, as_json: bool
) -> None:  # fmt: skip
    """List pairs that wait for a person, or those with a verdict."""
    listed: dict[str, Any] = {}
    with context.database.reading() as session:
        for name in (kind,) if kind else KINDS:
            page = list_pairs(session, context.actor, name, verdict=verdict, band=band, limit=top)
            listed[name] = page.items
    if as_json:
        print_json(listed)
        return
    for name, items in listed.items():
        click.echo(f"{name}: {len(items)} shown")
        for item in items:
            first, second = item["first"], item["second"]
            click.echo(f"{item['bits']:>8.2f}  {first['id']:>7}  {first['title']}")
            click.echo(f"{item['verdict'] or '':>8}  {second['id']:>7}  {second['title']}")


@same_as_command.command("judge")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("first", type=click.IntRange(1))
@click.argument("second", type=click.IntRange(1))
@click.argument("verdict", type=click.Choice(VERDICTS))
@click.option("--reason", required=True, help="Why: it stands in the history.")
@pass_context
def judge_command(context: Context, kind: str, first: int, second: int, verdict: str, reason: str) -> None:
    """Say that two records are the same, are different, or that one cannot tell."""
    form = {"kind": kind, "first_id": first, "second_id": second, "verdict": verdict, "reason": reason}
    with context.database.transaction() as session:
        judged = judge_records(session, context.actor, load(JudgementForm(), form))
    click.echo(f"Noted. {judged.moved} records changed their place.")
    if judged.pair.contradicted:
        click.echo("This contradicts other judgements; none of them counts until one is mended.")
