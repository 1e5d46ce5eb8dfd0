"""`casa board`: what stays unmatched or unspent, why, and for how long."""

from typing import Any

import click

from registry.cli import Context, pass_context, print_json
from registry.matching.board.reading import counted, read_board
from registry.matching.board.rules import BANDS, REASONS
from registry.matching.listing import Filters


@click.command("board")
@click.option("--theme", help="Only needs and offers of this theme.")
@click.option("--region", help="Only needs of States in this M49 region, and offers that reach it.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_context
def board_command(context: Context, theme: str | None, region: str | None, as_json: bool) -> None:
    """Count open needs without an offer that fits, and open offers with something left, by reason and days open."""
    values = {name: [value] for name, value in (("theme", theme), ("region", region)) if value}
    with context.database.reading() as session:
        board = read_board(session, context.actor, Filters.of("", values))
    found: dict[str, Any] = {
        "open_needs": board.open_needs, "open_offers": board.open_offers, "needs": counted(board.needs),
        "offers": counted(board.offers), "computed_at": board.computed_at,
    }  # fmt: skip
    if as_json:
        print_json(found)
        return
    for kind, title, total in (
        ("needs", "Unmatched needs", board.open_needs), ("offers", "Unspent offers", board.open_offers)
    ):  # fmt: skip
        click.echo(f"{title}: {sum(row['count'] for row in found[kind])} of {total} open")
        click.echo(f"{'':>7}" + "".join(f"{code + ' d':>10}" for code, _ in BANDS))
        for row in found[kind]:
            days = "".join(f"{row['waiting'][code]:>10}" for code, _ in BANDS)
            click.echo(f"{row['count']:>7}{days}  {row['reason']}: {REASONS.get(row['reason'], '')}")
        click.echo("")
