"""Proposals as they are shown, lists of them, and the ledger of a need or an offer: sums over rows, never typed."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, false, func, select, true
from sqlmodel import Session, col

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue.models import Organisation, Programme
from registry.catalogue.money import rate_between
from registry.catalogue.paging import Sort, keyset, sort_of
from registry.catalogue.reference import states
from registry.db import utcnow
from registry.matching.forms import NEED, OFFER
from registry.matching.ledger import capacity, rules
from registry.matching.ledger.models import Proposal, ProposalStep
from registry.matching.ledger.recording import first_amount_of, side_of
from registry.matching.ledger.service import FORMS, right_of
from registry.matching.needs import get_need
from registry.matching.offers import get_offer

_ORGANISATION: Table = Organisation.__table__  # type: ignore[attr-defined]
_PROGRAMME: Table = Programme.__table__  # type: ignore[attr-defined]
SORTS = {
    "updated_at": Sort((Proposal.updated_at, Proposal.id), descending=True),
    "created_at": Sort((Proposal.created_at, Proposal.id), descending=True),
}
FILTERS = ("need_id", "offer_id", "state", "organisation_id", "status", "round_id", "programme_id")
SHOWN = (
    "id", "need_id", "offer_id", "state", "organisation_id", "round_id", "type", "amount", "first_amount", "currency",
    "usd_cents", "need_amount", "need_currency", "rate", "rate_date", "rate_source", "status", "score",
    "weights_version", "programme_id", "agreed_at", "posted_at", "version", "created_at", "updated_at",
)  # fmt: skip


def list_proposals(
    session: Session,
    actor: Actor,
    filters: Mapping[str, Any],
    sort: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of the proposals the actor may see, and the next page's cursor. `waiting`: for the actor."""
    query = select(Proposal).where(policy.visible(actor, Proposal))
    for name in FILTERS:
        if filters.get(name):
            query = query.where(getattr(Proposal, name) == filters[name])
    if filters.get("waiting"):
        query = query.where(col(Proposal.id).in_(_waiting(actor)))
    if filters.get("flagged"):
        query = query.where(col(Proposal.flags) != "", _involved(actor))
    page = keyset(session, query, sort_of(sort, SORTS), cursor, limit)
    return describe(session, actor, [row[0] for row in page.rows]), page.next


def count_flagged(session: Session, actor: Actor) -> int:
    """How many commitments of the actor's, or of all for who tends the registry, something stands against by now."""
    found = select(func.count(col(Proposal.id))).where(col(Proposal.flags) != "", _involved(actor))
    return session.scalar(found) or 0


def _involved(actor: Actor) -> ColumnElement[bool]:
    """Proposals whose flags the actor may know of: the own side's, or all for who tends the registry."""
    if actor.sees_all:
        return true()
    if actor.role == "state":
        return col(Proposal.state) == actor.state
    return col(Proposal.organisation_id) == actor.organisation_id if actor.organisation_id is not None else false()


def count_waiting(session: Session, actor: Actor) -> int:
    """How many proposals wait for the actor's yes or no."""
    return session.execute(select(func.count()).select_from(_waiting(actor).subquery())).scalar_one()


def _waiting(actor: Actor) -> Any:
    """Ids of proposals whose side of the actor's has not accepted yet."""
    side = rules.NEED if actor.role == "state" else rules.OFFER
    own = (
        col(Proposal.state) == actor.state
        if actor.role == "state"
        else col(Proposal.organisation_id) == actor.organisation_id
    )
    accepted = (
        select(ProposalStep.id)  # type: ignore[call-overload]
        .where(
            col(ProposalStep.proposal_id) == Proposal.id,
            col(ProposalStep.side) == side,
            col(ProposalStep.act).in_(("propose", "accept")),
        )
        .exists()
    )
    return select(Proposal.id).where(own, col(Proposal.status) == rules.PROPOSED, ~accepted)  # type: ignore[call-overload]


