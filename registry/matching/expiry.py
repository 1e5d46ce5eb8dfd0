"""Ends what has run out: open offers past their expiry, open needs whose window has passed. Run by the scheduler."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.matching import entries, refresh
from registry.matching.models import Need, Offer
from registry.matching.needs import NEEDS
from registry.matching.offers import OFFERS

BATCH = 200
"""Records per call, so that one transaction stays short; the next call goes on."""


def expire_due(session: Session, actor: Actor, now: datetime) -> int:
    """Expire at most BATCH records that are due, each with event, history and audit. Returns how many."""
    need: Any = Need
    offer: Any = Offer
    refresh.hold(session)
    due = [
        (OFFERS, select(offer.id).where(offer.status == "open", offer.expires_at <= now).order_by(offer.id)),
        (NEEDS, select(need.id).where(need.status == "open", need.window_end < now.date()).order_by(need.id)),
    ]
    count = 0
    for kind, statement in due:
        for record_id in session.execute(statement.limit(BATCH - count)).scalars().all():
            entries.change_status(session, actor, kind, record_id, "expire", now=now)
            count += 1
    return count
