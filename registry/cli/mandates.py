"""`casa mandate`: which organisation reports programmes for which."""

import click
from sqlmodel import Session

from registry.catalogue.mandates import enter_mandate, list_mandates, revoke_mandate
from registry.catalogue.organisations import find_named
from registry.cli import Context, pass_context, print_json
from registry.errors import N_, InvalidInput


@click.group("mandate")
def mandate_command() -> None:
    """Which organisation reports programmes for which: list, enter, revoke. Name each by identifier or name."""


@mandate_command.command("list")
@click.argument("organisation")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_context
def list_command(context: Context, organisation: str, as_json: bool) -> None:
    """List whom ORGANISATION reports for, mandates that were revoked too."""
    with context.database.reading() as session:
        found = list_mandates(session, _one(session, "organisation", organisation))
    if as_json:
        print_json({"items": [{**mandate.model_dump(mode="json"), "reported_name": name} for mandate, name in found]})
        return
    for mandate, name in found:
        ended = f"revoked {mandate.revoked_at:%Y-%m-%d}" if mandate.revoked_at else "in force"
        click.echo(f"{mandate.id:>5}  {mandate.entered_at:%Y-%m-%d}  {ended:<18}  {name}: {mandate.reason}")


@mandate_command.command("enter")
@click.argument("organisation")
@click.argument("reported")
@click.option("--reason", required=True, help="Why: the letter or agreement it rests on.")
@pass_context
def enter_command(context: Context, organisation: str, reported: str, reason: str) -> None:
    """Enter that ORGANISATION reports for REPORTED."""
    with context.database.transaction() as session:
        ids = _one(session, "organisation", organisation), _one(session, "reported", reported)
        mandate = enter_mandate(session, context.actor, *ids, reason)
        click.echo(f"Entered as no. {mandate.id}.")


@mandate_command.command("revoke")
@click.argument("organisation")
@click.argument("number", type=int)
@pass_context
def revoke_command(context: Context, organisation: str, number: int) -> None:
    """Revoke the mandate NUMBER of ORGANISATION; what was reported under it stays."""
    with context.database.transaction() as session:
        revoke_mandate(session, context.actor, _one(session, "organisation", organisation), number)
    click.echo("Revoked.")


def _one(session: Session, field: str, text: str) -> int:
    found = find_named(session, text)
    if len(found) != 1:
        raise InvalidInput({field: [N_("No single organisation has this identifier or name.")]})
    return found[0]
