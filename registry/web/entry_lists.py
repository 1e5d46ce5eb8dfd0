"""Filters that lists of needs and offers share, read from the address."""

from collections.abc import Mapping

from flask import request
from flask_babel import gettext
from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.errors import N_
from registry.matching import listing
from registry.web import choices, lists
from registry.web.presentation import state_name

FILTERS = {
    "status": N_("Status"),
    "theme": N_("Theme"),
    "type": N_("Type of assistance"),
    "priority": N_("Priority"),
    "region": N_("Region"),
}
OFFER_FILTERS = {name: words for name, words in FILTERS.items() if name != "priority"}
MOST_CHOICES = 200

Words = dict[str, list[tuple[str, str, None]]]


def asked(filters: Mapping[str, str]) -> tuple[listing.Filters, dict[str, str], Words]:
    """(what the address asks for, filter → its title, filter → its options)."""
    values = lists.chosen((*filters, "state", "organisation"))
    options = {
        "status": choices.of("status"),
        "theme": choices.themes(),
        "type": choices.of("assistance"),
        "priority": choices.of("priority"),
        "region": choices.regions(),
    }
    words: Words = {name: [(code, label, None) for code, label in options[name]] for name in filters}
    wanted = listing.Filters.of(request.args.get("q", ""), values)
    return wanted, {name: gettext(title) for name, title in filters.items()}, words


def choose_offer(session: Session, actor: Actor) -> list[tuple[str, str]]:
    """Open offers that the actor sees, to be compared with a need."""
    found = listing.open_offers(session, actor, MOST_CHOICES)
    return [(str(id_), f"{title} ({organisation})") for id_, title, organisation in found]


def choose_need(session: Session, actor: Actor) -> list[tuple[str, str]]:
    """Open needs that the actor sees, to be compared with an offer."""
    found = listing.open_needs(session, actor, MOST_CHOICES)
    return [(str(id_), f"{state_name(state)}: {title}") for id_, state, title in found]
