"""Comments on the clauses of an assessment: the State's own people talk to one another until it is published."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.accounts.models import User
from registry.compliance import editions
from registry.compliance.models import Assessment
from registry.compliance.together.models import Comment
from registry.compliance.together.schemas import CommentForm
from registry.compliance.writing import hold, note
from registry.db import touch, utcnow
from registry.errors import N_, InvalidInput
from registry.schemas import load

TWICE = timedelta(minutes=10)
"""Within it, the same words by the same person on the same clause are one comment that was sent twice."""


def comments_of(
    session: Session, actor: Actor, assessment: Assessment, clause: str | None = None
) -> Sequence[tuple[Comment, str]]:
    """(comment, its author's name), oldest first. Raises NotAllowed for all but the State's own people."""
    policy.require(actor, "assessment.comment", assessment)
    query = select(Comment, User.name).join(User, col(User.id) == col(Comment.written_by), isouter=True)  # type: ignore[call-overload]
    query = query.where(col(Comment.assessment_id) == assessment.id)
    if clause is not None:
        query = query.where(col(Comment.clause) == clause)
    return [(row[0], row[1] or "") for row in session.execute(query.order_by(col(Comment.id)))]


def add_comment(session: Session, actor: Actor, assessment: Assessment, data: Mapping[str, Any]) -> Comment:
    """Say something about a clause (input: CommentForm). Raises InvalidInput, Conflict once it is published."""
    policy.require(actor, "assessment.comment", assessment)
    form, now = load(CommentForm(), data), utcnow()
    hold(session, assessment, "draft", "submitted", "reviewed")
    if form["clause"] not in editions.pinned(session, assessment.standard_id).requirements:
        raise InvalidInput({"clause": [N_("There is no such clause in this edition of the standard.")]})
    for known, _ in comments_of(session, actor, assessment, form["clause"]):
        if (known.text, known.written_by) == (form["text"], actor.user_id) and now - known.written_at < TWICE:
            return known
    comment = Comment(assessment_id=assessment.id or 0, written_by=actor.user_id, written_at=now, **form)
    session.add(comment)
    touch(assessment, None, now)
    # Nothing of it in the history: that is shown to everybody once the assessment is published.
    note(session, actor, assessment, "assessment.comment", now, {}, clause=form["clause"])
    return comment
