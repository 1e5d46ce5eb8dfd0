"""Lists of programmes: filters, orders, totals and facet counts, as plain rows for pages, API and exports.

Within one facet several values mean any of them; different facets and the search words must all hold. The counts of a
facet leave its own filter out, so that they say what else could be chosen. Records that are the same programme count
once: the leading one stands for all (same_as/clusters.py), found by their words and sources too.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, func, or_, select, union_all
from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue import search
from registry.catalogue.cluster_counting import leading, organisations_once, same_organisations, sources_behind
from registry.catalogue.counting import counted
from registry.catalogue.left_out import JOINED, LEFT_OUT
from registry.catalogue.models import Organisation, Programme
from registry.catalogue.money_rows import MEASURES
from registry.catalogue.paging import Page, Sort, keyset, sort_of
from registry.catalogue.party_names import written_names
from registry.catalogue.reference import areas, codelist, country_of_iati, region_and_below, regions, themes
from registry.catalogue.writing import FACET, PROGRAMME
from registry.errors import N_, InvalidInput

FACETS = ("theme", "country", "region", "organisation", "status", "year", "source", "marker", "sector")
BROAD = 2_000
"""Filters that leave more programmes than this are asked row by row along the order, not by collecting all that fit."""
MOST_VALUES = 25
"""Of one facet that counts are given for: the most frequent, and those chosen."""

P = PROGRAMME.c
COLUMNS = (
    P.id, P.iati_identifier, P.derived_identifier, P.title, P.title_language, P.status, P.start_date, P.end_date,
    P.reporting_organisation_id, P.reporting_name, P.countries, P.themes, P.default_currency, P.budget_usd,
    P.commitment_usd, P.disbursement_usd, P.relevance, P.visibility, P.source, P.version, P.updated_at, P.sources,
    P.lead_id,
)  # fmt: skip
_LIST = select(*COLUMNS, P.sort_title)
SORTS = {
    "updated": Sort((P.updated_at, P.id), descending=True),
    "title": Sort((P.sort_title, P.id)),
    "start": Sort((P.start_date, P.id), nullable=True),
    "budget": Sort((P.budget_usd, P.id), nullable=True),
}
"""Orders by name, `-name` the other way; without any, the most recently changed come first. Unknown is last."""


@dataclass(frozen=True)
class Filters:
    """What a list is to hold. `values`: facet → values, any of which will do."""

    q: str = ""
    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    duplicates: bool = False
    """Records behind a leading one too, each by itself"""
    left_out: str = ""
    """Only what sums leave out: of an amount (budget, commitment, disbursement), or the records that are `joined`"""

    def without(self, facet: str) -> "Filters":
        """The same without one facet's filter."""
        return replace(self, values={name: values for name, values in self.values.items() if name != facet})

    def key(self) -> tuple[Any, ...]:
        """Equal for filters that ask for the same."""
        values = tuple(sorted((name, tuple(sorted(values))) for name, values in self.values.items() if values))
        return self.q, values, self.duplicates, self.left_out


@dataclass(frozen=True, slots=True)
class FacetCount:
    """How many programmes carry one value of a facet. `share`-weighted sums are not counts and not given here."""

    value: str
    label: str
    count: int


