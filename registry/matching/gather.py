"""Reads what the rules work on: facts of needs and offers and the context around them, in few queries.

`possible_offers` and `possible_needs` narrow the other side by what the database can decide quickly; they never leave
out a pair that the rules would let through (a test compares).
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, exists, or_, select
from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.catalogue.models import Participation, PublishedAnswers
from registry.catalogue.reference import places
from registry.matching.embargoes import arms_words, reading
from registry.matching.embargoes.released import released
from registry.matching.facts import (
    DAYS_PER_MONTH,
    Act,
    Context,
    Line,
    NeedFacts,
    OfferFacts,
    Screening,
)
from registry.matching.fields import regions_of
from registry.matching.forms import LINE, NEED, NEED_THEME, OFFER, OFFER_PLACE, OFFER_THEME, OFFER_TYPE, children
from registry.matching.ledger import capacity
from registry.matching.ledger.capacity import cents_of
from registry.matching.screening.standing import partners

NAMED = 2_000
"""So many ids are written into a query: sooner than searching by the condition again for each table"""
_PARTICIPATION: Table = Participation.__table__  # type: ignore[attr-defined]
_PUBLISHED: Table = PublishedAnswers.__table__  # type: ignore[attr-defined]
Codes = frozenset[str]
NEED_OPEN: ColumnElement[bool] = NEED.c.status == "open"
OFFER_OPEN: ColumnElement[bool] = OFFER.c.status == "open"


def need_facts(
    session: Session, reader: Actor, condition: ColumnElement[bool], *, left: bool = True
) -> dict[int, NeedFacts]:
    """Facts of the needs that fulfil a condition on the need table, by id.

    Lines ask what is not promised yet, as far as that counts for the reader; all they asked at first with `left` false.
    """
    columns = [NEED.c[n] for n in ("id", "state", "window_start", "window_end", "status", "opened_at")]
    rows = session.execute(select(*columns).where(condition).order_by(NEED.c.id)).all()
    matching = _chosen(NEED, condition, [row.id for row in rows])
    lines = children(session, LINE, "need_id", matching, LINE.c.position, LINE.c.id)
    themes = _codes(session, NEED_THEME, "need_id", "theme", matching)
    agreed = capacity.agreed_of(session, reader, "need_id", matching) if left else {}
    arms = _arms_of_needs(session, [row.id for row in rows if row.state in reading.current().states], lines)
    return {
        row.id: NeedFacts(
            row.id, row.state, regions_of(row.state), themes.get(row.id, frozenset()),
            _lines(lines[row.id], agreed.get(row.id, [])),
            row.window_start, row.window_end, row.status, row.opened_at.date() if row.opened_at else None,
            arms.get(row.id, frozenset()),
        )
        for row in rows
    }  # fmt: skip


def _arms_of_needs(session: Session, ids: list[int], lines: Mapping[int, list[dict[str, Any]]]) -> dict[int, Codes]:
    """Need → words of its text that name arms as something supplied; only of States that an embargo can concern."""
    found = {}
    for start in range(0, len(ids), NAMED):
        texts = select(NEED.c.id, NEED.c.title, NEED.c.description).where(NEED.c.id.in_(ids[start : start + NAMED]))
        for row in session.execute(texts):
            said = [f"{line['description']}, {line['unit'] or ''}" for line in lines[row.id]]
            found[row.id] = arms_words.current().supplied(row.title, row.description, said)
    return found


def _lines(rows: list[dict[str, Any]], agreed: list[Any]) -> tuple[Line, ...]:
    if agreed:
        left = zip(rows, capacity.still_asked(rows, agreed), strict=True)
        return tuple(Line(row["type"], cents) for row, cents in left)
    return tuple(Line(row["type"], cents_of(row["amount"], row["currency"], row["value_date"])) for row in rows)


def offer_facts(
    session: Session, reader: Actor, condition: ColumnElement[bool], *, left: bool = True
) -> dict[int, OfferFacts]:
    """Facts of the offers that fulfil a condition on the offer table, by id.

    The budget is what is not promised yet, as far as that counts for the reader; all of it with `left` false.
    """
    columns = [
        OFFER.c[n]
        for n in ("id", "organisation_id", "window_start", "window_end", "min_grant", "max_grant", "budget", "currency",
                  "value_date", "conditions", "status", "title", "description")
    ]  # fmt: skip
    rows = session.execute(select(*columns).where(condition).order_by(OFFER.c.id)).all()
    matching = _chosen(OFFER, condition, [row.id for row in rows])
    types = _codes(session, OFFER_TYPE, "offer_id", "type", matching)
    themes = _codes(session, OFFER_THEME, "offer_id", "theme", matching)
    places = _codes(session, OFFER_PLACE, "offer_id", "place", matching)
    given = capacity.given_by(session, reader, matching) if left else {}
    nothing: frozenset[str] = frozenset()
    return {
        row.id: OfferFacts(
            row.id, row.organisation_id, types.get(row.id, nothing), themes.get(row.id, nothing),
            places.get(row.id, nothing), row.window_start, row.window_end,
            cents_of(row.min_grant, row.currency, row.value_date),
            cents_of(row.max_grant, row.currency, row.value_date),
            cents_of(_less(row.budget, given.get(row.id, 0)), row.currency, row.value_date),
            tuple(row.conditions or ()), row.status, arms_words.current().supplied(row.title, row.description),
        )
        for row in rows
    }  # fmt: skip


def context(session: Session, now: datetime, offers: Collection[OfferFacts]) -> Context:
    """What States did towards the instruments that these offers' conditions name, and what screening says."""
    instruments = {condition["instrument"] for offer in offers for condition in offer.conditions}
    participation: dict[tuple[str, str], tuple[Act, ...]] = {}
    if instruments:
        table = _PARTICIPATION
        rows = session.execute(
            select(table.c.state, table.c.instrument, table.c.act, table.c.on, table.c.source)
            .where(table.c.instrument.in_(instruments))
            .order_by(table.c.id)
        )
        for row in rows:
            key = (row.state, row.instrument)
            participation[key] = (*participation.get(key, ()), Act(row.act, row.on, row.source))
    return Context(now.date(), participation, screening(session), _answered(session, offers))


