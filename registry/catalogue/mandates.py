"""Who reports programmes for whom: an organisation for itself, and for those that a coordinator entered it for.

A mandate is entered with its reason, and revoked; it is never deleted, so that what was reported under it stays
explained.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from registry.accounts import audit, policy
from registry.accounts.actor import Actor
from registry.catalogue.mandate_models import ReportingMandate
from registry.catalogue.models import Organisation
from registry.db import utcnow
from registry.errors import N_, Conflict, InvalidInput, NotFound

MANDATE: Any = ReportingMandate
ORGANISATION: Any = Organisation
MAY_NOT = N_(
    "Your organisation does not report for this one. A coordinator can enter that it does, on the page of your"
    " organisation."
)


def reports_for(session: Session, organisation_id: int) -> set[int]:
    """The organisations that this one reports for today, itself not included."""
    statement = select(MANDATE.reported_id).where(
        MANDATE.organisation_id == organisation_id, MANDATE.revoked_at.is_(None)
    )
    return set(session.execute(statement).scalars())


def standing_in(session: Session, actor: Actor, owner: int | None) -> Actor:
    """The actor as policy judges a programme of `owner`: as one of that organisation, where theirs reports for it."""
    own = actor.organisation_id
    if owner is None or own is None or own == owner or owner not in reports_for(session, own):
        return actor
    return replace(actor, organisation_id=owner)


def enter_mandate(
    session: Session, actor: Actor, organisation_id: int, reported_id: int, reason: str, now: datetime | None = None
) -> ReportingMandate:
    """Enter that the organisation reports for another. Raises NotFound, InvalidInput, Conflict (it does already)."""
    policy.require(actor, "mandate.manage")
    _require(session, organisation_id)
    if session.get(Organisation, reported_id) is None:
        raise InvalidInput({"reported_id": [N_("There is no such organisation.")]})
    if organisation_id == reported_id:
        raise InvalidInput({"reported_id": [N_("Every organisation reports for itself: name another.")]})
    if reported_id in reports_for(session, organisation_id):
        raise Conflict(N_("This organisation reports for that one already."))
    mandate = ReportingMandate(
        organisation_id=organisation_id, reported_id=reported_id, reason=reason, entered_at=now or utcnow(),
        entered_by=actor.user_id,
    )  # fmt: skip
    session.add(mandate)
    session.flush()
    audit.record(
        session, actor, "mandate.enter", f"organisation:{organisation_id}", mandate=mandate.id, reports_for=reported_id,
        reason=reason,
    )  # fmt: skip
    return mandate


def revoke_mandate(
    session: Session, actor: Actor, organisation_id: int, mandate_id: int, now: datetime | None = None
) -> ReportingMandate:
    """End a mandate at once; what was reported under it stays. Raises NotFound; revoking again changes nothing."""
    policy.require(actor, "mandate.manage")
    mandate = session.get(ReportingMandate, mandate_id)
    if mandate is None or mandate.organisation_id != organisation_id:
        raise NotFound(N_("There is no such entry."))
    if mandate.revoked_at is None:
        mandate.revoked_at, mandate.revoked_by = now or utcnow(), actor.user_id
        session.add(mandate)
        session.flush()
        audit.record(
            session, actor, "mandate.revoke", f"organisation:{organisation_id}", mandate=mandate_id,
            reports_for=mandate.reported_id,
        )  # fmt: skip
    return mandate


def list_mandates(session: Session, organisation_id: int) -> Sequence[tuple[ReportingMandate, str]]:
    """(mandate, name of the organisation reported for), those in force first, the newest first. Raises NotFound."""
    _require(session, organisation_id)
    statement = select(ReportingMandate, ORGANISATION.name).where(
        MANDATE.organisation_id == organisation_id, MANDATE.reported_id == ORGANISATION.id
    )
    rows = session.execute(statement.order_by(MANDATE.revoked_at.is_not(None), MANDATE.id.desc()))
    return [(row[0], row[1]) for row in rows]


def _require(session: Session, organisation_id: int) -> None:
    if session.get(Organisation, organisation_id) is None:
        raise NotFound(N_("There is no such organisation."))
