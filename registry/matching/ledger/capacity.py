"""What needs and offers have left, from the rows of what is agreed, and the most that one can give the other.

What counts depends on who reads (policy.counted): a commitment that is not posted yet is its parties' alone.
An offer is counted in its own currency, which is that of its proposals. A need is counted in the currency of its
lines, where that is one; else in US dollars, each line at the rate of its value date. What is agreed counts towards a
need with the value stored with it, by the rate of the day on which it was proposed.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, Table, and_, func, select
from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor, system
from registry.catalogue.money import DatedRate, Money, rate_between, usd_cents
from registry.matching.forms import LINE, OFFER, OFFER_TYPE
from registry.matching.ledger import rules
from registry.matching.ledger.models import Proposal
from registry.matching.ledger.rules import COMMITTED, Asked, Share

PROPOSAL: Table = Proposal.__table__  # type: ignore[attr-defined]
_AGREED = [
    PROPOSAL.c[name]
    for name in ("id", "need_id", "offer_id", "types", "status", "amount", "currency", "usd_cents", "need_amount",
                 "need_currency", "rate_date", "created_at")
]  # fmt: skip


ALL = system("ledger")
"""The reader for whom everything that is agreed counts: steps and rounds decide by it"""


def commitments(reader: Actor) -> ColumnElement[bool]:
    """The condition on the table of proposals that one is agreed and counts for the reader."""
    return and_(PROPOSAL.c.status.in_(COMMITTED), policy.counted(reader, Proposal))


def counted_before_others(session: Session, reader: Actor) -> tuple[Collection[int], Collection[int]]:
    """(needs, offers) of which the reader counts a commitment that is not posted: others see other figures of them."""
    if not reader.sees_all and reader.state is None and reader.organisation_id is None:
        return frozenset(), frozenset()
    rows = session.execute(
        select(PROPOSAL.c.need_id, PROPOSAL.c.offer_id).where(commitments(reader), PROPOSAL.c.posted_at.is_(None))
    ).all()
    return frozenset(row.need_id for row in rows), frozenset(row.offer_id for row in rows)


@dataclass(frozen=True, slots=True)
class Ask:
    """What a need asks, all in one currency, and what of it is agreed. `currency` None: no line has an amount."""

    currency: str | None
    asked: Asked
    taken: tuple[Share, ...] = ()
    unknown: tuple[int, ...] = ()
    """Commitments whose value in this currency no rate says: nothing more is agreed while there are any"""

    def left(self, types: frozenset[str] | None = None) -> Money | None:
        """What is still asked of these types of lines, or of all; None: it cannot be said."""
        return None if self.unknown else rules.left_of_need(self.asked, self.taken, types)


def ask_of(session: Session, reader: Actor, need_id: int) -> Ask:
    """What a need asks and what of it is agreed, as its rows say now."""
    columns = [LINE.c[name] for name in ("type", "amount", "currency", "value_date")]
    lines = session.execute(select(*columns).where(LINE.c.need_id == need_id).order_by(LINE.c.position)).mappings()
    return ask([dict(line) for line in lines], agreed_of(session, reader, "need_id", [need_id]).get(need_id, []))


def ask(lines: Sequence[Mapping[str, Any]], agreed: Sequence[Row[Any]]) -> Ask:
    """The lines of a need (type, amount, currency, value_date) and its commitments, in one currency."""
    currency = comparable_currency(lines)
    asked: dict[str, Money | None] = {}
    for line in lines:
        value = _value_of_line(line, currency)
        if line["type"] in asked:
            so_far = asked[line["type"]]
            value = so_far + value if so_far is not None and value is not None else None
        asked[line["type"]] = value
    if currency is None:
        return Ask(None, asked)
    values = [(row, value_of(row, currency)) for row in agreed if row.amount is not None]
    return Ask(
        currency,
        asked,
        tuple(Share(frozenset(row.types.split(",")), value) for row, value in values if value is not None),
        tuple(row.id for row, value in values if value is None),
    )


def comparable_currency(lines: Sequence[Mapping[str, Any]]) -> str | None:
    """The currency in which a need is counted: that of its lines, or dollars where there are several."""
    found = {line["currency"] for line in lines if line["amount"] is not None}
    return (found.pop() if len(found) == 1 else "USD") if found else None


def _value_of_line(line: Mapping[str, Any], currency: str | None) -> Money | None:
    if line["amount"] is None or currency is None:
        return None
    if line["currency"] == currency:
        return Money(line["amount"], currency)
    cents = cents_of(line["amount"], line["currency"], line["value_date"])
    return None if cents is None else Money(cents, "USD")


def value_of(agreed: Row[Any] | Proposal, currency: str) -> Money | None:
    """What a proposal counts in a currency: as it was stored, or by the rate of the same day; None: there is none."""
    if agreed.amount is None or agreed.currency is None:
        return None
    if agreed.need_currency == currency and agreed.need_amount is not None:
        return Money(agreed.need_amount, currency)
    rate = rate_between(agreed.currency, currency, agreed.rate_date or agreed.created_at.date())
    return Money(agreed.amount, agreed.currency).at(rate) if rate else None


def agreed_of(session: Session, reader: Actor, side: str, ids: Any) -> dict[int, list[Row[Any]]]:
    """Need or offer (`need_id`, `offer_id`; ids, or a query for them) → its commitments, the oldest first."""
    found: dict[int, list[Row[Any]]] = {}
    chosen = select(*_AGREED).where(PROPOSAL.c[side].in_(ids), commitments(reader))
    for row in session.execute(chosen.order_by(PROPOSAL.c.id)):
        found.setdefault(getattr(row, side), []).append(row)
    return found


def left_of_need(session: Session, reader: Actor, need_id: int, types: Collection[str] | None = None) -> Money | None:
    """What a need still asks, in all or of lines of some types; None: it cannot be said."""
    return ask_of(session, reader, need_id).left(None if types is None else frozenset(types))


def left_of_offer(session: Session, reader: Actor, offer_id: int) -> Money | None:
    """What an offer has left, below zero where more is agreed than it gives; None: it states no budget."""
    row = session.execute(select(OFFER.c.budget, OFFER.c.currency).where(OFFER.c.id == offer_id)).one()
    if row.budget is None:
        return None
    return Money(row.budget - given_by(session, reader, [offer_id]).get(offer_id, 0), row.currency)


def given_by(session: Session, reader: Actor, offer_ids: Any) -> dict[int, int]:
    """Of these offers (ids, or a query for them) → minor units agreed. Its currency stays while anything is agreed."""
    rows = session.execute(
        select(PROPOSAL.c.offer_id, func.sum(PROPOSAL.c.amount))
        .where(PROPOSAL.c.offer_id.in_(offer_ids), commitments(reader), PROPOSAL.c.amount.is_not(None))
        .group_by(PROPOSAL.c.offer_id)
    )
    return {offer_id: int(amount) for offer_id, amount in rows}


def left_of_pair(session: Session, reader: Actor, need_id: int, offer_id: int) -> Money | None:
    """What of its largest grant the offer has not agreed with this need yet; None: it has no largest grant."""
    row = session.execute(select(OFFER.c.max_grant, OFFER.c.currency).where(OFFER.c.id == offer_id)).one()
    if row.max_grant is None:
        return None
    agreed = session.scalar(
        select(func.sum(PROPOSAL.c.amount)).where(
            PROPOSAL.c.need_id == need_id, PROPOSAL.c.offer_id == offer_id, commitments(reader)
        )
    )
    return Money(row.max_grant - int(agreed or 0), row.currency)


@dataclass(frozen=True, slots=True)
class Most:
    """The largest amount that can be agreed of a pair: in the offer's currency, and its value in the need's."""

    amount: Money
    value: Money | None
    rate: DatedRate | None


def most(session: Session, reader: Actor, need_id: int, offer_id: int, types: Collection[str], on: date) -> Most | None:
    """The largest amount that both sides have left for these types, as the reader counts.

    None: neither says, or no rate joins the two.

    Zero or less: there is nothing left to agree.
    """
    currency = session.scalar(select(OFFER.c.currency).where(OFFER.c.id == offer_id))
    if currency is None:
        return None
    bounds = [left_of_offer(session, reader, offer_id), left_of_pair(session, reader, need_id, offer_id)]
    asks = ask_of(session, reader, need_id)
    wanted, rate = asks.left(frozenset(types)), None
    if asks.currency is not None:
        rate = rate_between(currency, asks.currency, on)
        if rate is None:
            return None
        bounds.append(wanted.most_at(rate) if wanted is not None else None)
    known = [bound for bound in bounds if bound is not None]
    if not known:
        return None
    amount = min(known)
    return Most(amount, amount.at(rate) if rate else None, rate)


def currencies_of_pair(session: Session, need_id: int, offer_id: int) -> tuple[str | None, str | None]:
    """(the offer's, that in which the need is counted); None: the side states no amount."""
    columns = [LINE.c.amount, LINE.c.currency]
    lines = session.execute(select(*columns).where(LINE.c.need_id == need_id)).mappings().all()
    given = session.scalar(select(OFFER.c.currency).where(OFFER.c.id == offer_id))
    return given, comparable_currency([dict(line) for line in lines])


def shared_types(session: Session, need_id: int, offer_id: int) -> set[str]:
    """Types of assistance that the need has a line of and the offer gives."""
    asked = select(LINE.c.type).where(LINE.c.need_id == need_id)
    given = select(OFFER_TYPE.c.type).where(OFFER_TYPE.c.offer_id == offer_id, OFFER_TYPE.c.type.in_(asked))
    return set(session.scalars(given))


def standing_pairs(session: Session) -> set[tuple[int, int]]:
    """(need, offer) that are proposed and wait for an answer."""
    rows = session.execute(select(PROPOSAL.c.need_id, PROPOSAL.c.offer_id).where(PROPOSAL.c.status == rules.PROPOSED))
    return {(row.need_id, row.offer_id) for row in rows}


def still_asked(lines: Sequence[Mapping[str, Any]], agreed: Sequence[Row[Any]]) -> list[int | None]:
    """What each line of a need still asks, in US cents, in the lines' order; what is agreed is taken from the first.

    None: the line has no amount, or one that cannot be converted.
    """
    asks = ask(lines, agreed)
    given = rules.spread(asks.asked, asks.taken)
    found: list[int | None] = []
    for line in lines:
        value = _value_of_line(line, asks.currency)
        if value is None:
            found.append(None)
            continue
        part = min(value.amount, given.get(line["type"], 0))
        given[line["type"]] = given.get(line["type"], 0) - part
        found.append(cents_of(value.amount - part, value.currency, line["value_date"]))
    return found


def cents_of(amount: int | None, currency: str | None, on: date | None) -> int | None:
    """US cents, or None where they are not known."""
    converted = usd_cents(amount, currency, on) if amount is not None else None
    return converted.cents if converted else None
