"""The sentence of a proposal that waits for an answer: made when it is read, from what the reader may see then."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from flask_babel import gettext
from sqlalchemy import select
from sqlmodel import Session, col

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.matching.ledger import rules, views
from registry.matching.ledger.models import Proposal
from registry.web.presentation import day, money


def asking(item: Mapping[str, Any], lapse_days: int) -> str:
    """Who proposes what to whom, how much, and until when, of a proposal (views.describe) that waits for an answer."""
    said = {
        "who": item["organisation_name"] if item["proposed_by"] == rules.OFFER else item["state_name"],
        "giver": item["organisation_name"],
        "amount": money(item["amount"], item["currency"]) if item["amount"] is not None else gettext("help in kind"),
        "need": item["need_title"],
        "day": day((item["created_at"] + timedelta(days=lapse_days)).date()),
    }
    if item["proposed_by"] == rules.NEED:
        return gettext(
            "%(who)s proposes that %(giver)s gives %(amount)s for %(need)s: accept or decline by %(day)s", **said
        )
    if item["proposed_by"] == rules.OFFER:
        return gettext("%(who)s proposes %(amount)s for %(need)s: accept or decline by %(day)s", **said)
    return gettext(
        "The coordinator proposes that %(giver)s gives %(amount)s for %(need)s: accept or decline by %(day)s", **said
    )


def waiting(session: Session, actor: Actor, lapse_days: int) -> list[tuple[int, str]]:
    """(proposal, sentence) of what waits for the actor's yes or no, those that lapse first at the top."""
    items, _ = views.list_proposals(session, actor, {"waiting": True})
    return [(item["id"], asking(item, lapse_days)) for item in sorted(items, key=lambda each: each["created_at"])]


def asked_of(session: Session, actor: Actor, ids: Collection[int], lapse_days: int) -> dict[int, str]:
    """Of these proposals those that wait for the actor's side now → the sentence."""
    side = rules.NEED if actor.role == "state" else rules.OFFER
    rows = session.scalars(select(Proposal).where(col(Proposal.id).in_(ids), policy.visible(actor, Proposal))).all()
    own = [
        row for row in rows
        if row.status == rules.PROPOSED
        and (row.state == actor.state if side == rules.NEED else row.organisation_id == actor.organisation_id)
    ]  # fmt: skip
    found = views.describe(session, actor, own)
    return {item["id"]: asking(item, lapse_days) for item in found if side in item["waits_for"]}
