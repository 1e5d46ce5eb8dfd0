"""`casa allocate`: share what is offered among what is needed, for an instance in a file."""

from collections import Counter
from pathlib import Path
from typing import IO, Any

import click
import orjson

from registry.cli import print_json
from registry.errors import N_, InvalidInput
from registry.matching.allocation.process import solve_request
from registry.matching.allocation.reasons import FAIRNESS, REASONS


@click.command("allocate")
@click.option(
    "--instance", "source", type=click.File("rb"), required=True, help="JSON instance; `-` reads standard input."
)
@click.option(
    "--fairness",
    type=click.Choice(list(FAIRNESS)),
    default="none",
    show_default=True,
    help="Reach every State (country) or every need (need) first, at a price in value.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(0, 600),
    default=20.0,
    show_default=True,
    help="For the exact way, which instances of up to 40,000 pairs allow; 0 leaves it out.",
)
@click.option(
    "--report",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write figures and reasons there, as JSON.",
)
def allocate_command(source: IO[bytes], fairness: str, seconds: float, report: Path | None) -> None:
    """Print the grants as JSON, [{"need", "offer", "amount_k"}, …]; what they are worth goes to standard error."""
    try:
        instance = orjson.loads(source.read())
    except orjson.JSONDecodeError as error:
        raise InvalidInput({"instance": [N_("This is not JSON:"), str(error)]}) from None
    answer = solve_request({"instance": instance, "fairness": fairness, "seconds": seconds})
    print_json([{"need": g["need"], "offer": g["offer"], "amount_k": g["amount"]} for g in answer.pop("grants")])
    if report:
        report.write_bytes(orjson.dumps(answer, option=orjson.OPT_INDENT_2))
    _say(answer)


def _say(answer: dict[str, Any]) -> None:
    figures = answer["figures"]
    shares = {name: figures[name] for name in ("share_of_bound", "price_of_fairness", "price_of_rules", "gini")}
    lines = [
        f"value {figures['value']:,.1f} of at most {figures['bound']:,.1f}; by hand {figures['greedy']:,.1f}",
        f"{figures['grants']:,} grants give {figures['given']:,} of {figures['money']:,}; asked {figures['asked']:,}",
        f"{figures['needs_met']:,} of {figures['needs']:,} needs met in full, {figures['needs_begun']:,} begun",
        ", ".join(f"{name.replace('_', ' ')} {'–' if value is None else value}" for name, value in shares.items()),
    ]
    for name in ("unmet", "unspent"):
        for code, count in Counter(item["reason"] for item in answer[name]).most_common():
            lines.append(f"{count:,} {name}: {REASONS[code]}")
    click.echo("\n".join(lines), err=True)
