"""Reads the table of pairs: best offers for a need, best needs for an offer; only where the actor sees both.

The table goes by what is agreed and posted. For who counts more of it (policy.counted), the rows of those needs and
offers are worked out anew as they are read: their score is another one, or the pair is none any more.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue.models import Organisation
from registry.catalogue.paging import Sort, decode_cursor, encode_cursor, keyset
from registry.db import utcnow
from registry.matching import refresh
from registry.matching.ledger import capacity
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
_BY_SCORE = Sort((_MATCH.score, _MATCH.id), descending=True, name="score")
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
    return _best(session, actor, _MATCH.need_id == need_id, "offer_id", top)


def matches_of_offer(session: Session, actor: Actor, offer_id: int, top: int = TOP) -> list[dict[str, Any]]:
    """The best open needs for an offer, best first. Raises NotFound where the actor may not see the offer."""
    get_offer(session, actor, offer_id)
    return _best(session, actor, _MATCH.offer_id == offer_id, "need_id", top)


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
    differing = _differing(session, actor)
    if differing is None:
        page = keyset(session, statement, _BY_SCORE, cursor, limit)
        total = session.execute(select(func.count()).select_from(statement.subquery())).scalar_one()
        return Ranked([dict(row._mapping) for row in page.rows], page.next, total)
    same, own = statement.where(~differing), _corrected(session, actor, statement.where(differing))
    total = session.execute(select(func.count()).select_from(same.subquery())).scalar_one() + len(own)
    after = tuple(decode_cursor(cursor, _BY_SCORE)) if cursor else None
    page = keyset(session, same, _BY_SCORE, cursor, limit)
    rest = [pair for pair in own if after is None or (pair["score"], pair["id"]) < after]
    found = sorted([*(dict(row._mapping) for row in page.rows), *rest], key=_score_and_id, reverse=True)
    more = page.next is not None or len(found) > limit
    found = found[:limit]
    return Ranked(found, encode_cursor(_score_and_id(found[-1]), _BY_SCORE) if more else None, total)


def matched(session: Session, actor: Actor, now: datetime) -> tuple[set[int], set[int]]:
    """(needs, offers) that have a match, of whomever, by what counts for the actor."""
    statement = select(_MATCH.need_id, _MATCH.offer_id)
    differing = _differing(session, actor)
    rows: list[Any] = list(session.execute(statement if differing is None else statement.where(~differing)))
    keys = [(row.need_id, row.offer_id) for row in rows]
    if differing is not None:
        pairs = [(row.need_id, row.offer_id) for row in session.execute(statement.where(differing))]
        keys += refresh.pairs_for(session, actor, pairs, now)
    return {need for need, _ in keys}, {offer for _, offer in keys}


def _best(session: Session, actor: Actor, of: Any, other: str, top: int) -> list[dict[str, Any]]:
    statement = _visible(actor).where(of)
    differing = _differing(session, actor)
    same = statement if differing is None else statement.where(~differing)
    rows = session.execute(same.order_by(_RANK, getattr(_MATCH, other)).limit(top)).mappings()
    found = [dict(row) for row in rows]
    if differing is None:
        return found
    found += _corrected(session, actor, statement.where(differing))
    return sorted(found, key=lambda pair: (-pair["score"], pair[other]))[:top]


def _differing(session: Session, actor: Actor) -> Any:
    """A condition on the table: rows that are others for this actor; None: the table holds for them as it is."""
    needs, offers = capacity.counted_before_others(session, actor)
    return or_(_MATCH.need_id.in_(needs), _MATCH.offer_id.in_(offers)) if needs or offers else None


def _corrected(session: Session, actor: Actor, statement: Any) -> list[dict[str, Any]]:
    rows = [dict(row) for row in session.execute(statement).mappings()]
    pairs = refresh.pairs_for(session, actor, [(row["need_id"], row["offer_id"]) for row in rows], utcnow())
    return [
        {**row, "score": pair.score, "parts": pair.parts}
        for row in rows
        if (pair := pairs.get((row["need_id"], row["offer_id"]))) is not None
    ]


def _score_and_id(pair: dict[str, Any]) -> tuple[float, int]:
    return pair["score"], pair["id"]


def _visible(actor: Actor) -> Any:
    return (
        select(*_COLUMNS)
        .join(_NEED, _NEED.id == _MATCH.need_id)
        .join(_OFFER, _OFFER.id == _MATCH.offer_id)
        .join(_ORGANISATION, _ORGANISATION.id == _OFFER.organisation_id)
        .where(policy.visible(actor, Need), policy.visible(actor, Offer))
    )
