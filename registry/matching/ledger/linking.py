"""Which programme a commitment names: one of its State and of its donor or implementer, or the person says why not."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.catalogue.models import Organisation, Programme
from registry.catalogue.parties import IDENTIFIER
from registry.catalogue.programmes import get_programme
from registry.catalogue.rows import organisation_key, parties_of
from registry.errors import N_, InvalidInput
from registry.matching.forms import NEED
from registry.matching.ledger.models import Proposal

OTHER_STATE = N_("This programme is not in the State of the commitment. Say why it is the right one, or name another.")
OTHER_PARTY = N_(
    "This programme names neither the organisation that gives nor the partner that the State wishes for. Say why it is"
    " the right one, or name another."
)


def link(session: Session, actor: Actor, proposal: Proposal, programme_id: int, why: str) -> None:
    """Name the programme. Raises NotFound, and InvalidInput (`text`) where it is another's and nothing says why."""
    programme, document, _ = get_programme(session, actor, programme_id)
    wrong = unfit(session, proposal, programme, document)
    if wrong and not why:
        raise InvalidInput({"text": wrong})
    proposal.programme_id = programme_id


def unfit(session: Session, proposal: Proposal, programme: Programme, document: Mapping[str, Any]) -> list[str]:
    """What speaks against that this programme came of the commitment; empty: nothing."""
    wrong = []
    if proposal.state not in programme.countries.split():
        wrong.append(OTHER_STATE)
    if programme.reporting_organisation_id != proposal.organisation_id:
        named = {
            key for party in parties_of(dict(document)) for key in (party.ref, organisation_key(party.name)) if key
        }
        if not named & _keys(session, proposal):
            wrong.append(OTHER_PARTY)
    return wrong


def _keys(session: Session, proposal: Proposal) -> set[str]:
    """By what a document can name the organisation that gives and the partner that the State wishes for."""
    giver = session.get_one(Organisation, proposal.organisation_id)
    own = select(IDENTIFIER.c.value).where(IDENTIFIER.c.organisation_id == proposal.organisation_id)
    wished = session.scalar(select(NEED.c.partner_wished).where(NEED.c.id == proposal.need_id))
    names = (giver.name, giver.acronym or "", *giver.names.values(), wished or "")
    return {*session.scalars(own), *map(organisation_key, names)} - {""}
