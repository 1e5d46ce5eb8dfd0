"""What every write to an assessment does alike: hold its row, keep answers, note history, event and audit entry."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from registry.accounts import audit
from registry.accounts.actor import Actor
from registry.catalogue.history import Changes, record_revision
from registry.catalogue.models import StateFact
from registry.compliance import editions
from registry.compliance.carrying import carried_ids
from registry.compliance.editions import Edition
from registry.compliance.judging import Judged, judge
from registry.compliance.models import Answer, Assessment
from registry.errors import N_, Conflict
from registry.events.outbox import Change, emit

OWNER_ONLY = "private"
"""Of an assessment, private means the State's own people: not even coordinators (accounts/visibility.py)."""

EVENTS = {
    "assessment.create": "assessment.created",
    "assessment.answer": "assessment.updated",
    "assessment.attach": "assessment.updated",
    "assessment.detach": "assessment.updated",
    "assessment.comment": "assessment.commented",
    "assessment.assign": "assessment.assigned",
    "assessment.submit": "assessment.submitted",
    "assessment.return": "assessment.returned",
    "assessment.review": "assessment.reviewed",
    "assessment.publish": "assessment.published",
    "assessment.link_gap": "assessment.gap_linked",
}
"""what was done → what others are told"""

_MESSAGES = {
    "draft": N_("This assessment is still a draft."),
    "submitted": N_("This assessment is handed in: it must be returned before it can change."),
    "reviewed": N_("This assessment is reviewed: it must be returned before it can change."),
    "published": N_("This assessment is published and changes no more: begin a new one."),
}


def hold(session: Session, assessment: Assessment, *allowed: str) -> None:
    """Read the row afresh and keep other writers off until the commit; Conflict unless its status is allowed."""
    session.refresh(assessment, with_for_update=True)
    if assessment.status not in allowed:
        raise Conflict(_MESSAGES[assessment.status])


def answers_of(session: Session, assessment: Assessment) -> dict[str, Answer]:
    """clause id → answer"""
    rows = session.scalars(select(Answer).where(Answer.assessment_id == assessment.id).order_by(Answer.clause))  # type: ignore[arg-type]
    return {row.clause: row for row in rows}


def known_facts(
    session: Session, state: str, edition: Edition, earlier: Assessment | None = None
) -> dict[str, bool | None]:
    """Every fact the edition asks for, None where it is unknown: what the State itself said in the earlier assessment,
    else as it is recorded of the State.

    What the State left unknown there stays so, unless it was recorded only after that assessment was begun: otherwise
    an assessment that is carried on would count other clauses although nothing has changed.
    """
    said = earlier.facts if earlier else {}
    facts: dict[str, bool | None] = {fact: said.get(fact) for fact in edition.facts}
    rows = session.execute(
        select(StateFact.fact, StateFact.value, StateFact.updated_at).where(  # type: ignore[call-overload]
            StateFact.state == state,
            StateFact.value.is_not(None),  # type: ignore[union-attr]
        )
    )
    for fact, value, recorded_at in rows:
        is_open = fact in facts and facts[fact] is None
        if is_open and (earlier is None or fact not in said or recorded_at > earlier.created_at):
            facts[fact] = value
    return facts


def carry_answers(session: Session, assessment: Assessment, edition: Edition, earlier: Assessment) -> dict[str, str]:
    """Copy the earlier answers whose clauses still ask the same and whose values still fit: clause before → now."""
    ids, carried = carried_ids(editions.pinned(session, earlier.standard_id), edition), {}
    for clause, given in answers_of(session, earlier).items():
        if clause not in ids:
            continue
        judged = judge(edition, edition.requirements[ids[clause]], as_dict(given))
        if isinstance(judged, Judged):
            # Who answered and when stays: a carried answer is as old as it was.
            content = asdict(judged) | {"answered_by": given.answered_by, "answered_at": given.answered_at}
            session.add(Answer(assessment_id=assessment.id or 0, **content))
            carried[clause] = ids[clause]
    session.flush()
    return carried


def write_answers(
    session: Session, actor: Actor, assessment: Assessment, judged: Mapping[str, Judged | None], now: datetime
) -> Changes:
    """Keep these answers, drop those that are None, leave all others. Returns what changed.

    Where that is anything, the caller counts the assessment's version up: answers are marked with the next one.
    """
    kept = answers_of(session, assessment)
    changes: Changes = {}
    for clause, new in judged.items():
        row = kept.get(clause)
        before = as_dict(row) if row else None
        after = as_dict(new) if new else None
        if before == after:
            continue
        changes[f"answers.{clause}"] = [before, after]
        if row and new is None:
            session.delete(row)
        if new is None:
            continue
        content = asdict(new) | {"answered_by": actor.user_id, "answered_at": now, "version": assessment.version + 1}
        row = row or Answer(assessment_id=assessment.id or 0, **content)
        for name, value in content.items():
            setattr(row, name, value)
        session.add(row)
    return changes


def as_dict(given: Answer | Judged) -> dict[str, str]:
    """An answer's content, as forms and history have it; law and practice only where something is said of them."""
    extents = {name: said for name in ("in_law", "in_practice") if (said := getattr(given, name))}
    return {"value": given.value, "reason": given.reason, "evidence": given.evidence, **extents}


def note(
    session: Session, actor: Actor, assessment: Assessment, action: str, now: datetime, changes: Changes, **data: Any
) -> None:
    """History, event and audit entry of one write. `data` goes into the event's summary.

    Everybody is told of a published assessment only; of a gap's need the State alone, for the need is a draft.
    """
    session.flush()
    record_id = assessment.id or 0
    record_revision(session, actor, "assessment", record_id, assessment.version, changes, now)
    summary = {
        "state": assessment.state,
        "standard": assessment.standard,
        "standard_version": editions.pinned(session, assessment.standard_id).version,
        "status": assessment.status,
        **data,
    }
    visibility = "public" if action == "assessment.publish" else OWNER_ONLY
    change = Change(EVENTS[action], "assessment", record_id, assessment.version, summary, visibility, assessment.state)
    emit(session, change, at=now)
    # The log says that answers changed, not what they are: admins read it, an unpublished answer is the State's.
    audit.record(
        session, actor, action, f"assessment:{record_id}", state=assessment.state, standard=assessment.standard
    )
