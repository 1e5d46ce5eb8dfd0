"""`casa gaps STATE`: what a State found wanting, over all its standards, as one list."""

import click

from registry.catalogue.identity import is_demonstration
from registry.catalogue.reference import resolve_state
from registry.cli import Context, pass_context, print_json
from registry.errors import N_, NotFound
from registry.loop.gap_list import Wanted, gap_list


@click.command("gaps")
@click.argument("state")
@click.option("--theme", default="", help="Only gaps of this theme.")
@click.option("--standard", default="", help="Only gaps of this standard.")
@click.option("--without-need", is_flag=True, help="Only gaps for which no need was made.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_context
def gaps_command(context: Context, state: str, theme: str, standard: str, without_need: bool, as_json: bool) -> None:
    """List the gaps of STATE (any code or name) over all its standards, the heaviest first, the same one once."""
    known = resolve_state(state)
    if known is None:
        raise NotFound(N_("There is no State %(state)s."), state=state)
    with context.database.reading() as session:
        found = gap_list(session, context.actor, known.alpha3, Wanted(theme, standard, without_need))
        demonstration = is_demonstration(session)
    if as_json:
        print_json({"state": known.alpha3, "gaps": found, "demonstration": demonstration})
        return
    if demonstration:
        click.echo("Demonstration data: invented, not a fact about this State.")
    for group in found:
        for sign, members in (("", group["same"]), ("  less: ", group["less"])):
            for gap in members:
                needs = "".join(f" → need {need['id']} ({need['status']})" for need in gap["linked_needs"])
                name = f"{gap['standard']}#{gap['clause']}"
                click.echo(f"{sign}{name} {gap['ref']} ({gap['status']}), weight {gap['weight']['exact']}{needs}")
    if not found:
        click.echo("No answered clause is wanting.", err=True)
