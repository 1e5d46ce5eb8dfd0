"""Matches everything anew, in steps so short that nobody's change waits for it.

What is long, reading all facts and weighing all pairs, is done on a snapshot, without a lock. Then the table is mended
need by need, a few in a transaction. A need that changed meanwhile, or whose offers or pairs did, is left alone and
matched by itself at the end: the snapshot says nothing about it any more.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, func, select, update
from sqlmodel import Session

from registry.accounts import audit, policy
from registry.accounts.actor import ANONYMOUS, Actor
from registry.catalogue.models import Meta
from registry.db import Database, utcnow
from registry.matching import gather, refresh, weights
from registry.matching.facts import Context, NeedFacts, OfferFacts
from registry.matching.forms import NEED, OFFER
from registry.matching.refresh import MATCH, Key
from registry.matching.score import Weights
from registry.matching.vectors.choosing import choose

STEP = 5
"""Needs mended in one transaction: at most some hundred rows"""
SINCE = "matching.since"
"""Key of `registry_meta`: when the run began that is not done yet. An offer's pairs change in many steps, but it is
told of once, at the end: by the next run, where this one is killed."""


@dataclass(frozen=True)
class Snapshot:
    """Everything that pairs are made of, at one moment."""

    needs: dict[int, NeedFacts]
    offers: dict[int, OfferFacts]
    context: Context
    versions: dict[str, dict[int, int]]
    """`need` or `offer` → id → version, read before the facts"""
    weights: Weights
    kept: list[int]
    """Needs that have rows in the table"""


def refresh_all(
    database: Database,
    actor: Actor,
    now: datetime | None = None,
    *,
    pause_seconds: float = 0.0,
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Match everything anew; returns how many pairs the table holds. Writes only what differs. Raises NotAllowed.

    `pause_seconds` between two transactions, so that other writers get their turn. Stopped, it leaves the rest.
    """
    now = now or utcnow()
    policy.require(actor, "match.refresh")
    _begin(database, now)
    with database.reading() as session:
        snapshot = _read(session, now)
    chosen: defaultdict[int, set[Key]] = defaultdict(set)
    needs, offers = snapshot.needs.values(), snapshot.offers.values()
    for key in choose(needs, offers, snapshot.context, snapshot.weights, refresh.TOP):
        chosen[key[0]].add(key)
    ids = sorted({*snapshot.needs, *snapshot.kept})
    left: list[int] = []
    for start in range(0, len(ids), STEP):
        if stop():
            break
        step = ids[start : start + STEP]
        left += _mend(database, snapshot, step, {key for need in step for key in chosen[need]}, now, pause_seconds)
    for need_id in left:
        if stop():
            break
        with database.transaction() as session:
            refresh.hold(session)
            refresh.refresh(session, {need_id}, set())
        time.sleep(pause_seconds)
    with database.transaction() as session:
        _mark_offers(session, snapshot)
        _tell_offers(session, now)
        pairs = session.execute(select(func.count()).select_from(MATCH)).scalar_one()
        audit.record(session, actor, "match.refresh_all", "", pairs=pairs, weights=snapshot.weights.version)
    return pairs


def _read(session: Session, now: datetime) -> Snapshot:
    versions = {"need": _versions(session, NEED), "offer": _versions(session, OFFER)}
    offers = gather.offer_facts(session, ANONYMOUS, gather.OFFER_OPEN)
    return Snapshot(
        needs=gather.need_facts(session, ANONYMOUS, gather.NEED_OPEN),
        offers=offers,
        context=gather.context(session, now, offers.values()),
        versions=versions,
        weights=weights.current(),
        kept=list(session.execute(select(MATCH.c.need_id).distinct()).scalars()),
    )


def _versions(session: Session, table: Table, ids: Iterable[int] | None = None) -> dict[int, int]:
    chosen = select(table.c.id, table.c.version)
    if ids is not None:
        chosen = chosen.where(table.c.id.in_(list(ids)))
    return {row.id: row.version for row in session.execute(chosen)}


