"""A new programme from a commitment: filled in from both sides, entered as a draft, and named by the commitment."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue.editing import create_programme, organisation_as_named
from registry.catalogue.schemas import ProgrammeCreateSchema
from registry.db import utcnow
from registry.errors import N_, Conflict
from registry.matching import refresh
from registry.matching.forms import need_forms, offer_forms
from registry.matching.ledger import rules
from registry.matching.ledger.models import Proposal
from registry.matching.ledger.recording import side_of, standing_of
from registry.matching.ledger.service import act, get_proposal, right_of
from registry.schemas import load

FUNDING, IMPLEMENTING = "1", "4"
"""IATI OrganisationRole"""
PIPELINE, PLANNED_START, PLANNED_END, ORIGINAL = "1", "1", "3", "1"
"""IATI ActivityStatus, ActivityDateType, BudgetType"""
SECTOR = {"vocabulary": "1", "code": "15240"}
"""OECD DAC: reintegration and small arms and light weapons control"""


def draft_of(session: Session, actor: Actor, proposal_id: int) -> dict[str, Any]:
    """What a programme of this commitment would say (ProgrammeCreateSchema), seen by its owner until it is opened.

    Raises NotFound, NotAllowed, and Conflict where the commitment is none yet or names its programme already.
    """
    proposal = get_proposal(session, actor, proposal_id)
    _require_open(session, actor, proposal)
    need = need_forms(session, [proposal.need_id])[proposal.need_id]
    offer = offer_forms(session, [proposal.offer_id])[proposal.offer_id]
    language = need["language"] or "en"
    giver = organisation_as_named(session, proposal.organisation_id)
    parties = [{**giver, "role": FUNDING}]
    if need["partner_wished"]:
        parties.append({"role": IMPLEMENTING, "narratives": [{"text": need["partner_wished"]}]})
    start, end = _window(need, offer)
    dates = [{"type": kind, "date": day} for kind, day in ((PLANNED_START, start), (PLANNED_END, end)) if day]
    document: dict[str, Any] = {
        "language": language, "title": [{"text": need["title"], "lang": language}], "status": PIPELINE,
        "reporting_org": giver, "participating_orgs": parties, "countries": [{"code": proposal.state}],
        "sectors": [SECTOR], "dates": dates,
    }  # fmt: skip
    if need["description"]:
        document["descriptions"] = [{"type": "1", "narratives": [{"text": need["description"], "lang": language}]}]
    if proposal.amount is not None and start and end:
        agreed = (proposal.agreed_at or proposal.created_at).date().isoformat()
        value = {"amount": proposal.amount, "currency": proposal.currency, "value_date": agreed}
        document["budgets"] = [{"type": ORIGINAL, "period_start": start, "period_end": end, "value": value}]
    themes = [theme for theme in need["themes"] if theme in offer["themes"]] or need["themes"]
    return {"document": document, "themes": themes, "visibility": "public" if proposal.posted_at else "private"}


def enter_programme(
    session: Session,
    actor: Actor,
    proposal_id: int,
    given: Mapping[str, Any] | None = None,
    why: str = "",
    now: datetime | None = None,
) -> int:
    """Enter a programme of this commitment, name it there, and return its id.

    `given`: what it says otherwise than draft_of does (ProgrammePatchSchema). Raises as draft_of, create_programme and
    the act `link` do; `why` is said with the link.
    """
    now = now or utcnow()
    get_proposal(session, actor, proposal_id)
    refresh.hold(session)
    get_proposal(session, actor, proposal_id, lock=True)
    draft, given = draft_of(session, actor, proposal_id), given or {}
    said = {**draft["document"], **(given.get("document") or {})}
    document = {name: value for name, value in said.items() if value is not None}
    data = load(ProgrammeCreateSchema(), {**draft, **given, "document": document})
    programme_id = create_programme(session, actor, data, now)
    act(session, actor, proposal_id, "link", {"programme_id": programme_id, "text": why}, now=now)
    return programme_id


def _require_open(session: Session, actor: Actor, proposal: Proposal) -> None:
    policy.require(actor, right_of("link"), proposal)
    rules.require("link", side_of(actor, proposal), standing_of(session, proposal))
    if proposal.programme_id is not None:
        raise Conflict(
            N_("This commitment names its programme already: no. %(id)s."), id=proposal.programme_id,
            details={"programme_id": proposal.programme_id},
        )  # fmt: skip


def _window(need: Mapping[str, Any], offer: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """The time that both sides have in common; the need's, where they have none by now. Days as YYYY-MM-DD."""
    starts = [side["window_start"] for side in (need, offer) if side["window_start"]]
    ends = [side["window_end"] for side in (need, offer) if side["window_end"]]
    start, end = max(starts, default=None), min(ends, default=None)
    return (need["window_start"], need["window_end"]) if start and end and start > end else (start, end)