def conditions(actor: Actor, filters: Filters, broad: bool = False) -> list[ColumnElement[bool]]:
    """Where-clauses for what is in force, visible to the actor and asked for. Raises InvalidInput: no such facet.

    `broad`: many rows fit, so that each row of an order is looked at in turn; otherwise those that fit are looked up.
    """
    found: list[ColumnElement[bool]] = [P.archived_at.is_(None), policy.visible(actor, Programme)]
    if filters.left_out == JOINED:
        found.append(P.lead_id.is_not(None))
    elif not filters.duplicates:
        found.append(P.lead_id.is_(None))
    if filters.left_out in MEASURES:
        found.append(P.id.in_(select(LEFT_OUT.c.programme_id).where(LEFT_OUT.c.measure == filters.left_out)))
    elif filters.left_out and filters.left_out != JOINED:
        raise InvalidInput({"left_out": [N_("This must be one of: budget, commitment, disbursement, joined.")]})
    if filters.q.strip():
        matching = search.matching_ids("programme", filters.q)
        found.append(P.id.in_(matching if filters.duplicates else union_all(matching, leading(actor, matching))))
    for facet, values in filters.values.items():
        if facet not in FACETS:
            raise InvalidInput({facet: [N_("There is no such filter.")]})
        if values:
            wanted = list(_wanted(facet, values))
            holds: ColumnElement[bool] = FACET.c.value.in_(wanted)
            if facet == "organisation":
                holds = or_(holds, FACET.c.value.in_(same_organisations(wanted)))
            holders = select(FACET.c.programme_id).where(FACET.c.facet == facet, holds)
            if facet == "source" and not filters.duplicates:
                found.append(P.id.in_(union_all(holders, leading(actor, holders))))
            else:
                found.append(holders.where(FACET.c.programme_id == P.id).exists() if broad else P.id.in_(holders))
    return found


NOTHING_ASKED = Filters().key()


@lru_cache(maxsize=256)
def _unfiltered(actor: Actor) -> Select[Any]:
    """The list that most people see first: its statement is made once per kind of reader, not per request."""
    return _LIST.where(*conditions(actor, Filters()))


def _wanted(facet: str, values: Iterable[str]) -> Iterator[str]:
    for value in values:
        if facet == "country":
            yield country_of_iati(value) or value
        elif facet == "region":
            yield from region_and_below(value)
        else:
            yield value


