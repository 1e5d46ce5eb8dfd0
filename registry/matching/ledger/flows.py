"""What is promised here, as flows: who gives → theme → State, in US cents. The same shape as programmes' flows.

A commitment counts for the themes that need and offer share, for the need's where the offer is for all; equally.
"""

from collections import Counter

from sqlalchemy import select
from sqlmodel import Session, col

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue.flows import Flows
from registry.catalogue.listing import Filters
from registry.catalogue.models import Organisation
from registry.catalogue.money_rows import Key, divide
from registry.catalogue.reference import places
from registry.matching.forms import NEED_THEME, OFFER_THEME
from registry.matching.ledger.models import Proposal
from registry.matching.ledger.rules import COMMITTED

MOST = 5_000
"""Commitments read for one picture, those agreed last first"""


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
    rows = session.execute(
        select(Proposal, Organisation.name)  # type: ignore[call-overload]
        .join(Organisation, col(Organisation.id) == col(Proposal.organisation_id))
        .where(*chosen)
        .order_by(col(Proposal.agreed_at).desc(), col(Proposal.id).desc())
        .limit(MOST + 1)
    ).all()
    themes = _themes(session, [proposal for proposal, _ in rows])
    found: Counter[Key] = Counter()
    unknown = 0
    for proposal, giver in rows[:MOST]:
        unknown += not proposal.usd_cents
        about = themes[proposal.id]
        for theme, cents in divide(proposal.usd_cents or 0, about, [1.0] * len(about)):
            if not asked.get("theme") or theme in asked["theme"]:
                found[giver, theme, proposal.state] += cents
    return Flows({key: cents for key, cents in found.items() if cents}, len(rows[:MOST]), unknown, len(rows) > MOST)


def _themes(session: Session, proposals: list[Proposal]) -> dict[int | None, list[str]]:
    of_need: dict[int, set[str]] = {}
    of_offer: dict[int, set[str]] = {}
    for found, table, column, ids in (
        (of_need, NEED_THEME, "need_id", {proposal.need_id for proposal in proposals}),
        (of_offer, OFFER_THEME, "offer_id", {proposal.offer_id for proposal in proposals}),
    ):
        for record_id, theme in session.execute(select(table.c[column], table.c.theme).where(table.c[column].in_(ids))):
            found.setdefault(record_id, set()).add(theme)
    return {
        proposal.id: sorted(
            (mine := of_need.get(proposal.need_id, set())) & of_offer.get(proposal.offer_id, mine) or mine
        )
        for proposal in proposals
    }
