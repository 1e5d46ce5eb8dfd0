"""`casa allocate`: share what is offered among what is needed, of an instance in a file or of the registry itself."""

from collections import Counter
from pathlib import Path
from typing import IO, Any

import click
import orjson

from registry.cli import Context, pass_context, print_json
from registry.errors import N_, InvalidInput
from registry.matching.allocation.process import AllocationFailed, solve_request
from registry.matching.allocation.reasons import FAIRNESS, REASONS
from registry.matching.rounds import service


@click.command("allocate")
@click.option("--instance", "source", type=click.File("rb"), help="JSON instance; `-` reads standard input.")
@click.option("--round", "title", help="Instead: open a round of this title over what is open in the registry.")
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
@pass_context
def allocate_command(
    context: Context, source: IO[bytes] | None, title: str | None, fairness: str, seconds: float, report: Path | None
) -> None:
    """Print the grants as JSON, [{"need", "offer", "amount_k"}, …]; what they are worth goes to standard error.

    Of a round they are [{"need", "type", "offer", "amount"}, …] in whole dollars, by the records' numbers.
    """
    if (source is None) == (title is None):
        raise click.UsageError("Name an instance or a round: `--instance FILE` or `--round TITLE`.")
    if source is not None:
        answer = _instance(source, fairness, seconds)
        print_json([{"need": g["need"], "offer": g["offer"], "amount_k": g["amount"]} for g in answer.pop("grants")])
    else:
        answer = _round(context, title or "", fairness)
        print_json([_grant(grant) for grant in answer.pop("grants")])
    if report:
        report.write_bytes(orjson.dumps(answer, option=orjson.OPT_INDENT_2))
    _say(answer)


def _instance(source: IO[bytes], fairness: str, seconds: float) -> dict[str, Any]:
    try:
        instance = orjson.loads(source.read())
    except orjson.JSONDecodeError as error:
        raise InvalidInput({"instance": [N_("This is not JSON:"), str(error)]}) from None
    return solve_request({"instance": instance, "fairness": fairness, "seconds": seconds})


def _round(context: Context, title: str, fairness: str) -> dict[str, Any]:
    with context.database.transaction() as session:
        round_id = service.open_round(session, context.actor, title, [fairness]).id or 0
    service.work_off(context.database, context.actor, round_id)
    with context.database.reading() as session:
        _, scenario = service.get_scenario(session, context.actor, round_id, fairness)
        if scenario.status == "failed":
            raise AllocationFailed(scenario.reason or "")
        return {**service.result_of(scenario), "figures": scenario.figures}


def _grant(grant: dict[str, Any]) -> dict[str, Any]:
    need, _, type_ = grant["need"].partition(":")
    return {"need": int(need), "type": type_, "offer": int(grant["offer"]), "amount": grant["amount"]}


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
