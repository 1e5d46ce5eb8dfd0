"""A State's assessment of itself: begin, answer, hand in, return, review by another person, publish.

Only the State writes; nobody else sees an assessment before it is published, and nothing changes it afterwards.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue.history import Changes
from registry.catalogue.models import PublishedAnswers
from registry.compliance import editions
from registry.compliance.evidence import service as evidence
from registry.compliance.judging import judge_answers, judge_facts
from registry.compliance.models import Assessment
from registry.compliance.overtaking import refuse_overtaken
from registry.compliance.schemas import AnswersForm, ReturnForm, StartForm
from registry.compliance.writing import answers_of, carry_answers, hold, known_facts, note, write_answers
from registry.db import touch, utcnow
from registry.errors import N_, Conflict, InvalidInput, NotAllowed, NotFound, VersionMismatch
from registry.schemas import load


def get_assessment(session: Session, actor: Actor, assessment_id: int) -> Assessment:
    """The assessment; NotFound also where the caller may not know of it."""
    assessment: Assessment | None = session.scalar(
        select(Assessment).where(Assessment.id == assessment_id, policy.visible(actor, Assessment))  # type: ignore[arg-type]
    )
    if assessment is None:
        raise NotFound(N_("There is no such assessment."))
    return assessment


def earlier_assessments(session: Session, actor: Actor, state: str, slug: str) -> Sequence[Assessment]:
    """Published assessments of a standard by a State, latest first: what a new one can carry its answers from."""
    return session.scalars(
        select(Assessment)
        .where(Assessment.state == state, Assessment.standard == slug, Assessment.status == "published")  # type: ignore[arg-type]
        .where(policy.visible(actor, Assessment))
        .order_by(Assessment.published_at.desc(), Assessment.id.desc())  # type: ignore[union-attr]
    ).all()


def start(session: Session, actor: Actor, data: Mapping[str, Any], now: datetime | None = None) -> Assessment:
    """Begin a State's assessment of the current edition of a standard (input: StartForm).

    Facts come from what is known of the State; answers, with `carry_from`, from an earlier assessment. Raises Conflict
    naming the assessment of this State and standard that is not published yet.
    """
    form, now = load(StartForm(), data), now or utcnow()
    state, slug = form["state"] or actor.state, form["standard"]
    if state is None:
        raise InvalidInput({"state": [N_("This is needed.")]})
    policy.require(actor, "assessment.create", Assessment(state=state, standard_id=0, standard=slug))
    standard = editions.find(session, slug)
    edition = editions.pinned(session, standard.id or 0)
    if edition.status == "superseded":
        raise Conflict(N_("This standard is superseded: assess the one that took its place."))
    facts = judge_facts(edition, form["facts"])
    earlier = _earlier(session, actor, state, form)
    _refuse_second(session, state, slug)
    assessment = Assessment(
        state=state,
        standard_id=standard.id or 0,
        standard=slug,
        facts={**known_facts(session, state, edition, earlier), **facts},
        carried_from=earlier.id if earlier else None,
        created_by=actor.user_id,
        created_at=now,
        updated_at=now,
    )
    try:
        with session.begin_nested():
            session.add(assessment)
    except IntegrityError:
        # Somebody began one between our look and our insert.
        _refuse_second(session, state, slug)
        raise
    carried = carry_answers(session, assessment, edition, earlier) if earlier else {}
    if earlier:
        evidence.carry(session, assessment, earlier, carried)
    changes: Changes = {"status": [None, "draft"], "standard": [None, f"{slug} {edition.version}"]}
    if earlier:
        changes["carried_from"] = [None, earlier.id]
    note(session, actor, assessment, "assessment.create", now, changes, carried=len(carried))
    return assessment


def answer(
    session: Session,
    actor: Actor,
    assessment: Assessment,
    data: Mapping[str, Any],
    expected_version: int | None = None,
    now: datetime | None = None,
) -> Assessment:
    """Give, change or (null) take back answers and facts of a draft (input: AnswersForm). All of them or none.

    Raises InvalidInput naming `answers.<clause>.value` and the like, Conflict once handed in, VersionMismatch, and
    FieldsChanged where an answer or fact is not what its `version` (`facts_seen`) says and not what is sent either.
    """
    now = now or utcnow()
    policy.require(actor, "assessment.answer", assessment)
    form = load(AnswersForm(), data)
    hold(session, assessment, "draft")
    edition = editions.pinned(session, assessment.standard_id)
    facts = judge_facts(edition, form["facts"])
    judged = judge_answers(edition, form["answers"])
    if expected_version is not None and expected_version != assessment.version:
        raise VersionMismatch(assessment.version)
    refuse_overtaken(session, assessment, form, judged)
    changes = write_answers(session, actor, assessment, judged, now)
    for fact, value in facts.items():
        if assessment.facts.get(fact) != value:
            changes[f"facts.{fact}"] = [assessment.facts.get(fact), value]
    if changes:
        touch(assessment, expected_version, now)
        assessment.facts = {**assessment.facts, **facts}
        note(session, actor, assessment, "assessment.answer", now, changes, changed=sorted(changes))
    return assessment


def submit(session: Session, actor: Actor, assessment: Assessment, expected_version: int | None = None) -> Assessment:
    """Hand a draft in for review. Open clauses may stay open; with no answer at all there is nothing to review."""
    policy.require(actor, "assessment.submit", assessment)
    hold(session, assessment, "draft")
    if not answers_of(session, assessment):
        raise Conflict(N_("There are no answers yet."))
    values = {"submitted_by": actor.user_id, "submitted_at": utcnow(), "status_reason": None}
    return _move(session, actor, assessment, "assessment.submit", "submitted", expected_version, values)


def send_back(
    session: Session, actor: Actor, assessment: Assessment, data: Mapping[str, Any], expected_version: int | None = None
) -> Assessment:
    """Return an assessment to its authors with a reason (input: ReturnForm): it is a draft again."""
    policy.require(actor, "assessment.return", assessment)
    values = {"status_reason": load(ReturnForm(), data)["reason"]}
    hold(session, assessment, "submitted", "reviewed")
    values |= dict.fromkeys(("submitted_by", "submitted_at", "reviewed_by", "reviewed_at"))
    return _move(session, actor, assessment, "assessment.return", "draft", expected_version, values)


def review(session: Session, actor: Actor, assessment: Assessment, expected_version: int | None = None) -> Assessment:
    """Confirm what was handed in, as another person of the State. From now on *not applicable* counts."""
    policy.require(actor, "assessment.review", assessment)
    hold(session, assessment, "submitted")
    if actor.user_id is None or actor.user_id == assessment.submitted_by:
        raise NotAllowed(N_("Another person than the one who handed it in must review an assessment."))
    values = {"reviewed_by": actor.user_id, "reviewed_at": utcnow()}
    return _move(session, actor, assessment, "assessment.review", "reviewed", expected_version, values)


def publish(session: Session, actor: Actor, assessment: Assessment, expected_version: int | None = None) -> Assessment:
    """Show a reviewed assessment to everybody, for good."""
    policy.require(actor, "assessment.publish", assessment)
    hold(session, assessment, "reviewed")
    now = utcnow()
    published = _move(
        session, actor, assessment, "assessment.publish", "published", expected_version, {"published_at": now}
    )
    row = session.get(PublishedAnswers, (assessment.state, assessment.standard))
    row = row or PublishedAnswers(state=assessment.state, standard=assessment.standard, answers=0, published_at=now)
    row.answers, row.published_at = len(answers_of(session, assessment)), now
    session.add(row)
    return published


def _refuse_second(session: Session, state: str, slug: str) -> None:
    found = session.scalar(
        select(Assessment.id).where(  # type: ignore[call-overload]
            Assessment.state == state, Assessment.standard == slug, Assessment.status != "published"
        )
    )
    if found is not None:
        raise Conflict(N_("Assessment %(id)s of this standard is not published yet: go on with that one."), id=found)


def _earlier(session: Session, actor: Actor, state: str, form: Mapping[str, Any]) -> Assessment | None:
    if form["carry_from"] is None:
        return None
    for earlier in earlier_assessments(session, actor, state, form["standard"]):
        if earlier.id == form["carry_from"]:
            return earlier
    raise InvalidInput({"carry_from": [N_("This is no published assessment of this standard by this State.")]})


def _move(
    session: Session,
    actor: Actor,
    assessment: Assessment,
    action: str,
    status: str,
    expected_version: int | None,
    values: Mapping[str, Any],
) -> Assessment:
    now = utcnow()
    touch(assessment, expected_version, now)
    changes: Changes = {"status": [assessment.status, status]}
    if values.get("status_reason"):
        changes["reason"] = [None, values["status_reason"]]
    for name, value in values.items():
        setattr(assessment, name, value)
    assessment.status = status
    note(session, actor, assessment, action, now, changes)
    return assessment
