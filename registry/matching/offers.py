"""Offers: what donors and agencies can give. Thin names over entries.py, with what is particular to offers."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.catalogue.history import Version
from registry.catalogue.models import Organisation
from registry.catalogue.organisations import find_named
from registry.catalogue.reference import places, states, themes
from registry.errors import N_, InvalidInput
from registry.matching import entries
from registry.matching.entries import Kind
from registry.matching.forms import OFFER_PLACE, OFFER_THEME, OFFER_TYPE, Form, dump_offer, offer_forms
from registry.matching.ledger.covering import require_offer_covers
from registry.matching.lifecycle import a_year_later, missing_to_open_offer
from registry.matching.models import Offer
from registry.matching.schemas import OfferForm, OfferRenewalForm

_PLAIN = (
    "reference", "title", "description", "language", "budget", "min_grant", "max_grant", "currency", "value_date",
    "window_start", "window_end", "conditions", "visibility", "expires_at",
)  # fmt: skip
_AMOUNTS = ("budget", "min_grant", "max_grant", "currency")


def _complete(loaded: dict[str, Any], before: Form | None, status: str, now: datetime) -> None:
    """Money without a date takes the date it had, or today's; an open offer expires after twelve months by default."""
    if loaded["value_date"] is None and any(loaded[name] for name in _AMOUNTS[:3]):
        same = before and before["value_date"] and all(before[name] == loaded[name] for name in _AMOUNTS)
        loaded["value_date"] = date.fromisoformat(before["value_date"]) if before and same else now.date()
    if status == "open" and loaded["expires_at"] is None:
        loaded["expires_at"] = a_year_later(now.replace(microsecond=0))


def _write(session: Session, offer: Offer, loaded: dict[str, Any]) -> None:
    for name in _PLAIN:
        setattr(offer, name, loaded[name])
    session.add(offer)
    session.flush()
    for table, name in ((OFFER_THEME, "theme"), (OFFER_TYPE, "type"), (OFFER_PLACE, "place")):
        session.execute(delete(table).where(table.c.offer_id == offer.id))
        if codes := loaded[f"{name}s"]:
            session.execute(insert(table), [{"offer_id": offer.id, name: code} for code in codes])


def _searched(form: Form) -> tuple[str, str]:
    named: list[str] = []
    for place in form["places"]:
        area = states().get(place) or places().get(place)
        named += [place, *(area.names.values() if area else ())]
    for theme in form["themes"]:
        named += themes()[theme].names.values() if theme in themes() else ()
    return form["title"], "\n".join(text for text in (form["reference"], form["description"], *named) if text)


OFFERS = Kind(
    name="offer",
    model=Offer,
    schema=OfferForm,
    renewal=OfferRenewalForm,
    owner_field="organisation_id",
    forms=offer_forms,
    dump=dump_offer,
    complete=_complete,
    write=_write,
    missing=missing_to_open_offer,
    still_covers=require_offer_covers,
    searched=_searched,
)


def with_organisation(session: Session, actor: Actor, data: dict[str, Any]) -> dict[str, Any]:
    """The data with `organisation_id`: as given, of the identifier or name in `organisation`, or the actor's own.

    Raises InvalidInput where there is no such organisation, or several of that name.
    """
    given, named = data.get("organisation_id"), data.get("organisation")
    if given in (None, "") and named in (None, ""):
        if actor.organisation_id is None:
            raise InvalidInput({"organisation_id": [N_("Name the organisation that offers this.")]})
        return {**data, "organisation_id": actor.organisation_id}
    if given not in (None, ""):
        number = int(given) if str(given).isascii() and str(given).isdecimal() and len(str(given)) < 16 else 0
        model: Any = Organisation
        known = select(model.id).where(model.id == number, model.archived_at.is_(None))
        if session.execute(known).first() is None:
            raise InvalidInput({"organisation_id": [N_("There is no such organisation.")]})
        return data
    found = find_named(session, str(named).strip())
    if len(found) != 1:
        message = (
            N_("Several organisations have this name: write its identifier.")
            if found
            else N_("There is no organisation with this identifier or name.")
        )
        raise InvalidInput({"organisation": [message]})
    return {**{name: value for name, value in data.items() if name != "organisation"}, "organisation_id": found[0]}


def create_offer(session: Session, actor: Actor, data: dict[str, Any], now: datetime | None = None) -> Offer:
    """Enter a draft offer in the form of schemas.OfferForm; a donor's own organisation need not be named."""
    offer: Offer = entries.create(session, actor, OFFERS, with_organisation(session, actor, data), now)
    return offer


def update_offer(
    session: Session, actor: Actor, offer_id: int, data: dict[str, Any], expected_version: int | None
) -> Offer:
    """Change the named fields; an open offer is matched anew. Errors as entries.update."""
    if data.get("organisation"):
        data = with_organisation(session, actor, data)
    offer: Offer = entries.update(session, actor, OFFERS, offer_id, data, expected_version)[0]
    return offer


def open_offer(session: Session, actor: Actor, offer_id: int, expected_version: int | None) -> Offer:
    """Publish a draft: from now on it is matched. InvalidInput names each thing that is missing."""
    offer: Offer = entries.change_status(session, actor, OFFERS, offer_id, "open", None, expected_version)
    return offer


def withdraw_offer(
    session: Session, actor: Actor, offer_id: int, data: dict[str, Any], expected_version: int | None
) -> Offer:
    """Take an open offer out of matching; it can be renewed. `data`: reason, or none."""
    offer: Offer = entries.change_status(session, actor, OFFERS, offer_id, "withdraw", data, expected_version)
    return offer


def close_offer(
    session: Session, actor: Actor, offer_id: int, data: dict[str, Any], expected_version: int | None
) -> Offer:
    """End an open offer for good: spent, or given up. `data`: reason."""
    offer: Offer = entries.change_status(session, actor, OFFERS, offer_id, "close", data, expected_version)
    return offer


def renew_offer(
    session: Session, actor: Actor, offer_id: int, data: dict[str, Any], expected_version: int | None
) -> Offer:
    """Open a withdrawn or expired offer again. `data`: window and expiry; by default it expires in twelve months."""
    offer: Offer = entries.change_status(session, actor, OFFERS, offer_id, "renew", data, expected_version)
    return offer


def get_offer(session: Session, actor: Actor, offer_id: int) -> Offer:
    """The offer. Raises NotFound where there is none that the actor may see."""
    offer: Offer = entries.read(session, actor, OFFERS, offer_id)
    return offer


def offer_history(session: Session, actor: Actor, offer_id: int) -> list[Version]:
    """Its versions, newest first."""
    return entries.history(session, actor, OFFERS, offer_id)
