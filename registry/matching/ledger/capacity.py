"""What needs and offers have left, from the rows of what is agreed."""

from datetime import date
from typing import Any

from sqlalchemy import Table, func, select
from sqlmodel import Session

from registry.catalogue.money import usd_cents
from registry.matching.forms import LINE, OFFER
from registry.matching.ledger import rules
from registry.matching.ledger.models import Proposal
from registry.matching.ledger.rules import COMMITTED, Left, Taken

PROPOSAL: Table = Proposal.__table__  # type: ignore[attr-defined]


def taken_from_offer(session: Session, offer_id: int) -> list[Taken]:
    """What is agreed of an offer."""
    return _taken(session, "offer_id", [offer_id]).get(offer_id, [])


def left_of_offer(session: Session, offer_id: int) -> tuple[int | None, str | None]:
    """(minor units, currency) that an offer has left; None: it states no budget."""
    row = session.execute(select(OFFER.c.budget, OFFER.c.currency).where(OFFER.c.id == offer_id)).one()
    return rules.left_of_offer(row.budget, taken_from_offer(session, offer_id)), row.currency


def left_of_need(session: Session, need_id: int, type_: str | None = None) -> Left:
    """What a need still asks, in all or of one type of assistance."""
    wanted = [LINE.c.need_id == need_id] + ([LINE.c.type == type_] if type_ else [])
    rows = session.execute(select(LINE.c.amount, LINE.c.currency, LINE.c.value_date).where(*wanted)).all()
    lines = [Taken(row.amount, row.currency, cents_of(row.amount, row.currency, row.value_date)) for row in rows]
    return rules.left_of_need(lines, _taken(session, "need_id", [need_id], type_).get(need_id, []))


def committed_cents(session: Session, side: str, ids: Any) -> dict[int, int]:
    """Need or offer (`need_id`, `offer_id`; ids, or a query for them) → US cents agreed, as far as they convert."""
    return {
        record_id: sum(item.usd_cents or 0 for item in taken) for record_id, taken in _taken(session, side, ids).items()
    }


def committed_by_type(session: Session, need_ids: Any) -> dict[int, dict[str | None, int]]:
    """Of these needs (ids, or a query for them) → type of assistance (None: no particular one) → US cents agreed."""
    rows = session.execute(
        select(PROPOSAL.c.need_id, PROPOSAL.c.type, func.sum(PROPOSAL.c.usd_cents))
        .where(PROPOSAL.c.need_id.in_(need_ids))
        .where(PROPOSAL.c.status.in_(COMMITTED), PROPOSAL.c.usd_cents.is_not(None))
        .group_by(PROPOSAL.c.need_id, PROPOSAL.c.type)
    )
    found: dict[int, dict[str | None, int]] = {}
    for need_id, type_, cents in rows:
        found.setdefault(need_id, {})[type_] = int(cents)
    return found


def standing_pairs(session: Session) -> set[tuple[int, int]]:
    """(need, offer) that are proposed and wait for an answer."""
    rows = session.execute(select(PROPOSAL.c.need_id, PROPOSAL.c.offer_id).where(PROPOSAL.c.status == rules.PROPOSED))
    return {(row.need_id, row.offer_id) for row in rows}


def _taken(session: Session, side: str, ids: Any, type_: str | None = None) -> dict[int, list[Taken]]:
    found: dict[int, list[Taken]] = {}
    of_type = [PROPOSAL.c.type == type_] if type_ else []
    rows = session.execute(
        select(PROPOSAL.c[side], PROPOSAL.c.amount, PROPOSAL.c.currency, PROPOSAL.c.usd_cents).where(
            PROPOSAL.c[side].in_(ids), PROPOSAL.c.status.in_(COMMITTED), *of_type
        )
    )
    for row in rows:
        found.setdefault(row[0], []).append(Taken(row.amount, row.currency, row.usd_cents))
    return found


def cents_of(amount: int | None, currency: str | None, on: date | None) -> int | None:
    """US cents, or None where they are not known."""
    converted = usd_cents(amount, currency, on) if amount is not None else None
    return converted.cents if converted else None
