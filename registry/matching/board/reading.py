"""Reads the board: every open need without a match and every open offer with money left, each with its reason.

Reasons are worked out now, by the same rules as the matching; of more pairs than PAIRS those that wait longest are
looked at, and the others are counted as not looked at.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Table, and_, or_, select
from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.db import utcnow
from registry.matching import gather, matches, weights
from registry.matching.board.rules import ASKED, BANDS, NOBODY_PROPOSED, NOT_LOOKED_AT, PARTLY, Stop, band, nearest
from registry.matching.board.rules import stopped_at as stopped
from registry.matching.facts import OfferFacts
from registry.matching.forms import NEED, OFFER
from registry.matching.ledger import capacity
from registry.matching.ledger.models import Proposal
from registry.matching.ledger.rules import COMMITTED, PROPOSED
from registry.matching.listing import Filters, need_conditions, offer_conditions

_PROPOSAL: Table = Proposal.__table__  # type: ignore[attr-defined]
PAIRS = 1_500_000
"""Pairs looked at in one reading: some two seconds"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One need or offer on the board. `nearest`: a record on the other side that gets furthest."""

    id: int
    reason: str
    band: str
    days: int
    pairs: int
    nearest: int | None


@dataclass(frozen=True, slots=True)
class Board:
    """`needs` are unmatched, `offers` unspent; `open_needs`, `open_offers` count all that the filters leave."""

    needs: list[Entry]
    offers: list[Entry]
    open_needs: int
    open_offers: int
    computed_at: datetime


def read_board(session: Session, actor: Actor, filters: Filters, now: datetime | None = None) -> Board:
    """The board, narrowed by the filters' themes and regions. Raises NotAllowed, InvalidInput: no such region."""
    policy.require(actor, "board.read")
    now = now or utcnow()
    narrowed = Filters(themes=filters.themes, regions=filters.regions, statuses=("open",))
    needs = _waiting(session, NEED, need_conditions(actor, narrowed))
    offers = _waiting(session, OFFER, offer_conditions(actor, narrowed))
    all_needs = gather.need_facts(session, actor, gather.NEED_OPEN)
    all_offers = gather.offer_facts(session, actor, gather.OFFER_OPEN)
    context, least = gather.context(session, now, all_offers.values()), weights.current().min_overlap_months
    needs_matched, offers_matched = matches.matched(session, actor, now)
    given = _given(session, actor, all_offers)

    def of_need(need_id: int) -> Stop:
        need = all_needs[need_id]
        return nearest((offer.id, stopped(need, offer, context, least)) for offer in all_offers.values())

    def of_offer(offer_id: int) -> Stop:
        offer = all_offers[offer_id]
        return nearest((need.id, stopped(need, offer, context, least)) for need in all_needs.values())

    covered = {need.id for need in all_needs.values() if need.asked(need.types).whole == 0}
    unmatched = {need_id: day for need_id, day in needs.items() if need_id not in needs_matched | covered}
    idle = {offer_id: day for offer_id, day in offers.items() if offer_id not in offers_matched | given.keys()}
    return Board(
        _entries(unmatched, of_need, len(all_offers), now.date()),
        [
            *_entries(idle, of_offer, len(all_needs), now.date()),
            *(_entry(i, Stop(reason, 0, None), day, now.date()) for i, day in offers.items()
              if i not in idle and (reason := given.get(i, NOBODY_PROPOSED))),
        ],
        len(needs), len(offers), now,
    )  # fmt: skip


def _waiting(session: Session, table: Table, conditions: Collection[Any]) -> dict[int, date | None]:
    """Id → the day since when it is open, the longest first."""
    rows = session.execute(
        select(table.c.id, table.c.opened_at).where(*conditions).order_by(table.c.opened_at, table.c.id)
    )
    return {row.id: row.opened_at.date() if row.opened_at else None for row in rows}


def _given(session: Session, actor: Actor, offers: Mapping[int, OfferFacts]) -> dict[int, str | None]:
    """Offer with a standing proposal → ASKED, PARTLY where something is agreed, None where nothing is left to give."""
    found: dict[int, str | None] = {}
    rows = session.execute(
        select(_PROPOSAL.c.offer_id, _PROPOSAL.c.status)
        .where(or_(and_(_PROPOSAL.c.status == PROPOSED, policy.visible(actor, Proposal)), capacity.commitments(actor)))
    )  # fmt: skip
    for offer_id, status in rows:
        found.setdefault(offer_id, ASKED)
        if status in COMMITTED:
            left = offers[offer_id].budget if offer_id in offers else None
            spent = left is not None and left <= 0
            found[offer_id] = None if spent else PARTLY
    return found


def _entries(waiting: dict[int, date | None], stop_of: Callable[[int], Stop], others: int, today: date) -> list[Entry]:
    looked_at = PAIRS // max(1, others)
    return [
        _entry(record_id, stop_of(record_id) if place < looked_at else Stop(NOT_LOOKED_AT, 0, None), day, today)
        for place, (record_id, day) in enumerate(waiting.items())
    ]


def _entry(record_id: int, stop: Stop, opened: date | None, today: date) -> Entry:
    days = max(0, (today - opened).days) if opened else 0
    return Entry(record_id, stop.reason, band(opened, today), days, stop.pairs, stop.nearest)


def counted(entries: Collection[Entry]) -> list[dict[str, Any]]:
    """By reason, the most frequent first: how many there are, and in each band of days."""
    reasons = Counter(entry.reason for entry in entries)
    cells = Counter((entry.reason, entry.band) for entry in entries)
    return [
        {"reason": reason, "count": count, "waiting": {code: cells[reason, code] for code, _ in BANDS}}
        for reason, count in sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    ]


def chosen(entries: Collection[Entry], reason: str | None, waiting: str | None) -> list[Entry]:
    """Those of one reason and band, the longest waiting first."""
    found = [e for e in entries if reason in (None, e.reason) and waiting in (None, e.band)]
    return sorted(found, key=lambda entry: (-entry.days, entry.id))