def _answered(session: Session, offers: Collection[OfferFacts]) -> dict[tuple[str, str], int]:
    asked = {c["instrument"] for offer in offers for c in offer.conditions if c["kind"] == "answered"}
    if not asked:
        return {}
    table = _PUBLISHED
    rows = session.execute(select(table.c.state, table.c.standard, table.c.answers).where(table.c.standard.in_(asked)))
    return {(row.state, row.standard): row.answers for row in rows}


def screening(session: Session) -> Screening:
    """Embargoes in force, and what was recorded against and for pairs."""
    return Screening(reading.current(), released(session), partners(session))


def possible_offers(need: NeedFacts, min_overlap_months: float) -> ColumnElement[bool]:
    """A condition on the offer table that every open offer eligible for this need fulfils."""
    places = {need.state, *need.regions}
    return and_(
        OFFER_OPEN,
        _has(OFFER_TYPE, "offer_id", OFFER.c.id, "type", need.types),
        or_(
            _has_none(OFFER_THEME, "offer_id", OFFER.c.id),
            _has(OFFER_THEME, "offer_id", OFFER.c.id, "theme", need.themes),
        ),
        or_(
            _has_none(OFFER_PLACE, "offer_id", OFFER.c.id),
            _has(OFFER_PLACE, "offer_id", OFFER.c.id, "place", places),
        ),
        _overlaps(OFFER, need.window_start, need.window_end, min_overlap_months),
    )


def possible_needs(offer: OfferFacts, min_overlap_months: float) -> ColumnElement[bool]:
    """A condition on the need table that every open need eligible for this offer fulfils."""
    conditions = [
        NEED_OPEN,
        _has(LINE, "need_id", NEED.c.id, "type", offer.types),
        _overlaps(NEED, offer.window_start, offer.window_end, min_overlap_months),
    ]
    if offer.themes:
        conditions.append(_has(NEED_THEME, "need_id", NEED.c.id, "theme", offer.themes))
    if offer.places:
        reached = {place for place in offer.places if len(place) == 3 and not place.isdecimal()}
        reached |= {member for place in offer.places if place in places() for member in places()[place].members}
        conditions.append(NEED.c.state.in_(reached))
    return and_(*conditions)


def _has(table: Table, parent: str, record_id: Any, column: str, codes: Collection[str]) -> ColumnElement[bool]:
    return exists().where(table.c[parent] == record_id, table.c[column].in_(codes))


def _has_none(table: Table, parent: str, record_id: Any) -> ColumnElement[bool]:
    return ~exists().where(table.c[parent] == record_id)


def _overlaps(table: Table, start: date | None, end: date | None, months: float) -> ColumnElement[bool]:
    """Necessary for enough common time: each window ends late enough after the other begins. Unknown ends pass."""
    least = timedelta(days=int(months * DAYS_PER_MONTH))
    conditions: list[ColumnElement[bool]] = []
    if start:
        conditions.append(or_(table.c.window_end.is_(None), table.c.window_end >= start + least))
    if end:
        conditions.append(or_(table.c.window_start.is_(None), table.c.window_start <= end - least))
    return and_(True, *conditions)


def _chosen(table: Table, condition: ColumnElement[bool], ids: list[int]) -> Any:
    """The records found, for queries on what belongs to them: by id, or where they are many by the condition."""
    return ids if len(ids) <= NAMED else select(table.c.id).where(condition)


def _codes(session: Session, table: Table, parent: str, column: str, ids: Any) -> dict[int, frozenset[str]]:
    found: dict[int, set[str]] = {}
    for record_id, code in session.execute(select(table.c[parent], table.c[column]).where(table.c[parent].in_(ids))):
        found.setdefault(record_id, set()).add(code)
    return {record_id: frozenset(codes) for record_id, codes in found.items()}


def _less(budget: int | None, given: int) -> int | None:
    return None if budget is None else budget - given
