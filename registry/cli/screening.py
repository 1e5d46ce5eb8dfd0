"""`casa screen`: compare partners, or one name, with the sanctions lists."""

from typing import Any

import click

from registry.cli import Context, pass_context, print_json
from registry.db import utcnow
from registry.matching.screening import deciding, screening


@click.command("screen")
@click.argument("name", required=False)
@click.option("--born", type=int, help="Year of birth of the person, where it is known.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_context
def screen_command(context: Context, name: str | None, born: int | None, as_json: bool) -> None:
    """Compare NAME with the lists and keep nothing; without NAME, compare all partners anew and list what is open."""
    if name is not None:
        with context.database.reading() as session:
            found = deciding.check_name(session, context.actor, {"name": name, "born": born})
        if as_json:
            print_json({"threshold": found.threshold, "items": found.items, "nearest": found.nearest})
            return
        for item in found.items:
            click.echo(_line(item))
        if not found.items:
            click.echo(f"No name on the lists is like it (from {found.threshold} of 1 on).")
        if found.nearest:
            click.echo("Nearest below that:")
        for item in found.nearest:
            click.echo(_line(item))
        return
    changed = 0
    with context.database.reading() as session:
        steps = screening.differences(session, screening.partners(session))
    for start in range(0, len(steps), screening.AT_ONCE):
        with context.database.transaction() as session:
            some = steps[start : start + screening.AT_ONCE]
            changed += screening.write(session, context.actor, some, utcnow())
    with context.database.reading() as session:
        counts = deciding.counts(session, context.actor)
        page = deciding.list_hits(session, context.actor, deciding.Filters("open"), limit=200)
        rows = [
            {"id": row.id, "partner": row.ScreeningHit.subject_name, "party": row.party_name, "regime": row.regime,
             "reference": row.reference, "score": row.score} for row in page.rows
        ]  # fmt: skip
    if as_json:
        print_json({"changed": changed, "counts": counts, "open": rows})
        return
    for row in rows:
        click.echo(f"{row['score']:.2f}  {row['partner']}  ~  {row['party']}  ({row['regime']}, {row['reference']})")
    click.echo(f"{counts['open']} open, {counts['same']} the same, {counts['unsure']} unsure; {changed} changed.")


def _line(item: dict[str, Any]) -> str:
    return f"{item['score']:.2f}  {item['evidence']['listed']}  ({item['regime']}, {item['reference']})"
