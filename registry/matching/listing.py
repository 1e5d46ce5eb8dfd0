"""Lists of needs and offers: filtered, searched, sorted, paged; only what the actor may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue import search
from registry.catalogue.models import Organisation
from registry.catalogue.paging import Sort, keyset, sort_of
from registry.catalogue.reference import places as known_places
from registry.catalogue.reference import resolve_place, resolve_state
from registry.errors import InvalidInput
from registry.matching.fields import regions_of
from registry.matching.forms import LINE, NEED_THEME, OFFER_PLACE, OFFER_THEME, OFFER_TYPE
from registry.matching.models import Need, Offer
from registry.matching.views import need_views, offer_views

_NEED: Any = Need
_OFFER: Any = Offer

NEED_SORTS = {
    "updated": Sort((_NEED.updated_at, _NEED.id), descending=True),
    "title": Sort((_NEED.title, _NEED.id)),
    "state": Sort((_NEED.state, _NEED.id)),
    "opened": Sort((_NEED.opened_at, _NEED.id), descending=True, nullable=True),
    "start": Sort((_NEED.window_start, _NEED.id), nullable=True),
}
OFFER_SORTS = {
    "updated": Sort((_OFFER.updated_at, _OFFER.id), descending=True),
    "title": Sort((_OFFER.title, _OFFER.id)),
    "opened": Sort((_OFFER.opened_at, _OFFER.id), descending=True, nullable=True),
    "expires": Sort((_OFFER.expires_at, _OFFER.id), nullable=True),
}


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed by; several values of one filter mean any of them. `states`: alpha-3."""

    q: str = ""
    states: Sequence[str] = ()
    themes: Sequence[str] = ()
    types: Sequence[str] = ()
    statuses: Sequence[str] = ()
    regions: Sequence[str] = ()
    priorities: Sequence[str] = ()
    organisations: Sequence[int] = ()
    """Of offers."""

    @classmethod
    def of(cls, q: str, values: Mapping[str, Sequence[str]]) -> "Filters":
        """From texts by their names in addresses; States by any code or name. What names nothing is left out."""
        states = [state.alpha3 for text in values.get("state", ()) if (state := resolve_state(text))]
        organisations = [int(text) for text in values.get("organisation", ()) if _is_number(text)]
        plain = {field: values.get(name, ()) for name, field in _PLAIN.items()}
        return cls(q=q.strip(), states=states, organisations=organisations, **plain)


_PLAIN = {"theme": "themes", "type": "types", "status": "statuses", "region": "regions", "priority": "priorities"}


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 16


@dataclass(frozen=True)
class Listed:
    """One page of views, the cursor of the next, and how many there are in all."""

    items: list[dict[str, Any]]
    next: str | None
    total: int