def describe(session: Session, actor: Actor, listed: Sequence[Proposal]) -> list[dict[str, Any]]:
    """Proposals with both sides' names, what they come to, and which acts the actor has now."""
    ids = [proposal.id for proposal in listed]
    steps: dict[int, list[ProposalStep]] = {}
    for step in session.scalars(
        select(ProposalStep).where(col(ProposalStep.proposal_id).in_(ids)).order_by(col(ProposalStep.id))
    ):
        steps.setdefault(step.proposal_id, []).append(step)
    needs = _titles(session, NEED, {proposal.need_id for proposal in listed})
    offers = _titles(session, OFFER, {proposal.offer_id for proposal in listed})
    names = _names(session, _ORGANISATION, "name", {proposal.organisation_id for proposal in listed})
    linked = {p.programme_id for p in listed if p.programme_id}
    # A programme that is still its owner's alone is named to nobody else.
    programmes = _names(session, _PROGRAMME, "title", linked, policy.visible(actor, Programme)) if linked else {}
    found = []
    for proposal in listed:
        standing = rules.replay(steps.get(proposal.id or 0, []), first_amount_of(proposal))
        state = states().get(proposal.state)
        found.append({
            **{name: getattr(proposal, name) for name in SHOWN},
            "types": proposal.types.split(",") if proposal.types else [],
            "state_name": state.name() if state else proposal.state,
            "organisation_name": names.get(proposal.organisation_id, ""),
            "need_title": needs.get(proposal.need_id, ("", None))[0],
            "need_language": needs.get(proposal.need_id, ("", None))[1],
            "offer_title": offers.get(proposal.offer_id, ("", None))[0],
            "offer_language": offers.get(proposal.offer_id, ("", None))[1],
            "programme_title": programmes.get(proposal.programme_id or 0),
            "proposed_by": standing.proposer,
            "waits_for": list(standing.waits_for),
            "question_of": standing.asked,
            "disbursed": standing.disbursed if proposal.amount is not None else None,
            "delivered": standing.delivered if proposal.amount is not None else None,
            "objected": standing.objected,
            "met": standing.met,
            "flags": sorted(standing.flags) if policy.can(actor, "proposal.talk", proposal) else [],
            "allowed": sorted(standing.allowed) if policy.can(actor, "proposal.talk", proposal) else [],
            "acts": acts_of(actor, proposal, standing),
        })  # fmt: skip
    return found


def acts_of(actor: Actor, proposal: Proposal, standing: rules.Standing) -> list[str]:
    """What the actor may do with it now."""
    side, posted = side_of(actor, proposal), proposal.posted_at is not None
    return [
        what
        for what in FORMS
        if policy.can(actor, right_of(what), proposal)
        and not rules.is_repeated(what, side, standing)
        and rules.is_possible(what, side, standing, posted)
    ]


def step_rows(session: Session, actor: Actor, proposal: Proposal) -> list[dict[str, Any]]:
    """The steps, oldest first. What both sides said to each other is theirs and the coordinators'."""
    mine = policy.can(actor, "proposal.talk", proposal)
    rows = session.scalars(
        select(ProposalStep).where(col(ProposalStep.proposal_id) == proposal.id).order_by(col(ProposalStep.id))
    )
    return [
        {
            "id": row.id, "at": row.at, "side": row.side, "act": row.act, "reason": row.reason if mine else None,
            "text": row.text if mine else "", "amount": row.amount, "on": row.on, "reverses_id": row.reverses_id,
            "flags": row.flags.split(",") if row.flags and mine else [],
            "early": bool(row.on and proposal.agreed_at and row.on < proposal.agreed_at.date()),
        }
        for row in rows if mine or row.act not in ("ask", "answer", "object", "flag", "allow")
    ]  # fmt: skip


