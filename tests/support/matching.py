"""A small world for the tests of matching: who acts, and needs and offers that fit one another."""

from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.catalogue.models import Organisation
from registry.catalogue.reference import themes
from registry.matching import needs, offers
from registry.matching.models import Need, Offer
from registry.matching.refresh import run_pending

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KENYA = Actor("state", state="KEN", label="user:1")
FRANCE = Actor("state", state="FRA", label="user:2")
COORDINATOR = Actor("coordinator", label="user:3")
THEMES = list(themes())


def donor(organisation_id: int) -> Actor:
    """Somebody of an organisation that gives."""
    return Actor("donor", organisation_id=organisation_id, label="user:4")


def organisation(session: Session, name: str = "Giving Agency") -> int:
    """A stored organisation's id."""
    record = Organisation(name=name, created_at=NOW, updated_at=NOW)
    session.add(record)
    session.flush()
    return record.id or 0


def need_form(**changed: Any) -> dict[str, Any]:
    """A need of Kenya that can be opened."""
    return {
        "state": "KEN",
        "title": "Marking machines for the police",
        "themes": THEMES[:2],
        "lines": [
            {"type": "equipment", "money": {"amount": 100_000_00, "currency": "USD", "value_date": "2026-11-01"}},
            {"type": "training", "quantity": 40, "unit": "officers"},
        ],
        "window_start": "2027-01-01",
        "window_end": "2028-01-01",
        **changed,
    }


def offer_form(organisation_id: int, **changed: Any) -> dict[str, Any]:
    """An offer that fits `need_form`."""
    return {
        "organisation_id": organisation_id,
        "title": "Support to marking in Eastern Africa",
        "types": ["equipment", "funding"],
        "themes": THEMES[:1],
        "places": ["014"],
        "budget": 500_000_00,
        "min_grant": 10_000_00,
        "max_grant": 80_000_00,
        "currency": "USD",
        "value_date": "2026-11-01",
        "window_start": "2026-01-01",
        "window_end": "2029-01-01",
        **changed,
    }


def open_need(session: Session, actor: Actor = KENYA, **changed: Any) -> Need:
    """An open need, matched."""
    need = needs.create_need(session, actor, need_form(**changed))
    need = needs.open_need(session, actor, need.id or 0, None)
    run_pending(session)
    return need


def open_offer(session: Session, organisation_id: int, **changed: Any) -> Offer:
    """An open offer, matched."""
    actor = donor(organisation_id)
    offer = offers.create_offer(session, actor, offer_form(organisation_id, **changed))
    offer = offers.open_offer(session, actor, offer.id or 0, None)
    run_pending(session)
    return offer
