"""Reads the table of pairs: best offers for a need, best needs for an offer; only where the actor sees both."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue.models import Organisation
from registry.catalogue.paging import Sort, keyset
from registry.matching.models import Match, Need, Offer
from registry.matching.needs import get_need
from registry.matching.offers import get_offer
from registry.matching.refresh import TOP

_MATCH: Any = Match
_NEED: Any = Need
_OFFER: Any = Offer
_ORGANISATION: Any = Organisation
_RANK = -_MATCH.score
"""Scores rank downwards, the other side's ids upwards among equals."""
_COLUMNS = (
    _MATCH.id, _MATCH.need_id, _MATCH.offer_id, _MATCH.score, _MATCH.parts, _MATCH.weights_version, _MATCH.computed_at,
    _NEED.title.label("need_title"), _NEED.language.label("need_language"), _NEED.state, _NEED.priority,
    _OFFER.title.label("offer_title"), _OFFER.language.label("offer_language"), _OFFER.organisation_id,
    _ORGANISATION.name.label("organisation_name"),
)  # fmt: skip


@dataclass(frozen=True)
class Ranked:
    """A page of pairs, best first, and the cursor of the next."""

    items: list[dict[str, Any]]
    next: str | None
    total: int


def matches_of_need(session: Session, actor: Actor, need_id: int, top: int = TOP) -> list[dict[str, Any]]:
    """The best open offers for a need, best first. Raises NotFound where the actor may not see the need."""
    get_need(session, actor, need_id)
    of_need = _visible(actor).where(_MATCH.need_id == need_id)
    return [dict(row) for row in session.execute(of_need.order_by(_RANK, _MATCH.offer_id).limit(top)).mappings()]


def matches_of_offer(session: Session, actor: Actor, offer_id: int, top: int = TOP) -> list[dict[str, Any]]:
    """The best open needs for an offer, best first. Raises NotFound where the actor may not see the offer."""
    get_offer(session, actor, offer_id)
    rows = session.execute(
        _visible(actor).where(_MATCH.offer_id == offer_id).order_by(_RANK, _MATCH.need_id).limit(top)
    )
    return [dict(row) for row in rows.mappings()]


def list_matches(
    session: Session,
    actor: Actor,
    need_id: int | None = None,
    offer_id: int | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Ranked:
    """Pairs that the actor may see, of one need or offer where they are named, best first."""
    conditions = []
    if need_id is not None:
        conditions.append(_MATCH.need_id == need_id)
    if offer_id is not None:
        conditions.append(_MATCH.offer_id == offer_id)
    statement = _visible(actor).where(*conditions)
    page = keyset(session, statement, Sort((_MATCH.score, _MATCH.id), descending=True, name="score"), cursor, limit)
    total = session.execute(select(func.count()).select_from(statement.subquery())).scalar_one()
    return Ranked([dict(row._mapping) for row in page.rows], page.next, total)


def _visible(actor: Actor) -> Any:
    return (
        select(*_COLUMNS)
        .join(_NEED, _NEED.id == _MATCH.need_id)
        .join(_OFFER, _OFFER.id == _MATCH.offer_id)
        .join(_ORGANISATION, _ORGANISATION.id == _OFFER.organisation_id)
        .where(policy.visible(actor, Need), policy.visible(actor, Offer))
    )
