"""What is promised here, as flows: who gives → theme → State, in US cents. The same shape as programmes' flows.

A commitment counts for the themes that need and offer share, for the need's where the offer is for all; equally.
Summed by the database; the rest of a division goes to the first theme, so that sums stay whole.
"""

from typing import Any

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue.flows import Flows
from registry.catalogue.listing import Filters
from registry.catalogue.models import Organisation
from registry.catalogue.reference import places
from registry.matching.forms import NEED_THEME, OFFER_THEME
from registry.matching.ledger.models import Proposal
from registry.matching.ledger.rules import COMMITTED


def read_promised(session: Session, actor: Actor, filters: Filters) -> Flows:
    """Flows of the commitments that the actor may see, narrowed by theme, region, country and organisation."""
    asked = filters.values
    chosen = [policy.visible(actor, Proposal), col(Proposal.status).in_(COMMITTED)]
    if asked.get("country"):
        chosen.append(col(Proposal.state).in_(asked["country"]))
    if asked.get("region"):
        members = {state for code in asked["region"] if code in places() for state in places()[code].members}
        chosen.append(col(Proposal.state).in_(members))
    if asked.get("organisation"):
        numbers = [int(text) for text in asked["organisation"] if text.isascii() and text.isdecimal()]
        chosen.append(col(Proposal.organisation_id).in_(numbers))
    parts = _parts(chosen).subquery()
    giver = col(Organisation.name)
    cents = func.sum(parts.c.cents)
    statement: Any = (
        select(giver, parts.c.theme, parts.c.state, cents)
        .join(Organisation, col(Organisation.id) == parts.c.organisation_id)
        .group_by(giver, parts.c.theme, parts.c.state)
        .having(cents > 0)
    )
    if asked.get("theme"):
        statement = statement.where(parts.c.theme.in_(asked["theme"]))
    found = {(name, theme, state): int(cents) for name, theme, state, cents in session.execute(statement)}
    none_stated = or_(col(Proposal.usd_cents).is_(None), col(Proposal.usd_cents) == 0)
    count, unknown = session.execute(select(func.count(), func.count().filter(none_stated)).where(*chosen)).one()
    return Flows(found, count, unknown)


def _parts(chosen: list[Any]) -> Any:
    """What of each commitment falls to each of its themes; "" where the need has none."""
    offered, shared_need, shared_offer = aliased(OFFER_THEME), aliased(NEED_THEME), aliased(OFFER_THEME)
    is_offered = select(offered.c.theme).where(
        offered.c.offer_id == Proposal.offer_id, offered.c.theme == NEED_THEME.c.theme
    )
    shares_any = (
        select(shared_need.c.theme)
        .join(shared_offer, shared_offer.c.theme == shared_need.c.theme)
        .where(shared_need.c.need_id == Proposal.need_id, shared_offer.c.offer_id == Proposal.offer_id)
    )
    mine = and_(NEED_THEME.c.need_id == Proposal.need_id, or_(is_offered.exists(), ~shares_any.exists()))
    theme = func.coalesce(NEED_THEME.c.theme, "")
    number = func.count().over(partition_by=col(Proposal.id))
    place = func.row_number().over(partition_by=col(Proposal.id), order_by=theme)
    usd = func.coalesce(col(Proposal.usd_cents), 0)
    first = case((place == 1, usd % number), else_=0)
    return (
        select(
            col(Proposal.organisation_id),
            col(Proposal.state),
            theme.label("theme"),
            (usd // number + first).label("cents"),
        )
        .select_from(Proposal)
        .join(NEED_THEME, mine, isouter=True)
        .where(*chosen)
    )
