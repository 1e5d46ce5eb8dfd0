"""`casa allocate`: share what is offered among what is needed, of an instance in a file or of the registry itself."""

from collections import Counter
from pathlib import Path
from typing import IO, Any

import click
import orjson

from registry.cli import Context, pass_context, print_json
from registry.errors import N_, InvalidInput
from registry.matching.allocation.process import AllocationFailed, solve_request
from registry.matching.allocation.reasons import FAIRNESS, NODES, REASONS, SEARCH_LIMITS
from registry.matching.rounds import service


@click.command("allocate")
@click.option(
    "--instance",
    "source",
    type=click.File("rb"),
    help="JSON instance, or the downloaded inputs of a round; `-` reads standard input.",
)
@click.option("--round", "title", help="Instead: open a round of this title over what is open in the registry.")
@click.option(
    "--fairness",
    type=click.Choice(list(FAIRNESS)),
    default="none",
    show_default=True,
    help="Reach every State (country) or every need (need) first, at a price in value.",
)
@click.option(
    "--nodes",
    type=click.IntRange(0, 1_000_000),
    default=NODES,
    show_default=True,
    help="Limit of the exact search, which instances of up to 40,000 pairs allow; 0 leaves it out. A round takes "
    "the default.",
)
@click.option(
    "--report",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write figures and reasons there, as JSON.",
)
@pass_context
def allocate_command(
    context: Context, source: IO[bytes] | None, title: str | None, fairness: str, nodes: int, report: Path | None
) -> None:
    """Print the grants as JSON, [{"need", "offer", "amount_k"}, …]; what they are worth goes to standard error.

    Of a round, or of its downloaded inputs, they are [{"need", "type", "offer", "amount"}, …] in whole dollars, by the
    records' numbers.
    """
    if (source is None) == (title is None):
        raise click.UsageError("Name an instance or a round: `--instance FILE` or `--round TITLE`.")
    if source is not None:
        answer, is_round = _instance(source, fairness, nodes)
    else:
        answer, is_round = _round(context, title or "", fairness), True
    grants = answer.pop("grants")
    print_json(
        [_grant(grant) for grant in grants]
        if is_round
        else [{"need": g["need"], "offer": g["offer"], "amount_k": g["amount"]} for g in grants]
    )
    if report:
        report.write_bytes(orjson.dumps(answer, option=orjson.OPT_INDENT_2))
    _say(answer)


def _instance(source: IO[bytes], fairness: str, nodes: int) -> tuple[dict[str, Any], bool]:
    """The answer, and whether the file holds the inputs of a round."""
    try:
        instance = orjson.loads(source.read())
    except orjson.JSONDecodeError as error:
        raise InvalidInput({"instance": [N_("This is not JSON:"), str(error)]}) from None
    answer = solve_request({"instance": instance, "fairness": fairness, "nodes": nodes})
    return answer, isinstance(instance, dict) and "problem" in instance


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
    if (said := SEARCH_LIMITS.get(figures["search_limit"] or "")) is not None:
        lines.append(said)
        if figures["search_gap"] is not None:
            lines.append(f"among the pairs searched, {figures['search_gap']:.4%} more is possible at most")
    for name in ("unmet", "unspent"):
        for code, count in Counter(item["reason"] for item in answer[name]).most_common():
            lines.append(f"{count:,} {name}: {REASONS[code]}")
    click.echo("\n".join(lines), err=True)
