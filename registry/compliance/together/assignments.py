"""Who answers which section of a draft. It is told to whom it concerns, and keeps nobody else from answering."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.accounts.models import User
from registry.compliance import editions
from registry.compliance.models import Assessment
from registry.compliance.sections import Step, steps
from registry.compliance.together.models import Assignment
from registry.compliance.together.schemas import AssignmentForm
from registry.compliance.writing import answers_of, hold, note
from registry.db import touch, utcnow
from registry.errors import N_, InvalidInput
from registry.schemas import load


@dataclass(frozen=True, slots=True)
class Assigned:
    """A section, how far it has come, and whose it is (None: nobody's in particular)."""

    step: Step
    user_id: int | None
    name: str


def colleagues(session: Session, actor: Actor, assessment: Assessment) -> Sequence[User]:
    """The people of the State with an account that is in use, by name."""
    policy.require(actor, "assessment.assign", assessment)
    return session.scalars(
        select(User)
        .where(col(User.role) == "state", col(User.state) == assessment.state, col(User.disabled_at).is_(None))
        .order_by(col(User.name), col(User.id))
    ).all()


def assignments_of(session: Session, actor: Actor, assessment: Assessment) -> list[Assigned]:
    """Every section in order. Raises NotAllowed for all but the State's own people."""
    policy.require(actor, "assessment.assign", assessment)
    rows = session.execute(
        select(Assignment.section, User.id, User.name)  # type: ignore[call-overload]
        .join(User, col(User.id) == col(Assignment.user_id))
        .where(col(Assignment.assessment_id) == assessment.id)
    )
    known = {row.section: row for row in rows}
    edition = editions.pinned(session, assessment.standard_id)
    return [
        Assigned(step, known[step.id].id, known[step.id].name) if step.id in known else Assigned(step, None, "")
        for step in steps(edition, assessment, answers_of(session, assessment).keys())
    ]


def assign(session: Session, actor: Actor, assessment: Assessment, data: Mapping[str, Any]) -> None:
    """Give a section of a draft to somebody of the State, or to nobody (input: AssignmentForm).

    Raises InvalidInput naming `section` or `user_id`, Conflict once handed in. The same again changes nothing.
    """
    policy.require(actor, "assessment.assign", assessment)
    form, now = load(AssignmentForm(), data), utcnow()
    hold(session, assessment, "draft")
    section, user_id = form["section"], form["user_id"]
    edition = editions.pinned(session, assessment.standard_id)
    if section not in {step.id for step in steps(edition, assessment, ())}:
        raise InvalidInput({"section": [N_("There is no such section.")]})
    if user_id is not None and user_id not in {user.id for user in colleagues(session, actor, assessment)}:
        raise InvalidInput({"user_id": [N_("Choose somebody of your State who has an account here.")]})
    row = session.scalar(
        select(Assignment).where(col(Assignment.assessment_id) == assessment.id, col(Assignment.section) == section)
    )
    if (row.user_id if row else None) == user_id:
        return
    if user_id is None:
        session.delete(row)
    else:
        row = row or Assignment(assessment_id=assessment.id or 0, section=section, user_id=user_id, assigned_at=now)
        row.user_id, row.assigned_by, row.assigned_at = user_id, actor.user_id, now
        session.add(row)
    touch(assessment, None, now)
    note(session, actor, assessment, "assessment.assign", now, {}, section=section, user_id=user_id)