def ledger(session: Session, actor: Actor, side: str, record_id: int) -> dict[str, Any]:
    """What of a need or offer (`need_id`, `offer_id`) is proposed, agreed, paid, received, by currency; what is left.

    Sums of what the actor may see; what is left counts what counts for the actor.
    """
    proposals = session.scalars(
        select(Proposal).where(getattr(Proposal, side) == record_id, policy.visible(actor, Proposal))
    ).all()
    sums: dict[str, dict[str, int]] = {}
    for item in describe(session, actor, proposals):
        if item["amount"] is None:
            continue
        row = sums.setdefault(item["currency"], dict.fromkeys(("proposed", "agreed", "disbursed", "delivered"), 0))
        if item["status"] == rules.PROPOSED:
            row["proposed"] += item["amount"]
        elif item["status"] in rules.COMMITTED:
            row["agreed"] += item["amount"]
            row["disbursed"] += item["disbursed"]
            row["delivered"] += item["delivered"]
    of = capacity.left_of_need if side == "need_id" else capacity.left_of_offer
    left = of(session, actor, record_id)
    return {
        "sums": [{"currency": currency, **row} for currency, row in sorted(sums.items())],
        "left": {"amount": left.amount, "currency": left.currency} if left else {"amount": None, "currency": None},
        "proposals": len(proposals),
    }


def commitments_of_programme(session: Session, actor: Actor, programme_id: int) -> Sequence[Proposal]:
    """Commitments that name a programme, those that the actor may see."""
    chosen = select(Proposal).where(
        col(Proposal.programme_id) == programme_id,
        col(Proposal.status).in_(rules.COMMITTED),
        policy.visible(actor, Proposal),
    )
    return session.scalars(chosen.order_by(col(Proposal.id)).limit(50)).all()


def largest(
    session: Session, actor: Actor, need_id: int, offer_id: int, type_: str | None = None, now: datetime | None = None
) -> dict[str, Any]:
    """The largest amount that can be proposed of a pair, in the offer's currency, and its value in the need's.

    `amount` is null where neither side states one, or no rate joins both currencies; `value` and `rate` where the need
    states none. Raises NotFound where the actor may not see both sides.
    """
    get_need(session, actor, need_id)
    get_offer(session, actor, offer_id)
    types = capacity.shared_types(session, need_id, offer_id)
    on = (now or utcnow()).date()
    found = capacity.most(session, actor, need_id, offer_id, types & {type_} if type_ else types, on)
    given, asked = capacity.currencies_of_pair(session, need_id, offer_id)
    rate = found.rate if found and found.rate and found.rate.of != found.rate.into else None
    return {
        "without_rate": bool(given and asked) and rate_between(given or "", asked or "", on) is None,
        "amount": found.amount.amount if found else None,
        "currency": found.amount.currency if found else None,
        "need_amount": found.value.amount if found and found.value else None,
        "need_currency": found.value.currency if found and found.value else None,
        "rate": f"{rate.factor:f}" if rate else None,
        "rate_date": rate.on if rate else None,
        "rate_source": rate.source if rate else None,
    }


def decline_counts(session: Session, actor: Actor) -> list[dict[str, Any]]:
    """Why proposals were declined or called off, by side, most frequent first; only for who tends the registry."""
    policy.require(actor, "proposal.count")
    rows = session.execute(
        select(ProposalStep.side, ProposalStep.act, ProposalStep.reason, func.count().label("times"))  # type: ignore[call-overload]
        .where(col(ProposalStep.act).in_(("decline", "cancel", "met")))
        .group_by(ProposalStep.side, ProposalStep.act, ProposalStep.reason)
    )
    found = [{"side": row.side, "act": row.act, "reason": row.reason, "count": row.times} for row in rows]
    return sorted(found, key=lambda row: (row["act"], -row["count"], row["side"], str(row["reason"])))


def _titles(session: Session, table: Table, ids: Collection[int]) -> dict[int, tuple[str, str | None]]:
    rows = session.execute(select(table.c.id, table.c.title, table.c.language).where(table.c.id.in_(ids)))
    return {row.id: (row.title, row.language) for row in rows}


def _names(
    session: Session, table: Table, column: str, ids: Collection[int], seen: ColumnElement[bool] | None = None
) -> dict[int, str]:  # fmt: skip
    chosen = table.c.id.in_(ids) if seen is None else and_(table.c.id.in_(ids), seen)
    return {row[0]: row[1] for row in session.execute(select(table.c.id, table.c[column]).where(chosen))}
