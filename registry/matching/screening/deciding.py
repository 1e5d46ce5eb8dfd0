"""What people make of a likeness: the same, different, unsure; remembered, reversible. And the list of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marshmallow import fields, validate
from sqlalchemy import Select, and_, func, or_, select
from sqlmodel import Session, col

from registry.accounts import audit, policy
from registry.accounts.actor import Actor
from registry.accounts.finding import visible_one
from registry.catalogue.folding import fold
from registry.catalogue.history import record_revision
from registry.catalogue.paging import Page, Sort, keyset, sort_of
from registry.db import touch, utcnow
from registry.errors import N_, InvalidInput
from registry.events.outbox import Change, emit
from registry.matching import refresh
from registry.matching.fields import Text
from registry.matching.models import ListedParty
from registry.matching.schemas import Form
from registry.matching.screening import index
from registry.matching.screening.models import DECISIONS, ScreeningHit
from registry.matching.screening.screening import KIND, rematch, threshold
from registry.schemas import load

MISSING = N_("There is no such likeness.")
STANDINGS = ("open", *DECISIONS, "gone")
"""open: alike, and nobody has said yet · gone: no longer alike, or off the list"""
H: Any = ScreeningHit
SORTS = {"score": Sort((H.score, H.id), descending=True), "updated": Sort((H.updated_at, H.id), descending=True)}


class NameForm(Form):
    """A name to compare with the lists, and when its bearer was born."""

    name = Text(300, required=True)
    born = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1850, 2100, error=N_("This must be a year between {min} and {max}.")),
        error_messages={"invalid": N_("This must be a year, such as 1970.")},
    )


@dataclass(frozen=True)
class Checked:
    """What a name was found to be like: `items` from the threshold on, `nearest` the next ones below it."""

    threshold: float
    items: list[dict[str, Any]]
    nearest: list[dict[str, Any]]


class DecisionForm(Form):
    """What somebody makes of a likeness; `open` takes a decision back."""

    decision = fields.String(
        required=True,
        validate=validate.OneOf((*DECISIONS, "open"), error=N_("This must be one of: {choices}.")),
        error_messages={"required": N_("This is needed."), "invalid": N_("This is not text.")},
    )
    reason = Text(500, load_default="")


@dataclass(frozen=True)
class Filters:
    """What the list is narrowed by. `standing`: one of STANDINGS; None: all that are alike today."""

    standing: str | None = None
    organisation_id: int | None = None
    party_id: int | None = None
    q: str = ""


def standing(hit: ScreeningHit) -> str:
    """One of STANDINGS."""
    return (hit.decision or "open") if hit.current else "gone"


def list_hits(
    session: Session, actor: Actor, filters: Filters, sort: str | None = None, cursor: str | None = None,
    limit: int = 50,
) -> Page:  # fmt: skip
    """Hits with their listed party, the most alike first. Raises NotAllowed, InvalidInput for an unknown order."""
    policy.require(actor, "screening.read")
    chosen: Select[Any] = select(
        ScreeningHit, H.id, H.score, H.updated_at, col(ListedParty.reference),
        col(ListedParty.name).label("party_name"), col(ListedParty.regime), col(ListedParty.kind).label("party_kind"),
    ).join(ListedParty, col(ListedParty.id) == H.party_id)  # fmt: skip
    return keyset(session, chosen.where(_conditions(actor, filters)), sort_of(sort, SORTS), cursor, limit)


def counts(session: Session, actor: Actor) -> dict[str, int]:
    """Standing → how many."""
    policy.require(actor, "screening.read")
    rows = session.execute(
        select(H.current, H.decision, func.count())
        .where(policy.visible(actor, ScreeningHit))
        .group_by(H.current, H.decision)
    )
    found = dict.fromkeys(STANDINGS, 0)
    for current, decision, count in rows:
        found[(decision or "open") if current else "gone"] += count
    return found


def get_hit(session: Session, actor: Actor, hit_id: int, *, lock: bool = False) -> ScreeningHit:
    """Raises NotFound where there is none that the actor may see."""
    return visible_one(session, actor, ScreeningHit, hit_id, MISSING, lock=lock)


def decide(
    session: Session, actor: Actor, hit_id: int, data: Mapping[str, Any], expected_version: int | None,
    now: datetime | None = None,
) -> ScreeningHit:  # fmt: skip
    """Say what a likeness is (DecisionForm). Raises InvalidInput, NotAllowed, VersionMismatch.

    The same, said twice, changes nothing. From now on the offers of an organisation are held, barred or free.
    """
    now, form = now or utcnow(), load(DecisionForm(), data)
    if form["decision"] in ("same", "different") and not form["reason"]:
        raise InvalidInput({"reason": [N_("Say what shows it: an identifier, an address, a date.")]})
    refresh.hold(session)
    hit = get_hit(session, actor, hit_id, lock=True)
    policy.require(actor, "screening.decide", hit)
    decision = form["decision"] if form["decision"] in DECISIONS else None
    if (hit.decision, hit.reason) == (decision, form["reason"]):
        return hit
    touch(hit, expected_version, now)
    changes = {"decision": [hit.decision, decision], "reason": [hit.reason, form["reason"]]}
    hit.decision, hit.reason = decision, form["reason"]
    hit.decided_by, hit.decided_at = (actor.user_id, now) if decision else (None, None)
    session.add(hit)
    record_revision(session, actor, KIND, hit.id or 0, hit.version, changes, now)
    told = {"subject": hit.subject, "party_id": hit.party_id, "decision": hit.decision}
    emit(session, Change("screening.decided", KIND, hit.id or 0, hit.version, told, visibility="private"), at=now)
    audit.record(session, actor, "screening.decide", f"{KIND}:{hit.id}", decision=decision)
    if hit.organisation_id is not None:
        rematch(session, {hit.organisation_id}, now)
    return hit


def check_name(session: Session, actor: Actor, data: Mapping[str, Any]) -> Checked:
    """Compare a name (NameForm) with the lists and keep nothing. Raises InvalidInput for a name or year that is none.

    The three nearest names are among the answer even where none is alike enough to be asked about.
    """
    policy.require(actor, "screening.read")
    form, against, least = load(NameForm(), data), index.current(session), threshold()
    nearest = against.nearest([form["name"]], born=form["born"])
    found = against.search([form["name"]], least, born=form["born"])
    known = {item.party_id for item in found}
    below = [item for item in nearest if item.party_id not in known]
    wanted = [item.party_id for item in (*found, *below)]
    parties = {party.id: party for party in session.scalars(select(ListedParty).where(col(ListedParty.id).in_(wanted)))}
    items, others = (
        [
            {
                "party_id": item.party_id, "score": item.score, "evidence": item.evidence(),
                **{name: getattr(parties[item.party_id], name) for name in ("reference", "name", "regime", "kind")},
            }
            for item in some
        ]
        for some in (found, below)
    )  # fmt: skip
    return Checked(least, items, others)


def _conditions(actor: Actor, filters: Filters) -> Any:
    found = [policy.visible(actor, ScreeningHit)]
    if filters.standing == "gone":
        found.append(H.current.is_(False))
    else:
        found.append(H.current.is_(True))
        if filters.standing:
            found.append(H.decision.is_(None) if filters.standing == "open" else H.decision == filters.standing)
    if filters.organisation_id is not None:
        found.append(H.organisation_id == filters.organisation_id)
    if filters.party_id is not None:
        found.append(H.party_id == filters.party_id)
    if words := fold(filters.q).split():
        mine, theirs = func.lower(H.subject_name), col(ListedParty.sort_name)
        found.append(
            and_(*(or_(mine.contains(w, autoescape=True), theirs.contains(w, autoescape=True)) for w in words))
        )
    return and_(*found)
