"""What either side does with a proposal. Every act is one row; the same act again changes nothing."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from marshmallow import Schema
from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.accounts.finding import visible_one
from registry.catalogue.money import format_money
from registry.db import utcnow
from registry.errors import N_, InvalidInput, VersionMismatch
from registry.matching import refresh
from registry.matching.ledger import rules
from registry.matching.ledger.eligible import NotEligible, blocks_of, require_eligible
from registry.matching.ledger.linking import link
from registry.matching.ledger.models import Proposal, ProposalStep
from registry.matching.ledger.possible import is_possible
from registry.matching.ledger.proposing import require_left, require_types, set_value
from registry.matching.ledger.recording import add_step, side_of, standing_of
from registry.matching.ledger.reviewing import review
from registry.matching.ledger.schemas import (
    DeclineForm,
    LinkForm,
    MaybeWordsForm,
    MetForm,
    PaymentForm,
    ReasonedForm,
    ReduceForm,
    ReverseForm,
    WordsForm,
)
from registry.schemas import load

FORMS: dict[str, type[Schema]] = {
    "accept": MaybeWordsForm,
    "decline": DeclineForm,
    "ask": WordsForm,
    "answer": WordsForm,
    "withdraw": MaybeWordsForm,
    "cancel": DeclineForm,
    "link": LinkForm,
    "disburse": PaymentForm,
    "deliver": PaymentForm,
    "object": MaybeWordsForm,
    "met": MetForm,
    "reduce": ReduceForm,
    "reverse": ReverseForm,
    "allow": ReasonedForm,
    "end": ReasonedForm,
}
"""Act → what it says"""
RIGHTS = {
    "withdraw": "proposal.withdraw", "link": "proposal.spend", "disburse": "proposal.spend",
    "deliver": "proposal.receive", "met": "proposal.receive", "allow": "proposal.review", "end": "proposal.review",
}  # fmt: skip


def right_of(what: str) -> str:
    """The right that an act needs (accounts/actions.py)."""
    return RIGHTS.get(what, "proposal.answer")


MISSING = N_("There is no such proposal.")


def get_proposal(session: Session, actor: Actor, proposal_id: int, *, lock: bool = False) -> Proposal:
    """Raises NotFound, also where the actor may not know of it."""
    return visible_one(session, actor, Proposal, proposal_id, MISSING, lock=lock)


def act(
    session: Session,
    actor: Actor,
    proposal_id: int,
    what: str,
    data: Mapping[str, Any] | None = None,
    expected_version: int | None = None,
    now: datetime | None = None,
) -> Proposal:
    """One of FORMS, for the actor's side. What stands already stays as it is, and is no error.

    Raises NotFound, NotAllowed, InvalidInput, VersionMismatch, and Conflict that says why it is not possible now.
    """
    now = now or utcnow()
    get_proposal(session, actor, proposal_id)
    # Before any row is locked: what needs and offers have left is looked at by one at a time.
    refresh.hold(session)
    proposal = get_proposal(session, actor, proposal_id, lock=True)
    policy.require(actor, right_of(what), proposal)
    form = load(FORMS[what](), data or {})
    side, standing = side_of(actor, proposal), standing_of(session, proposal)
    if rules.is_repeated(what, side, standing):
        return proposal
    if expected_version is not None and proposal.version != expected_version:
        raise VersionMismatch(proposal.version)
    if what in ("allow", "end", "deliver", "disburse") and proposal.status in rules.COMMITTED:
        standing = review(session, proposal, now)
    rules.require(what, side, standing, proposal.posted_at is not None)
    entry: ProposalStep | None = None
    flags: frozenset[str] = frozenset()
    amount = form.get("amount")
    if what == "accept":
        need_facts, offer_facts, _ = require_eligible(session, actor, proposal.need_id, proposal.offer_id, now)
        require_types(proposal, need_facts, offer_facts)
        set_value(session, proposal, now)
        require_left(session, actor, proposal)
        if standing.accepted | {side} >= {rules.NEED, rules.OFFER} and not is_possible(session, proposal, now):
            # By what is not posted yet, which the actor may not know: it is answered when that is (upkeep.py).
            form = {**form, "reason": rules.WAITS}
    elif what == "link":
        link(session, actor, proposal, form["programme_id"], form["text"] or "")
    elif what in ("disburse", "deliver"):
        if what == "disburse" and standing.flags:
            raise NotEligible([b for b in blocks_of(session, [proposal], now)[proposal.id] if b.code in standing.flags])
        # What was received was received: it is recorded whatever stands against the pair, and flagged.
        flags = standing.flags
        _require_fitting(proposal, standing, what, form)
        _require_day(proposal, form["on"], now)
    elif what == "reduce":
        amount = _reduced(proposal, standing, form)
    elif what == "reverse":
        entry = _entry(session, actor, proposal, standing, form["step_id"])
        amount = entry.amount
    elif what == "allow":
        flags = standing.flags - rules.NEVER_ALLOWED
    add_step(
        session, actor, proposal, side, what, now, reason=form.get("reason"), text=form.get("text") or "",
        amount=amount, on=entry.on if entry else form.get("on"), flags=flags, reverses_id=entry.id if entry else None,
    )  # fmt: skip
    return proposal


def _reduced(proposal: Proposal, standing: rules.Standing, form: Mapping[str, Any]) -> int:
    """The new amount: less than it was, and not less than what was paid or received."""
    least, amount = max(standing.disbursed, standing.delivered), form["amount"]
    if form["currency"] not in (None, proposal.currency):
        raise InvalidInput({"currency": [f"This commitment is in {proposal.currency}."]})
    if amount is None and not least:
        raise InvalidInput({"amount": [N_("Nothing is paid or received yet: call the whole commitment off instead.")]})
    amount = least if amount is None else amount
    if amount < least:
        raise InvalidInput({"amount": [f"{format_money(least, proposal.currency)} are paid or received already."]})
    if amount >= (standing.amount or 0):
        raise InvalidInput({"amount": [f"It is {format_money(standing.amount or 0, proposal.currency)}: write less."]})
    return int(amount)


def _entry(
    session: Session, actor: Actor, proposal: Proposal, standing: rules.Standing, step_id: int
) -> ProposalStep:  # fmt: skip
    """The payment or delivery of the actor's side that is taken back."""
    step = session.get(ProposalStep, step_id)
    if step is None or step.proposal_id != proposal.id or step.act not in ("disburse", "deliver"):
        raise InvalidInput({"step_id": [N_("This is no payment or delivery of the commitment.")]})
    policy.require(actor, right_of(step.act), proposal)
    if step.id in standing.reversed:
        raise InvalidInput({"step_id": [N_("This entry was taken back already.")]})
    return step


EARLIEST = timedelta(days=90)
"""So long before the agreement a payment or delivery can lie that is entered late"""


def _require_day(proposal: Proposal, on: date, now: datetime) -> None:
    first = (proposal.agreed_at or now).date() - EARLIEST
    if on > now.date():
        raise InvalidInput({"on": [N_("This day has not come yet: enter what was paid or received.")]})
    if on < first:
        raise InvalidInput({"on": [f"This is more than 90 days before the agreement: the earliest day is {first}."]})


def _require_fitting(proposal: Proposal, standing: rules.Standing, what: str, form: Mapping[str, Any]) -> None:
    if proposal.amount is None:
        if form["amount"] is not None:
            raise InvalidInput({"amount": [N_("This is help in kind: leave the amount out.")]})
        return
    if form["amount"] is None:
        raise InvalidInput({"amount": [N_("This is needed.")]})
    if form["currency"] not in (None, proposal.currency):
        raise InvalidInput({"currency": [f"This commitment is in {proposal.currency}."]})
    so_far = standing.disbursed if what == "disburse" else standing.delivered
    left = proposal.amount - so_far
    if form["amount"] > left:
        raise InvalidInput({"amount": [f"Only {format_money(left, proposal.currency)} of the commitment is left."]})
