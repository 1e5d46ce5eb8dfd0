"""`casa match` and `casa explain`: who could help whom, and why or why not."""

from typing import Any

import click

from registry.cli import Context, pass_context, print_json
from registry.matching.everything import refresh_all
from registry.matching.explain import explain
from registry.matching.matches import list_matches, matches_of_need, matches_of_offer
from registry.matching.needs import get_need
from registry.matching.offers import get_offer
from registry.matching.refresh import TOP


@click.command("match")
@click.option("--need", "need_id", type=click.IntRange(1), help="Only this need's matches, by its number.")
@click.option("--offer", "offer_id", type=click.IntRange(1), help="Only this offer's matches, by its number.")
@click.option("--top", type=click.IntRange(1, TOP), default=10, show_default=True, help="How many, best first.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_context
def match_command(context: Context, need_id: int | None, offer_id: int | None, top: int, as_json: bool) -> None:
    """Match all open needs and offers anew, and show the best pairs."""
    if need_id and offer_id:
        raise click.UsageError("Name a need or an offer; for one pair there is `casa explain NEED OFFER`.")
    pairs = refresh_all(context.database, context.actor, pause_seconds=context.settings.sync_pause_ms / 1000)
    result: dict[str, Any] = {"pairs": pairs}
    with context.database.reading() as session:
        if need_id:
            result["need"] = {"id": need_id, "title": get_need(session, context.actor, need_id).title}
            found = matches_of_need(session, context.actor, need_id, top)
        elif offer_id:
            result["offer"] = {"id": offer_id, "title": get_offer(session, context.actor, offer_id).title}
            found = matches_of_offer(session, context.actor, offer_id, top)
        else:
            found = list_matches(session, context.actor, limit=top).items
    result["matches"] = found
    if as_json:
        print_json(result)
    else:
        _print_matches(result)


def _print_matches(result: dict[str, Any]) -> None:
    for side in ("need", "offer"):
        if side in result:
            click.echo(f"{side} {result[side]['id']}: {result[side]['title']}\n")
    if not result["matches"]:
        click.echo("No matches. `casa explain NEED OFFER` says what stands against a pair.")
        return
    click.echo(f"{'score':>6}  {'need':>6}  {'offer':>6}  State  what is needed / who offers what")
    for pair in result["matches"]:
        numbers = f"{pair['score']:>6.3f}  {pair['need_id']:>6}  {pair['offer_id']:>6}"
        click.echo(f"{numbers}  {pair['state']:<5}  {pair['need_title']}")
        click.echo(f"{'':>31}/ {pair['organisation_name']}: {pair['offer_title']}")
    click.echo(f"\n{result['pairs']} pairs in all.")


@click.command("explain")
@click.argument("need", type=click.IntRange(1))
@click.argument("offer", type=click.IntRange(1))
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_context
def explain_command(context: Context, need: int, offer: int, as_json: bool) -> None:
    """Say why NEED and OFFER (their numbers) match, or why not and what would change that."""
    with context.database.reading() as session:
        found = explain(session, context.actor, need, offer)
    if as_json:
        print_json(found)
        return
    verdict = "match" if found["eligible"] else "do not match"
    click.echo(f"Need {need} and offer {offer} {verdict}.")
    for block in found["blocks"]:
        click.echo(f"  {block['code']}: {block['message'] % block['params']}")
        click.echo(f"  {'':>{len(block['code'])}}  It would be lifted if: {block['unblock'] % block['params']}")
    click.echo(f"\nScore {found['score']:.6f}" + ("" if found["eligible"] else " (what it would be)"))
    for part in found["parts"]:
        evidence = part["evidence"]
        click.echo(f"  {part['points']:.6f} = {part['weight']:.2f} x {part['value']:.6f}  {part['feature']}")
        click.echo(f"  {'':>8}   {evidence['message'] % evidence['params']}")
    click.echo(f"Weights version {found['weights_version']}.")
