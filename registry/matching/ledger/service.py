"""What either side does with a proposal. Every act is one row; the same act again changes nothing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from marshmallow import Schema
from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.accounts.finding import visible_one
from registry.catalogue.money import format_money
from registry.catalogue.programmes import get_programme
from registry.db import utcnow
from registry.errors import N_, InvalidInput, VersionMismatch
from registry.matching import refresh
from registry.matching.ledger import rules
from registry.matching.ledger.eligible import require_eligible
from registry.matching.ledger.models import Proposal
from registry.matching.ledger.proposing import require_left, require_types, set_value
from registry.matching.ledger.recording import add_step, side_of, standing_of
from registry.matching.ledger.schemas import (
    DeclineForm,
    LinkForm,
    MaybeWordsForm,
    MetForm,
    PaymentForm,
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
}
"""Act → what it says"""
RIGHTS = {
    "withdraw": "proposal.withdraw", "link": "proposal.spend", "disburse": "proposal.spend",
    "deliver": "proposal.receive", "met": "proposal.receive",
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
    rules.require(what, side, standing, proposal.posted_at is not None)
    if what == "accept":
        need_facts, offer_facts, _ = require_eligible(session, proposal.need_id, proposal.offer_id, now)
        require_types(proposal, need_facts, offer_facts)
        set_value(session, proposal, now)
        require_left(session, proposal)
    elif what == "link":
        _link(session, actor, proposal, form["programme_id"])
    elif what in ("disburse", "deliver"):
        if what == "disburse":
            # What was received was received: it is recorded whatever stands against the pair.
            require_eligible(session, proposal.need_id, proposal.offer_id, now, lasting=True)
        _require_fitting(proposal, standing, what, form)
    add_step(
        session, actor, proposal, side, what, now, reason=form.get("reason"), text=form.get("text") or "",
        amount=form.get("amount"), on=form.get("on"),
    )  # fmt: skip
    return proposal


def _link(session: Session, actor: Actor, proposal: Proposal, programme_id: int) -> None:
    get_programme(session, actor, programme_id)
    proposal.programme_id = programme_id


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
