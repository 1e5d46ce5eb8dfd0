"""What a snapshot holds of matching: needs and offers, each as its own address shows it."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.events.snapshot import Record
from registry.matching.models import Need, Offer
from registry.matching.views import need_views, offer_views

Views = Callable[[Session, Actor, Collection[int]], dict[int, dict[str, Any]]]


def read_needs(session: Session, actor: Actor, after: int, limit: int) -> Sequence[tuple[int, Record]]:
    """Needs that the actor may see, with ids above `after`."""
    return _read(session, actor, Need, need_views, after, limit)


def read_offers(session: Session, actor: Actor, after: int, limit: int) -> Sequence[tuple[int, Record]]:
    """Offers that the actor may see, with ids above `after`."""
    return _read(session, actor, Offer, offer_views, after, limit)


def _read(
    session: Session, actor: Actor, model: Any, views: Views, after: int, limit: int
) -> Sequence[tuple[int, Record]]:
    found = select(model.id).where(model.id > after, policy.visible(actor, model)).order_by(model.id).limit(limit)
    ids = list(session.execute(found).scalars())
    shown = views(session, actor, ids)
    return [(id_, Record(id_, shown[id_]["version"], shown[id_]["updated_at"], shown[id_])) for id_ in ids]
