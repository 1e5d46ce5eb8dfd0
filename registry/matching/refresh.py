"""Keeps the table of pairs true: what a changed need or offer touches is matched anew before its transaction commits.

What the table holds: of all eligible pairs of open needs and offers those among the best TOP of their need or of
their offer, ranked by score, then by the other side's id. So both sides' lists are whole down to TOP, and the table
stays small. Of what is agreed it counts what is posted, as for everybody; matches.py sets rows right for who counts
more. A change can lower or end a pair, which lets the next one of a full list rise: that list is filled again.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, delete, func, insert, or_, select, text, update
from sqlmodel import Session

from registry.accounts.actor import ANONYMOUS, Actor
from registry.db import before_commit, utcnow
from registry.events.outbox import Change, emit_all
from registry.json_text import dumps
from registry.matching import gather, weights
from registry.matching.eligibility import is_eligible
from registry.matching.facts import Context, NeedFacts, OfferFacts
from registry.matching.forms import NEED, OFFER
from registry.matching.models import Match
from registry.matching.score import Weights, score

TOP = 50
MATCH: Table = Match.__table__  # type: ignore[attr-defined]
_LOCK = 0x6D617463
"""Any number of our own: the key of PostgreSQL's advisory lock."""

Key = tuple[int, int]
"""(need id, offer id)"""


@dataclass(frozen=True, slots=True)
class Pair:
    """An eligible pair."""

    score: float
    parts: list[dict[str, Any]]


