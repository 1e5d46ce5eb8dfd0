"""What is agreed stays covered: neither ask, budget nor largest grant falls below it, no smallest grant above it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from registry.catalogue.money import Money
from registry.errors import N_, Conflict
from registry.matching.forms import OFFER
from registry.matching.ledger import capacity
from registry.matching.ledger.rules import DELIVERED, is_covered_by


def require_need_covers(session: Session, need_id: int, loaded: Mapping[str, Any]) -> None:
    """Raise Conflict where the lines of a changed need no longer ask for what is agreed.

    What fell short before may stay as it was.
    """
    agreed = capacity.agreed_of(session, capacity.ALL, "need_id", [need_id]).get(need_id, [])
    if not agreed:
        return
    nothing = {"amount": None, "currency": None, "value_date": None}
    lines = [{"type": line["type"], **(line["money"] or nothing)} for line in loaded["lines"]]
    types = {line["type"] for line in lines}
    after, before = capacity.ask(lines, agreed), capacity.ask_of(session, capacity.ALL, need_id)
    lost = [row.id for row in agreed if row.types and not types & set(row.types.split(","))]
    short = after.unknown or not is_covered_by(after.asked, after.taken)
    if _loses_amounts(lines, agreed, before):
        raise Conflict(
            N_("%(agreed)s of this need are agreed (commitments no. %(ids)s): their lines keep an amount."),
            **_figures(sum_of(share.value for share in before.taken), [row.id for row in agreed]),
        )
    if not lost and (not short or (not is_covered_by(before.asked, before.taken) and _asks_no_less(before, after))):
        return
    values = [share.value for share in after.taken] or [share.value for share in before.taken]
    raise Conflict(
        N_("%(agreed)s of this need are agreed (commitments no. %(ids)s): its lines cannot ask for less."),
        **_figures(sum_of(values), [row.id for row in agreed]),
    )


def _loses_amounts(lines: Sequence[Mapping[str, Any]], agreed: Sequence[Any], before: capacity.Ask) -> bool:
    """Whether a type of line has no whole amount any more, and what is still written falls short of what is agreed."""
    priced = capacity.ask([line for line in lines if line["amount"] is not None], agreed)
    whole = {line["type"] for line in lines} - {line["type"] for line in lines if line["amount"] is None}
    taken, currency = (priced.taken, priced.currency) if priced.currency else (before.taken, before.currency)
    if currency is None:
        return False
    gone = [type_ for type_, money in before.asked.items() if money is not None and type_ not in whole]
    if not gone:
        return False
    unpriced = {line["type"]: None for line in lines if line["type"] not in gone and line["amount"] is None}
    written = {type_: priced.asked.get(type_) or Money(0, currency) for type_ in gone}
    return not is_covered_by({**priced.asked, **unpriced, **written}, taken)


def _asks_no_less(before: capacity.Ask, after: capacity.Ask) -> bool:
    if before.currency != after.currency:
        return False
    return all(
        money is None or (type_ in after.asked and ((new := after.asked[type_]) is None or new >= money))
        for type_, money in before.asked.items()
    )


def require_offer_covers(session: Session, offer_id: int, loaded: Mapping[str, Any]) -> None:
    """Raise Conflict where a changed offer gives less than is agreed, in all or to one need, or another currency."""
    agreed = [
        row for row in capacity.agreed_of(session, capacity.ALL, "offer_id", [offer_id]).get(offer_id, []) if row.amount
    ]
    if not agreed:
        return
    currency = agreed[0].currency
    if loaded["currency"] != currency:
        raise Conflict(
            N_("%(agreed)s of this offer are agreed (commitments no. %(ids)s): its currency stays."),
            **_figures(sum_of([Money(row.amount, currency) for row in agreed]), [row.id for row in agreed]),
        )
    of_need: dict[int, list[Any]] = {}
    for row in agreed:
        of_need.setdefault(row.need_id, []).append(row)
    of_all = N_("%(agreed)s of this offer are agreed (commitments no. %(ids)s): the budget cannot be less.")
    of_one = N_("%(agreed)s are agreed with one need (commitments no. %(ids)s): the largest grant cannot be less.")
    limits = [(agreed, "budget", of_all), *((rows, "max_grant", of_one) for rows in of_need.values())]
    for rows, name, words in limits:
        given = sum_of([Money(row.amount, currency) for row in rows])
        if loaded[name] is not None and given is not None and Money(loaded[name], currency) < given:
            raise Conflict(words, **_figures(given, [row.id for row in rows]))
    _require_smallest(session, offer_id, loaded, of_need)


def _require_smallest(
    session: Session, offer_id: int, loaded: Mapping[str, Any], of_need: Mapping[int, Sequence[Any]]
) -> None:
    """Raise Conflict where the smallest grant is raised above what is agreed with a need and not all delivered."""
    smallest = loaded["min_grant"]
    before = session.scalar(select(OFFER.c.min_grant).where(OFFER.c.id == offer_id)) or 0
    for rows in of_need.values():
        given = sum_of(Money(row.amount, row.currency) for row in rows)
        if smallest is None or given is None or all(row.status == DELIVERED for row in rows):
            continue
        # What was below it before (reduced since, or from before it was set) may stay.
        if before <= given.amount < smallest:
            raise Conflict(
                N_("%(agreed)s are agreed with one need (commitments no. %(ids)s): the smallest grant cannot be more."),
                **_figures(given, [row.id for row in rows]),
            )


def sum_of(values: Iterable[Money]) -> Money | None:
    """The sum of amounts of one currency; None: of none."""
    total: Money | None = None
    for value in values:
        total = value if total is None else total + value
    return total


def _figures(agreed: Money | None, ids: list[int]) -> dict[str, Any]:
    details = {"agreed": agreed and agreed.amount, "currency": agreed and agreed.currency, "commitments": ids}
    return {"agreed": str(agreed or "–"), "ids": ", ".join(map(str, ids)), "details": details}