def list_programmes(
    session: Session,
    actor: Actor,
    filters: Filters,
    *,
    sort: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page:
    """One page of rows with COLUMNS. `sort`: a name of SORTS, or `relevance`, the rule where words are searched.

    By relevance, programmes whose title alone holds the words come first, the most recently changed before others.
    Raises InvalidInput for an unknown sort, facet or cursor.
    """
    if filters.key() == NOTHING_ASKED:
        return keyset(session, _unfiltered(actor), sort_of(None if sort == "relevance" else sort, SORTS), cursor, limit)
    broad = bool(filters.key()[1]) and count_programmes(session, actor, filters) > BROAD
    statement = _LIST.where(*conditions(actor, filters, broad))
    if not filters.q.strip():
        return keyset(session, statement, sort_of(None if sort == "relevance" else sort, SORTS), cursor, limit)
    if sort and sort != "relevance":
        return keyset(session, statement, sort_of(sort, SORTS), cursor, limit)
    rank = search.relevance("programme", filters.q, P.id).label("rank")
    order = Sort((rank, P.updated_at, P.id), descending=True, name="relevance")
    return keyset(session, statement.add_columns(rank), order, cursor, limit)


def count_programmes(session: Session, actor: Actor, filters: Filters) -> int:
    """How many programmes the filters leave."""

    def count() -> int:
        statement = select(func.count()).select_from(PROGRAMME).where(*conditions(actor, filters))
        return session.execute(statement).scalar_one()

    return counted(session, actor, ("programmes", filters.key()), count)


def iterate_programmes(session: Session, actor: Actor, filters: Filters) -> Iterator[Row[Any]]:
    """All rows the filters leave, by id, read in pieces: for exports."""
    statement: Select[Any] = select(*COLUMNS).where(*conditions(actor, filters)).order_by(P.id).limit(500)
    last = 0
    while rows := session.execute(statement.where(P.id > last)).all():
        yield from rows
        last = rows[-1].id


def facet_counts(session: Session, actor: Actor, filters: Filters, language: str = "en") -> dict[str, list[FacetCount]]:
    """Facet → its values with how many programmes each would leave, the most frequent first."""

    def count() -> dict[str, list[tuple[str, int]]]:
        chosen = [facet for facet in FACETS if filters.values.get(facet)]
        found = _count_values(session, actor, filters, [facet for facet in FACETS if facet not in chosen])
        for facet in chosen:
            found |= _count_values(session, actor, filters.without(facet), [facet], filters.values[facet])
        return found

    counts = counted(session, actor, ("facets", filters.key()), count)
    shown: dict[str, list[tuple[str, int]]] = {}
    for facet in FACETS:
        values = counts.get(facet, [])
        wanted = set(filters.values.get(facet, ()))
        shown[facet] = values[:MOST_VALUES] + [item for item in values[MOST_VALUES:] if item[0] in wanted]
    values_of = {facet: [value for value, _ in values] for facet, values in shown.items()}
    labels = facet_labels(session, actor, values_of, language)
    return {
        facet: [FacetCount(value, labels[facet, value], number) for value, number in values]
        for facet, values in shown.items()
    }


def facet_totals(session: Session, actor: Actor, filters: Filters, facet: str) -> dict[str, int]:
    """Value → number of programmes, for all values of one facet but organisations: for maps and tables."""

    def count() -> dict[str, int]:
        return dict(_count_values(session, actor, filters, [facet]).get(facet, []))

    return counted(session, actor, ("facet", facet, filters.key()), count)


def _count_values(
    session: Session, actor: Actor, filters: Filters, facets: Sequence[str], chosen: Sequence[str] = ()
) -> dict[str, list[tuple[str, int]]]:
    """Facet → (value, programmes), the most frequent first; of organisations MOST_VALUES and those chosen."""
    everything = filters.key() == NOTHING_ASKED
    asked = select(P.id).where(*conditions(actor, filters))
    if everything:
        # Facets exist for programmes in force only: leaving out the few hidden ones and those that stand behind another
        # beats looking up every one that counts.
        visible = case((policy.visible(actor, Programme), 1), else_=0)
        hidden = select(P.id).where(P.archived_at.is_(None), P.visibility != "public", visible == 0)
        behind = select(P.id).where(P.lead_id.is_not(None))
        counted_ones = FACET.c.programme_id.not_in(union_all(hidden, behind))
    else:
        counted_ones = FACET.c.programme_id.in_(asked)
    in_whole = [facet for facet in facets if facet != "organisation"]
    statement = select(FACET.c.facet, FACET.c.value, func.count()).where(FACET.c.facet.in_(in_whole), counted_ones)
    found: dict[str, dict[str, int]] = {}
    if in_whole:
        for facet, value, number in session.execute(statement.group_by(FACET.c.facet, FACET.c.value)):
            found.setdefault(facet, {})[value] = number
    if "organisation" in facets:
        found["organisation"] = organisations_once(session, counted_ones, MOST_VALUES, chosen)
    if "source" in facets and not filters.duplicates:
        sources = found.setdefault("source", {})
        for value, number in sources_behind(session, actor, None if everything else asked).items():
            sources[value] = sources.get(value, 0) + number
    return {facet: sorted(counts.items(), key=lambda item: (-item[1], item[0])) for facet, counts in found.items()}


def facet_labels(
    session: Session, actor: Actor, values: Mapping[str, Sequence[str]], language: str = "en"
) -> dict[tuple[str, str], str]:
    """(facet, value) → words for a person; the value itself where there are none."""
    ids = [int(value) for value in values.get("organisation", ()) if value.isdecimal()]
    names = written_names(session, actor, values.get("organisation", ()))
    if ids:
        organisation: Any = Organisation
        rows = session.execute(
            select(organisation.id, organisation.name, organisation.names).where(organisation.id.in_(ids))
        )
        names |= {str(id_): translations.get(language) or name for id_, name, translations in rows}
    return {
        (facet, value): _label(facet, value, language, names) for facet, listed in values.items() for value in listed
    }


def _label(facet: str, value: str, language: str, organisations: Mapping[str, str]) -> str:
    tables: dict[str, Callable[[], Mapping[str, Any]]] = {"country": areas, "region": regions, "theme": themes}
    if facet in tables and value in tables[facet]():
        return str(tables[facet]()[value].name(language))
    if facet == "organisation":
        return organisations.get(value) or value.removeprefix("name:")
    if facet == "marker" and value == "gender":
        return N_("Gender equality")
    lists = {"status": "ActivityStatus", "sector": "Sector"}
    return codelist(lists[facet], language).get(value, value) if facet in lists else value
