"""Exports of needs and offers: rows that can be imported again, with the names of what is coded beside them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.catalogue.exporting import Exporter, Values
from registry.catalogue.reference import resolve_state, states, themes
from registry.catalogue.tables import Cell
from registry.errors import N_, InvalidInput
from registry.matching import listing
from registry.matching.columns import NEED_COLUMNS, OFFER_COLUMNS, row_of_need, row_of_offer
from registry.matching.listing import Filters

Item = dict[str, Any]
_FILTERS = {
    "theme": "themes", "type": "types", "status": "statuses", "region": "regions", "priority": "priorities",
}  # fmt: skip
"""Name in addresses and commands → field of Filters; `state` is read as any code or name."""
_NEED_NAMES = ("id", "state_name", "theme_names")
_OFFER_NAMES = ("id", "organisation_name", "theme_names")


def _filters(values: Values) -> Filters:
    found = {field: tuple(values[name]) for name, field in _FILTERS.items() if values.get(name)}
    wanted = [resolve_state(text) for text in values.get("state") or ()]
    if None in wanted:
        raise InvalidInput({"state": [N_("There is no such State.")]})
    return Filters(q=values.get("q") or "", states=tuple(state.alpha3 for state in wanted if state), **found)


def _items(list_page: Callable[..., listing.Listed]) -> Callable[[Session, Actor, Values], Iterator[Item]]:
    def items(session: Session, actor: Actor, values: Values) -> Iterator[Item]:
        cursor = None
        while True:
            page = list_page(session, actor, _filters(values), None, cursor, 500)
            yield from page.items
            if page.next is None:
                return
            cursor = page.next

    return items


need_items = _items(listing.list_needs)
offer_items = _items(listing.list_offers)


def need_rows(session: Session, actor: Actor, values: Values, language: str) -> Iterator[Sequence[Cell]]:
    """Needs as rows of NEED_COLUMNS, then names in a language."""
    for item in need_items(session, actor, values):
        state = states().get(item["state"])
        names = (item["id"], state.name(language) if state else item["state"], _theme_names(item, language))
        yield (*_cells(row_of_need(item), NEED_COLUMNS), *names)


def offer_rows(session: Session, actor: Actor, values: Values, language: str) -> Iterator[Sequence[Cell]]:
    """Offers as rows of OFFER_COLUMNS, then names in a language."""
    for item in offer_items(session, actor, values):
        names = (item["id"], item["organisation_name"], _theme_names(item, language))
        yield (*_cells(row_of_offer(item), OFFER_COLUMNS), *names)


def _cells(row: Mapping[str, str], columns: Sequence[str]) -> list[str]:
    return [row.get(name, "") for name in columns]


def _theme_names(item: Item, language: str) -> str:
    return ";".join(themes()[id_].name(language) if id_ in themes() else id_ for id_ in item["themes"])


EXPORTERS: dict[str, Exporter] = {
    "needs": Exporter(("state", *_FILTERS), (*NEED_COLUMNS, *_NEED_NAMES), need_rows, need_items),
    "offers": Exporter(
        ("state", "theme", "type", "status", "region"), (*OFFER_COLUMNS, *_OFFER_NAMES), offer_rows, offer_items
    ),
}
"""Kinds of this slice."""
