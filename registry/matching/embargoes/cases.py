"""Checklists of exemptions: opened for a pair, filled in by either side, confirmed by a coordinator, withdrawn.

A confirmed one lets the flows of its exemption through for its pair and its embargo, and nothing else.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from marshmallow import fields, validate
from sqlalchemy import select
from sqlmodel import Session, col

from registry.accounts import audit, policy
from registry.accounts.actor import Actor
from registry.accounts.finding import visible_one
from registry.catalogue.history import changes_between, record_revision
from registry.db import touch, utcnow
from registry.errors import N_, Conflict, InvalidInput, VersionMismatch
from registry.events.outbox import Change, emit
from registry.matching import gather, refresh
from registry.matching.eligibility import carried
from registry.matching.embargoes import reading
from registry.matching.embargoes.released import release_of, terms_of
from registry.matching.embargoes.rules import ITEMS, Exemption, Load
from registry.matching.fields import Text
from registry.matching.forms import NEED, OFFER
from registry.matching.ledger import capacity, reviewing
from registry.matching.models import ExemptionCase
from registry.matching.needs import get_need
from registry.matching.offers import get_offer
from registry.matching.schemas import Form
from registry.schemas import RecordId, load

MISSING = N_("There is no such checklist.")
DAYS = ("delivery_date", "notified_on", "approved_on")
"""Items that are days"""


class OpenForm(Form):
    """For which pair, which embargo, by which of its exemptions."""

    need_id = RecordId(required=True)
    offer_id = RecordId(required=True)
    regime = Text(60, required=True)
    exemption = Text(60, required=True)


class ItemsForm(Form):
    """What the checklist asks for; null takes an item back."""

    items = fields.Dict(
        keys=fields.String(validate=validate.OneOf(ITEMS, error=N_("This must be one of: {choices}."))),
        values=Text(2000, lines=True, allow_none=True),
        required=True,
        error_messages={"required": N_("This is needed.")},
    )


class WithdrawForm(Form):
    """Why it no longer holds."""

    reason = Text(500, required=True)


def get_case(session: Session, actor: Actor, case_id: int, *, lock: bool = False) -> ExemptionCase:
    """Raises NotFound, also where the actor may not know of it."""
    return visible_one(session, actor, ExemptionCase, case_id, MISSING, lock=lock)


def list_cases(session: Session, actor: Actor, limit: int = 200) -> list[ExemptionCase]:
    """Those the actor may see, the latest change first."""
    found = select(ExemptionCase).where(policy.visible(actor, ExemptionCase))
    return list(session.scalars(found.order_by(col(ExemptionCase.updated_at).desc()).limit(limit)))


def open_case(session: Session, actor: Actor, data: Mapping[str, Any], now: datetime | None = None) -> ExemptionCase:
    """Open a checklist (OpenForm), or give the one there is. Raises NotFound, NotAllowed, InvalidInput."""
    form, now = load(OpenForm(), data), now or utcnow()
    need, offer = get_need(session, actor, form["need_id"]), get_offer(session, actor, form["offer_id"])
    made = ExemptionCase(
        need_id=need.id or 0, offer_id=offer.id or 0, state=need.state, organisation_id=offer.organisation_id,
        regime=form["regime"], exemption=form["exemption"], created_at=now, updated_at=now,
    )  # fmt: skip
    policy.require(actor, "exemption.fill", made)
    regime, exemption = terms_of(made)
    if regime is None or need.state not in regime.states:
        raise InvalidInput({"regime": [N_("There is no such embargo on this State.")]})
    if exemption is None or not exemption.items:
        raise InvalidInput({"exemption": [N_("This embargo knows no such exemption with a checklist.")]})
    refresh.hold(session)
    known = session.scalar(
        select(ExemptionCase).where(
            col(ExemptionCase.need_id) == made.need_id,
            col(ExemptionCase.offer_id) == made.offer_id,
            col(ExemptionCase.regime) == made.regime,
        )
    )
    if known is not None and known.status != "withdrawn":
        return known
    if known is not None:
        known.status, known.status_reason, known.exemption = "open", None, made.exemption
        touch(known, None, now)
        made = known
    session.add(made)
    _note(session, actor, made, "opened", {"status": [None, "open"]}, now)
    return made


def fill(
    session: Session, actor: Actor, case_id: int, data: Mapping[str, Any], expected_version: int | None,
    now: datetime | None = None,
) -> ExemptionCase:  # fmt: skip
    """Fill items in (ItemsForm); what is not named stays. Raises InvalidInput (`items.<name>`), Conflict, …"""
    now = now or utcnow()
    case = _held(session, actor, case_id, "exemption.fill", expected_version)
    if case.status != "open":
        raise Conflict(N_("This checklist is not open: what was confirmed stays as it is."))
    _, exemption = terms_of(case)
    given = load(ItemsForm(), data)["items"]
    wrong = {
        f"items.{name}": [N_("This exemption does not ask for it.")]
        for name in given
        if exemption is None or name not in exemption.items
    }
    for name in DAYS:
        if given.get(name) and _day(given[name]) is None:
            wrong[f"items.{name}"] = [N_("Write a date as YYYY-MM-DD.")]
    if wrong:
        raise InvalidInput(wrong)
    before = dict(case.items)
    after = {name: text for name, text in {**before, **given}.items() if text}
    if after != before:
        touch(case, None, now)
        case.items = after
        session.add(case)
        _note(session, actor, case, "updated", changes_between(before, after), now)
    return case


def confirm(
    session: Session, actor: Actor, case_id: int, expected_version: int | None, now: datetime | None = None
) -> ExemptionCase:
    """Confirm a complete checklist: the pair is let through. Raises InvalidInput naming what is missing, Conflict."""
    now = now or utcnow()
    case = _held(session, actor, case_id, "exemption.confirm", expected_version)
    if case.status == "confirmed":
        return case
    if case.status != "open":
        raise Conflict(N_("This checklist is not open: what was confirmed stays as it is."))
    regime, exemption = terms_of(case)
    if regime is None or exemption is None:
        raise Conflict(N_("The embargo or its exemption is no longer in the file."))
    _require_complete(case, exemption, now.date())
    touch(case, None, now)
    case.status, case.confirmed_by, case.confirmed_at = "confirmed", actor.user_id, now
    case.file_sha256, case.judged = reading.current().sha256, _judged(session, case)
    session.add(case)
    _note(session, actor, case, "confirmed", {"status": ["open", "confirmed"]}, now)
    refresh.later(session, "need", case.need_id)
    reviewing.later(session, "need_id", [case.need_id], now)
    return case


def withdraw(
    session: Session, actor: Actor, case_id: int, data: Mapping[str, Any], expected_version: int | None,
    now: datetime | None = None,
) -> ExemptionCase:  # fmt: skip
    """It no longer holds (WithdrawForm): the embargo stands against the pair again. Raises what `confirm` does."""
    now, reason = now or utcnow(), load(WithdrawForm(), data)["reason"]
    case = _held(session, actor, case_id, "exemption.confirm", expected_version)
    if case.status == "withdrawn":
        return case
    before = case.status
    touch(case, None, now)
    case.status, case.status_reason, case.confirmed_by, case.confirmed_at = "withdrawn", reason, None, None
    session.add(case)
    _note(session, actor, case, "withdrawn", {"status": [before, "withdrawn"], "reason": [None, reason]}, now)
    refresh.later(session, "need", case.need_id)
    reviewing.later(session, "need_id", [case.need_id], now)
    return case


def outgrown(session: Session, case: ExemptionCase) -> bool:
    """Whether a confirmed checklist lets nothing through any more: what is asked or offered could now carry more."""
    release = release_of(case)
    return case.status == "confirmed" and (release is None or not release.covers(_load(session, case)))


def missing(case: ExemptionCase) -> list[str]:
    """Items that are still to be filled in."""
    _, exemption = terms_of(case)
    return [name for name in (exemption.items if exemption else ()) if not case.items.get(name)]


def _require_complete(case: ExemptionCase, exemption: Exemption, today: date) -> None:
    wrong = {f"items.{name}": [N_("This is needed.")] for name in missing(case)}
    delivery, notified = _day(case.items.get("delivery_date")), _day(case.items.get("notified_on"))
    least = exemption.days_before
    if not wrong and least and delivery and notified and (delivery - notified).days < least:
        wrong["items.delivery_date"] = [f"At least {least} days must lie between the notice and the delivery."]
    if delivery and delivery < today:
        wrong.setdefault("items.delivery_date", [N_("The day of delivery lies in the past.")])
    for name in ("notified_on", "approved_on"):
        day = _day(case.items.get(name))
        if day and day > today:
            wrong[f"items.{name}"] = [N_("This day is still to come.")]
    if wrong:
        raise InvalidInput(wrong, N_("The checklist is not complete."))


def _load(session: Session, case: ExemptionCase) -> Load:
    """What the pair of a checklist would carry now."""
    need = gather.need_facts(session, capacity.ALL, NEED.c.id == case.need_id)[case.need_id]
    offer = gather.offer_facts(session, capacity.ALL, OFFER.c.id == case.offer_id)[case.offer_id]
    return carried(need, offer, gather.context(session, utcnow(), [offer]))


def _judged(session: Session, case: ExemptionCase) -> dict[str, list[str]]:
    load = _load(session, case)
    return {"types": sorted(load.types), "themes": sorted(load.themes), "words": sorted(load.words)}


def _held(session: Session, actor: Actor, case_id: int, right: str, expected_version: int | None) -> ExemptionCase:
    get_case(session, actor, case_id)
    refresh.hold(session)
    case = get_case(session, actor, case_id, lock=True)
    policy.require(actor, right, case)
    if expected_version is not None and case.version != expected_version:
        raise VersionMismatch(case.version)
    return case


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(str(text or "").strip())
    except ValueError:
        return None


def _note(session: Session, actor: Actor, case: ExemptionCase, past: str, changes: Any, now: datetime) -> None:
    session.flush()
    case_id = case.id or 0
    record_revision(session, actor, "exemption", case_id, case.version, changes, now)
    summary = {"need_id": case.need_id, "offer_id": case.offer_id, "regime": case.regime, "status": case.status}
    told = Change(
        f"exemption.{past}", "exemption", case_id, case.version, summary, "private", case.state, case.organisation_id
    )
    emit(session, told, at=now)
    audit.record(session, actor, f"exemption.{past}", f"exemption:{case_id}", regime=case.regime)
