"""What must hold of commitments whatever was done: from the machine's own books and from the rows themselves."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import chain, combinations
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue.money import minor_units, rate_of
from registry.matching.ledger import capacity, rules, views
from registry.matching.ledger.models import Proposal, ProposalStep
from registry.settings import Settings
from tests.support.matching import COORDINATOR, NOW


@dataclass
class Books:
    """What the machine asked for and was not refused."""

    needs: dict[int, dict[str, Any]] = field(default_factory=dict)
    offers: dict[int, dict[str, Any]] = field(default_factory=dict)
    proposals: list[int] = field(default_factory=list)
    exempt: dict[tuple[int, int], int] = field(default_factory=dict)
    """(need, offer) → the checklist that a coordinator confirmed"""


def minor(units: int, currency: str) -> int:
    return units * 10 ** minor_units(currency)


def dollars(amount: int, currency: str) -> Fraction:
    """An amount in US dollars by the rate of the table, exactly."""
    rate = rate_of(currency, NOW.year)
    assert rate is not None
    return Fraction(amount, 10 ** minor_units(currency)) * Fraction(rate.usd_per_unit)


def allowed(steps: list[Any]) -> set[str]:
    return {code for step in steps if step.act == "allow" for code in step.flags.split(",")}


def against(books: Books, row: Any) -> set[str]:
    """What stands against a pair for certain, by the books."""
    need, offer = books.needs[row.need_id], books.offers[row.offer_id]
    own = set(row.types.split(",")) & {line["type"] for line in need["lines"]} & set(offer["types"])
    arms = need["state"] == "SSD" and "ammunition" in need["themes"] and "equipment" in own
    return {
        code
        for code, stands in (
            ("geography", need["state"] not in offer["places"]),
            ("type_mismatch", not own),
            ("embargo", arms and (row.need_id, row.offer_id) not in books.exempt),
        )
        if stands
    }


def check(session: Session, books: Books, outsider: Actor, now: datetime) -> None:
    """All that must hold, of the rows as they stand. Raises AssertionError."""
    found = session.scalars(select(Proposal).where(col(Proposal.id).in_(books.proposals)))
    rows = list(found.all())
    no_side_gives_more_than_it_has(session, books, outsider, rows)
    steps = session.scalars(select(ProposalStep).where(col(ProposalStep.proposal_id).in_(books.proposals))).all()
    items = {item["id"]: item for item in views.describe(session, COORDINATOR, rows)}
    seen = {row.id for row in session.scalars(select(Proposal).where(policy.visible(outsider, Proposal)))}
    for row in rows:
        own = [step for step in steps if step.proposal_id == row.id]
        sums_are_those_of_the_rows(row, own, items[row.id or 0])
        nobody_has_it_by_luck(books, row, own)
        posted_from = timedelta(days=Settings().proposal_objection_days)
        early = row.agreed_at is None or now < row.agreed_at + posted_from
        assert not (row.id in seen and early), "shown before the days of objection have passed"


def no_side_gives_more_than_it_has(session: Session, books: Books, outsider: Actor, rows: list[Any]) -> None:
    committed = [row for row in rows if row.status in rules.COMMITTED and row.amount is not None]
    for offer_id, offer in books.offers.items():
        own = [row for row in committed if row.offer_id == offer_id]
        given = sum(row.amount for row in own)
        assert all(row.currency == offer["currency"] for row in own)
        assert given <= offer["budget"]
        for need_id in {row.need_id for row in own}:
            assert sum(row.amount for row in own if row.need_id == need_id) <= (offer["max_grant"] or given)
        posted = sum(row.amount for row in own if row.posted_at)
        for reader, counted in ((capacity.ALL, given), (outsider, posted)):
            left = capacity.left_of_offer(session, reader, offer_id)
            assert left is not None and left.amount == offer["budget"] - counted, f"what is left for {reader.role}"
    for need_id, need in books.needs.items():
        need_asks_for(need, [row for row in committed if row.need_id == need_id])
        left = capacity.left_of_need(session, capacity.ALL, need_id)
        assert left is None or left.amount >= 0


def need_asks_for(need: dict[str, Any], committed: list[Any]) -> None:
    """In each set of types whose lines all have amounts: the lines ask for what can go to them alone."""
    priced: dict[str, Fraction | None] = {}
    for line in need["lines"]:
        money, known = line.get("money"), priced.get(line["type"], Fraction(0))
        whole = dollars(money["amount"], money["currency"]) if money and known is not None else None
        priced[line["type"]] = known + whole if whole is not None and known is not None else None
    # Each value is rounded to a minor unit of the currency in which the need is counted.
    near = Fraction(len(committed) + len(need["lines"])) * Fraction(1, 50)
    for chosen in chain.from_iterable(combinations(sorted(priced), size) for size in range(1, 3)):
        asks = [priced[type_] for type_ in chosen]
        taken = [row for row in committed if set(row.types.split(",")) & set(priced) <= set(chosen)]
        if None not in asks:
            given = sum((dollars(row.amount, row.currency) for row in taken), Fraction(0))
            assert given <= sum((ask for ask in asks if ask is not None), near), "more is agreed than is asked"


def sums_are_those_of_the_rows(row: Any, steps: list[Any], item: dict[str, Any]) -> None:
    undone = {step.reverses_id for step in steps}
    paid, got = (
        sum(step.amount or 0 for step in steps if step.act == act and step.id not in undone)
        for act in ("disburse", "deliver")
    )
    assert (item["disbursed"], item["delivered"]) == (paid, got)
    assert 0 <= max(paid, got) <= row.amount <= row.first_amount
    assert (row.status == rules.DELIVERED) <= (got == row.amount)


def nobody_has_it_by_luck(books: Books, row: Any, steps: list[Any]) -> None:
    if row.status == rules.AGREED:
        flags, passed = set(filter(None, row.flags.split(","))), allowed(steps)
        assert against(books, row) <= flags | passed, "it stands against the pair and is not flagged"
        assert not passed & rules.NEVER_ALLOWED