def list_needs(
    session: Session,
    actor: Actor,
    filters: Filters,
    sort: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Listed:
    """Needs that the actor may see. Raises InvalidInput for an unknown sort, region or a foreign cursor."""
    conditions = need_conditions(actor, filters)
    page = keyset(session, select(Need).where(*conditions), sort_of(sort, NEED_SORTS), cursor, limit)
    ids = [row[0].id for row in page.rows]
    views = need_views(session, actor, ids)
    total = session.execute(select(func.count()).select_from(Need).where(*conditions)).scalar_one()
    return Listed([views[record_id] for record_id in ids], page.next, total)


def list_offers(
    session: Session,
    actor: Actor,
    filters: Filters,
    sort: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Listed:
    """Offers that the actor may see; state, region and theme find what an offer reaches, worldwide ones too."""
    conditions = offer_conditions(actor, filters)
    page = keyset(session, select(Offer).where(*conditions), sort_of(sort, OFFER_SORTS), cursor, limit)
    ids = [row[0].id for row in page.rows]
    views = offer_views(session, actor, ids)
    total = session.execute(select(func.count()).select_from(Offer).where(*conditions)).scalar_one()
    return Listed([views[record_id] for record_id in ids], page.next, total)


def open_needs(session: Session, actor: Actor, most: int) -> list[tuple[int, str, str]]:
    """(id, State, title) of open needs that the actor may see, to choose from, by State."""
    statement = select(_NEED.id, _NEED.state, _NEED.title).where(*need_conditions(actor, Filters(statuses=("open",))))
    return [tuple(row) for row in session.execute(statement.order_by(_NEED.state, _NEED.title).limit(most))]


def open_offers(session: Session, actor: Actor, most: int) -> list[tuple[int, str, str]]:
    """(id, title, organisation) of open offers that the actor may see, to choose from, by title."""
    organisation: Any = Organisation
    statement = (
        select(_OFFER.id, _OFFER.title, organisation.name)
        .join(Organisation, organisation.id == _OFFER.organisation_id)
        .where(*offer_conditions(actor, Filters(statuses=("open",))))
    )
    return [tuple(row) for row in session.execute(statement.order_by(_OFFER.title, _OFFER.id).limit(most))]


def need_conditions(actor: Actor, filters: Filters) -> list[ColumnElement[bool]]:
    """Where-clauses on the table of needs: visible to the actor and asked for. Raises InvalidInput: no such region."""
    conditions = [policy.visible(actor, Need), *_common("need", _NEED, filters)]
    if filters.states:
        conditions.append(_NEED.state.in_(filters.states))
    if filters.regions:
        conditions.append(_NEED.state.in_(_members(filters.regions)))
    if filters.priorities:
        conditions.append(_NEED.priority.in_(filters.priorities))
    if filters.themes:
        conditions.append(_any_code(NEED_THEME, "need_id", _NEED.id, "theme", filters.themes))
    if filters.types:
        conditions.append(_any_code(LINE, "need_id", _NEED.id, "type", filters.types))
    return conditions


def offer_conditions(actor: Actor, filters: Filters) -> list[ColumnElement[bool]]:
    """As need_conditions, on the table of offers."""
    conditions = [policy.visible(actor, Offer), *_common("offer", _OFFER, filters)]
    if filters.organisations:
        conditions.append(_OFFER.organisation_id.in_(filters.organisations))
    places = {place for state in filters.states for place in (state, *regions_of(state))}
    if filters.states:
        conditions.append(_reaches(OFFER_PLACE, "place", places))
    if filters.regions:
        wanted = set(_members(filters.regions))
        inside = {code for code, region in known_places().items() if wanted & set(region.members)}
        conditions.append(_reaches(OFFER_PLACE, "place", wanted | inside))
    if filters.themes:
        conditions.append(_reaches(OFFER_THEME, "theme", set(filters.themes)))
    if filters.types:
        conditions.append(_any_code(OFFER_TYPE, "offer_id", _OFFER.id, "type", filters.types))
    return conditions


def _common(kind: str, model: Any, filters: Filters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.statuses:
        conditions.append(model.status.in_(filters.statuses))
    if filters.q.strip():
        conditions.append(model.id.in_(search.matching_ids(kind, filters.q)))
    return conditions


def _any_code(table: Any, parent: str, record_id: Any, column: str, codes: Sequence[str]) -> ColumnElement[bool]:
    return exists().where(table.c[parent] == record_id, table.c[column].in_(codes))


def _reaches(table: Any, column: str, codes: set[str]) -> ColumnElement[bool]:
    """The offer names one of these codes, or none at all: then it is for all."""
    any_at_all = exists().where(table.c.offer_id == _OFFER.id)
    return or_(~any_at_all, exists().where(table.c.offer_id == _OFFER.id, table.c[column].in_(codes)))


def _members(codes: Sequence[str]) -> list[str]:
    found = {text: resolve_place(text) for text in codes}
    unknown = [text for text, code in found.items() if code is None]
    if unknown:
        raise InvalidInput({"region": [f"“{unknown[0]}” is not an M49 region or grouping."]})
    return sorted({member for code in found.values() if code for member in known_places()[code].members})