def _mend(
    database: Database, snapshot: Snapshot, needs: list[int], chosen: set[Key], now: datetime, pause_seconds: float
) -> list[int]:
    """Make these needs' rows what they should be. Returns those that the snapshot says nothing about any more."""
    computed = {
        (need, offer): refresh.pair_of(snapshot.needs[need], snapshot.offers[offer], snapshot.context, snapshot.weights)
        for need, offer in sorted(chosen)
    }
    with database.reading() as session:
        stamps = _stamps(session, needs)
        stored = refresh.stored_pairs(session, MATCH.c.need_id.in_(needs))
        stale = _stale(session, NEED, needs)
    differing = refresh.differences(stored, computed, snapshot.weights.version)
    if not differing and not stale:
        return []
    with database.transaction() as session:
        refresh.hold(session)
        moved = _moved(session, snapshot, needs, stored.keys() | computed.keys(), stamps)
        settled = {key for key in differing if key[0] not in moved}
        refresh.mark(session, NEED, NEED.c.id.in_([need for need in needs if need not in moved]))
        refresh.write_pairs(session, stored, computed, settled, snapshot.weights.version, now)
        # Of offers that only lose a pair nothing is left by which the end could know them.
        refresh.announce(session, {need for need, _ in settled}, {offer for _, offer in settled - computed.keys()}, now)
    time.sleep(pause_seconds)
    return sorted(moved)


def _stamps(session: Session, needs: list[int]) -> dict[int, set[tuple[int, datetime]]]:
    """Need → its rows and when each was written: what somebody else wrote since has other ones."""
    found: dict[int, set[tuple[int, datetime]]] = {need: set() for need in needs}
    columns = (MATCH.c.need_id, MATCH.c.id, MATCH.c.computed_at)
    for row in session.execute(select(*columns).where(MATCH.c.need_id.in_(needs))):
        found[row.need_id].add((row.id, row.computed_at))
    return found


def _moved(
    session: Session, snapshot: Snapshot, needs: list[int], keys: Iterable[Key], stamps: dict[int, Any]
) -> set[int]:
    """Needs that changed since, or whose rows did, or an offer that they have to do with."""
    keys = list(keys)
    now_needs, now_stamps = _versions(session, NEED, needs), _stamps(session, needs)
    now_offers = _versions(session, OFFER, {offer for _, offer in keys})
    moved = {
        need
        for need in needs
        if now_needs.get(need) != snapshot.versions["need"].get(need) or now_stamps[need] != stamps[need]
    }
    known = snapshot.versions["offer"]
    return moved | {need for need, offer in keys if now_offers.get(offer) != known.get(offer)}


def _stale(session: Session, table: Table, ids: Iterable[int]) -> list[int]:
    stale = select(table.c.id).where(table.c.id.in_(list(ids)), table.c.matched_version != table.c.version)
    return list(session.execute(stale).scalars())


def _mark_offers(session: Session, snapshot: Snapshot) -> None:
    """Offers that nobody touched since are matched in the version they have."""
    known = snapshot.versions["offer"]
    for offer_id in _stale(session, OFFER, known):
        same = (OFFER.c.id == offer_id) & (OFFER.c.version == known[offer_id])
        session.execute(update(OFFER).where(same).values(matched_version=OFFER.c.version))


def _begin(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        if session.get(Meta, SINCE) is None:
            session.add(Meta(key=SINCE, value=now.isoformat()))


def _tell_offers(session: Session, now: datetime) -> None:
    """Announce offers that have pairs written since this run began, or the one before that was killed."""
    since = session.get(Meta, SINCE)
    begun = datetime.fromisoformat(since.value) if since else now
    written = select(MATCH.c.offer_id).where(MATCH.c.computed_at >= begun).distinct()
    refresh.announce(session, set(), set(session.execute(written).scalars()), now)
    if since is not None:
        session.delete(since)