def hold(session: Session) -> None:
    """Let one transaction at a time change what is matched: two at once would not see each other's side of a pair.

    SQLite has one writer anyway. Called before a record is locked, so that no two can wait for each other; drafts,
    which have no pairs, are changed without it, by transactions that change nothing else.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))


def later(session: Session, kind: str, record_id: int) -> None:
    """Match this need or offer anew as the last thing before the commit, however often it is asked for."""
    session.info.setdefault("rematch", set()).add((kind, record_id))
    before_commit(session, "rematch", run_pending)


def run_pending(session: Session) -> None:
    """Do now what `later` put off."""
    touched = session.info.pop("rematch", set())
    if touched:
        needs, offers = ({i for kind, i in touched if kind == wanted} for wanted in ("need", "offer"))
        refresh(session, needs, offers)


def refresh(session: Session, need_ids: set[int], offer_ids: set[int], now: datetime | None = None) -> None:
    """Match these needs and offers anew, and what hangs on them."""
    now = now or utcnow()
    session.flush()
    # First of all: on PostgreSQL it holds the records in the version that is matched.
    mark(session, NEED, NEED.c.id.in_(need_ids))
    mark(session, OFFER, OFFER.c.id.in_(offer_ids))
    current = weights.current()
    stored = stored_pairs(session, _of(need_ids, offer_ids))
    computed = {
        **_pairs_of_needs(session, need_ids, current, now),
        **_pairs_of_offers(session, offer_ids, current, now),
    }
    full_needs, full_offers = _to_fill(session, stored, computed, need_ids, offer_ids)
    filling = {
        **_pairs_of_needs(session, full_needs, current, now),
        **_pairs_of_offers(session, full_offers, current, now),
    }
    if filling:
        stored |= stored_pairs(session, _of(full_needs, full_offers))
        computed |= filling
    keys = stored.keys() | computed.keys()
    needs, offers = {need for need, _ in keys}, {offer for _, offer in keys}
    differing = differences(stored, computed, current.version)
    write_pairs(session, stored, computed, differing, current.version, now)
    trimmed = _trim(session, needs, offers)
    # A pair that came and was let go again is no change.
    changed = {key for key in differing | trimmed if key in stored or key not in trimmed}
    announce(session, {need for need, _ in changed} & need_ids, {offer for _, offer in changed} & offer_ids, now)


def mark(session: Session, table: Table, chosen: Any) -> None:
    """Note which version the pairs are made for."""
    stale = table.c.matched_version != table.c.version
    session.execute(update(table).where(chosen, stale).values(matched_version=table.c.version))


def pair_of(need: NeedFacts, offer: OfferFacts, context: Context, current: Weights) -> Pair:
    """The score of an eligible pair, with its parts."""
    value, parts = score(need, offer, current, context.today)
    return Pair(value, [part.as_dict() for part in parts])


def _pairs_of_needs(session: Session, ids: set[int], current: Weights, now: datetime) -> dict[Key, Pair]:
    found: dict[Key, Pair] = {}
    for need in gather.need_facts(session, ANONYMOUS, NEED.c.id.in_(ids)).values() if ids else ():
        if need.status == "open":
            possible = gather.possible_offers(need, current.min_overlap_months)
            found |= _eligible(session, [need], gather.offer_facts(session, ANONYMOUS, possible).values(), current, now)
    return found


def _pairs_of_offers(session: Session, ids: set[int], current: Weights, now: datetime) -> dict[Key, Pair]:
    found: dict[Key, Pair] = {}
    for offer in gather.offer_facts(session, ANONYMOUS, OFFER.c.id.in_(ids)).values() if ids else ():
        if offer.status == "open":
            possible = gather.possible_needs(offer, current.min_overlap_months)
            found |= _eligible(session, gather.need_facts(session, ANONYMOUS, possible).values(), [offer], current, now)
    return found


def pairs_for(session: Session, reader: Actor, keys: Collection[Key], now: datetime) -> dict[Key, Pair]:
    """Those of these pairs that are eligible by what counts for the reader, scored by it. Writes nothing."""
    if not keys:
        return {}
    needs = gather.need_facts(session, reader, NEED.c.id.in_({need for need, _ in keys}))
    offers = gather.offer_facts(session, reader, OFFER.c.id.in_({offer for _, offer in keys}))
    context, current = gather.context(session, now, offers.values()), weights.current()
    return {
        (need, offer): pair_of(needs[need], offers[offer], context, current)
        for need, offer in keys
        if is_eligible(needs[need], offers[offer], context, current.min_overlap_months)
    }


def _eligible(
    session: Session, needs: Iterable[NeedFacts], offers: Iterable[OfferFacts], current: Weights, now: datetime
) -> dict[Key, Pair]:
    offers = list(offers)
    context = gather.context(session, now, offers)
    return {
        (need.id, offer.id): pair_of(need, offer, context, current)
        for need in needs
        for offer in offers
        if is_eligible(need, offer, context, current.min_overlap_months)
    }


@dataclass(frozen=True, slots=True)
class Stored:
    """A row of the table, as far as it is compared."""

    id: int
    score: float
    parts: str
    version: str


def stored_pairs(session: Session, condition: Any) -> dict[Key, Stored]:
    """Rows of the table that fulfil a condition."""
    columns = (MATCH.c.id, MATCH.c.need_id, MATCH.c.offer_id, MATCH.c.score, MATCH.c.parts, MATCH.c.weights_version)
    return {
        (row.need_id, row.offer_id): Stored(row.id, row.score, dumps(row.parts), row.weights_version)
        for row in session.execute(select(*columns).where(condition))
    }


def _of(need_ids: set[int], offer_ids: set[int]) -> Any:
    return or_(MATCH.c.need_id.in_(need_ids), MATCH.c.offer_id.in_(offer_ids))


def _to_fill(
    session: Session, stored: dict[Key, Stored], computed: dict[Key, Pair], need_ids: set[int], offer_ids: set[int]
) -> tuple[set[int], set[int]]:
    """Needs and offers on the other side whose full list lost a pair, or had one sink: another may rise into it."""
    sunk = [key for key, row in stored.items() if key not in computed or computed[key].score < row.score]
    needs = {need for need, offer in sunk if offer in offer_ids} - need_ids
    offers = {offer for need, offer in sunk if need in need_ids} - offer_ids
    return _full(session, MATCH.c.need_id, needs, TOP), _full(session, MATCH.c.offer_id, offers, TOP)


def _full(session: Session, side: Any, ids: set[int], least: int) -> set[int]:
    """Those of these needs or offers that have at least so many rows."""
    if not ids:
        return set()
    counted = select(side).where(side.in_(ids)).group_by(side).having(func.count() >= least)
    return set(session.execute(counted).scalars())


def differences(stored: dict[Key, Stored], computed: dict[Key, Pair], version: str) -> set[Key]:
    """Pairs that came, went, or are stored otherwise than they are computed."""
    differing = {
        key
        for key in stored.keys() & computed.keys()
        if (stored[key].version, stored[key].score) != (version, computed[key].score)
        or stored[key].parts != dumps(computed[key].parts)
    }
    return differing | (stored.keys() ^ computed.keys())


def write_pairs(
    session: Session, stored: dict[Key, Stored], computed: dict[Key, Pair], differing: set[Key], version: str,
    now: datetime,
) -> None:  # fmt: skip
    """Make these rows of `stored` what `computed` says."""
    keys = sorted(differing)
    _delete(session, [stored[key].id for key in keys if key not in computed])
    if other := [key for key in keys if key in stored and key in computed]:
        session.execute(_UPDATE, [{"the_id": stored[k].id, **_values(computed[k], version, now)} for k in other])
    if new := [key for key in keys if key not in stored]:
        rows = [{"need_id": n, "offer_id": o, **_values(computed[n, o], version, now)} for n, o in new]
        session.execute(insert(MATCH), rows)


_UPDATE = update(MATCH).where(MATCH.c.id == bindparam("the_id"))


def _values(pair: Pair, version: str, now: datetime) -> dict[str, Any]:
    return {"score": pair.score, "parts": pair.parts, "weights_version": version, "computed_at": now}


def _delete(session: Session, ids: list[int]) -> None:
    for start in range(0, len(ids), 500):
        session.execute(delete(MATCH).where(MATCH.c.id.in_(ids[start : start + 500])))


def _trim(session: Session, need_ids: set[int], offer_ids: set[int]) -> set[Key]:
    """Delete rows that are beyond TOP on both sides, where these needs' and offers' lists grew; tells which."""
    beyond_needs = _beyond(session, MATCH.c.need_id, MATCH.c.offer_id, need_ids)
    beyond_offers = _beyond(session, MATCH.c.offer_id, MATCH.c.need_id, offer_ids)
    candidates = beyond_needs | beyond_offers
    of_needs = _beyond(session, MATCH.c.need_id, MATCH.c.offer_id, {need for need, _ in candidates.values()})
    of_offers = _beyond(session, MATCH.c.offer_id, MATCH.c.need_id, {offer for _, offer in candidates.values()})
    beyond = sorted(of_needs.keys() & of_offers.keys())
    _delete(session, beyond)
    return {of_needs[row] for row in beyond}


def _beyond(session: Session, side: Any, other: Any, ids: set[int]) -> dict[int, Key]:
    """Rows of these needs or offers behind the first TOP of their list."""
    ids = _full(session, side, ids, TOP + 1)
    if not ids:
        return {}
    rank = func.row_number().over(partition_by=side, order_by=(MATCH.c.score.desc(), other)).label("rank")
    ranked = select(MATCH.c.id, MATCH.c.need_id, MATCH.c.offer_id, rank).where(side.in_(ids)).subquery()
    rows = session.execute(select(ranked).where(ranked.c.rank > TOP))
    return {row.id: (row.need_id, row.offer_id) for row in rows}


def announce(session: Session, need_ids: set[int], offer_ids: set[int], now: datetime) -> None:
    """One event for each need and offer whose pairs changed; with whom is for those who may see both sides."""
    changes = []
    for kind, table, ids, owner in (("need", NEED, need_ids, "state"), ("offer", OFFER, offer_ids, "organisation_id")):
        columns = (table.c.id, table.c.version, table.c.visibility, table.c[owner].label("owner"))
        for row in session.execute(select(*columns).where(table.c.id.in_(ids)).order_by(table.c.id)):
            who = {owner: row.owner}
            data = {"computed_at": now.isoformat()}
            changes.append(Change("match.refreshed", kind, row.id, row.version, data, row.visibility, **who))
    emit_all(session, changes, at=now)
