"""Asking States once a year whether their points of contact are still right: an event, of which alerts make notices.

A year after it was confirmed, then every 90 days until somebody confirms, changes the day or deletes it.
"""

from datetime import datetime

from sqlalchemy import or_, select
from sqlmodel import Session, col

from registry.compliance.contacts import rules
from registry.compliance.contacts.models import Contact
from registry.events.outbox import Change, emit

AT_ONCE = 200


def ask(session: Session, now: datetime, limit: int = AT_ONCE) -> int:
    """Ask about those that are due, at most `limit`; returns how many, 0: nothing is left.

    Who was asked is noted with the row, which is no new version of it.
    """
    today = now.date()
    long_ago = col(Contact.asked_at) <= now - rules.AGAIN
    found = session.scalars(
        select(Contact)
        .where(
            col(Contact.confirmed_on) <= today - rules.YEAR,
            or_(col(Contact.asked_at).is_(None), long_ago),
        )
        .order_by(col(Contact.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for contact in found:
        contact.asked_at = now
        session.add(contact)
        summary = {"state": contact.state, "role": contact.role, "instruments": contact.instruments.split()}
        emit(
            session,
            Change("contact.asked", "contact", contact.id or 0, contact.version, summary, "private", contact.state),
            at=now,
        )
    return len(found)
