"""Evidence of the answers of an assessment: added and removed in a draft, read by whom it is for, carried on."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlmodel import Session, col

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.compliance import editions
from registry.compliance.evidence.models import PART_BYTES, Evidence, EvidenceFile, EvidencePart
from registry.compliance.evidence.rules import File, is_expired, judge_link
from registry.compliance.evidence.schemas import EvidenceForm
from registry.compliance.models import Assessment
from registry.compliance.writing import hold, note
from registry.db import touch, utcnow
from registry.errors import N_, Conflict, InvalidInput, NotFound
from registry.schemas import load

MOST = 500
"""Pieces of evidence of one assessment."""


def add(
    session: Session, actor: Actor, assessment: Assessment, data: Mapping[str, Any], file: File | None = None
) -> Evidence:
    """Add a file, a link or a document's title to a clause of a draft (input: EvidenceForm).

    The same again, as after a double click, gives the one that is there. Raises InvalidInput, Conflict once handed in.
    """
    policy.require(actor, "assessment.attach", assessment)
    form = load(EvidenceForm(), data)
    made = _made(form, file)
    hold(session, assessment, "draft")
    if made.clause not in editions.pinned(session, assessment.standard_id).requirements:
        raise InvalidInput({"clause": [N_("There is no such clause in this edition of the standard.")]})
    for known in evidence_of(session, actor, assessment):
        if _same(known, made):
            return known
    if (session.scalar(select(func.count()).where(col(Evidence.assessment_id) == assessment.id)) or 0) >= MOST:
        raise Conflict(N_("One assessment takes %(most)s pieces of evidence: remove some first."), most=MOST)
    now = utcnow()
    made.assessment_id, made.added_by, made.added_at = assessment.id or 0, actor.user_id, now
    if file:
        made.file_id = _kept(session, file)
    session.add(made)
    session.flush()
    _note(session, actor, assessment, "assessment.attach", now, made.clause, [None, _code(made)])
    return made


def remove(
    session: Session, actor: Actor, assessment: Assessment, evidence: Evidence, expected_version: int | None = None
) -> None:
    """Take a piece of evidence out of a draft; a file goes with the last evidence that refers to it.

    Raises Conflict once handed in, VersionMismatch where the assessment is not at `expected_version`.
    """
    policy.require(actor, "assessment.detach", assessment)
    hold(session, assessment, "draft")
    change = [_code(evidence), None]
    session.delete(evidence)
    _note(session, actor, assessment, "assessment.detach", utcnow(), evidence.clause, change, expected_version)
    others = select(func.count()).where(col(Evidence.file_id) == evidence.file_id)
    if evidence.file_id is not None and not session.scalar(others):
        session.execute(delete(EvidencePart).where(col(EvidencePart.file_id) == evidence.file_id))
        session.execute(delete(EvidenceFile).where(col(EvidenceFile.id) == evidence.file_id))


def evidence_of(session: Session, actor: Actor, assessment: Assessment) -> Sequence[Evidence]:
    """What of it the actor may see, by clause in the order it was added."""
    return session.scalars(
        select(Evidence)
        .where(col(Evidence.assessment_id) == assessment.id, policy.visible(actor, Evidence))
        .order_by(col(Evidence.clause), col(Evidence.id))
    ).all()


def get(session: Session, actor: Actor, assessment: Assessment, evidence_id: int) -> Evidence:
    """One piece; NotFound also where the actor may not know of it."""
    for evidence in evidence_of(session, actor, assessment):
        if evidence.id == evidence_id:
            return evidence
    raise NotFound(N_("There is no such evidence."))


def content(session: Session, evidence: Evidence) -> bytes:
    """The bytes of a file. Raises NotFound for a link or a title."""
    if evidence.file_id is None:
        raise NotFound(N_("There is no file in this evidence."))
    parts = select(col(EvidencePart.data)).where(col(EvidencePart.file_id) == evidence.file_id)
    return b"".join(session.scalars(parts.order_by(col(EvidencePart.number))))


def carry(session: Session, assessment: Assessment, earlier: Assessment, ids: Mapping[str, str]) -> int:
    """Copy the evidence of answers that were carried (`ids`: clause before → now); how many pieces. Bytes stay one."""
    rows = session.scalars(
        select(Evidence).where(col(Evidence.assessment_id) == earlier.id).order_by(col(Evidence.id))
    ).all()
    carried = [row for row in rows if row.clause in ids]
    for row in carried:
        values = row.model_dump(exclude={"id"}) | {"assessment_id": assessment.id, "clause": ids[row.clause]}
        session.add(Evidence(**values))
    session.flush()
    return len(carried)


def describe(evidence: Evidence, today: date) -> dict[str, Any]:
    """As the API shows it; persons are not named."""
    hidden = {"added_by", "assessment_id", "file_id"}
    return {**evidence.model_dump(exclude=hidden), "expired": is_expired(evidence.expires_on, today)}


def _made(form: Mapping[str, Any], file: File | None) -> Evidence:
    if file and form["url"]:
        raise InvalidInput({"url": [N_("Give a file or a link, not both: the other one is evidence of its own.")]})
    url = judge_link(form["url"]) if form["url"] else ""
    title = form["title"] or (file.name if file else url[:300])
    if not title:
        raise InvalidInput({"title": [N_("Choose a file, or write a link or the title of a document.")]})
    return Evidence(
        assessment_id=0,
        clause=form["clause"],
        kind="file" if file else "link" if url else "document",
        title=title,
        url=url,
        file_name=file.name if file else "",
        media_type=file.media_type if file else "",
        size=len(file.content) if file else 0,
        sha256=file.sha256 if file else "",
        expires_on=form["expires_on"],
        visibility=form["visibility"],
        added_at=utcnow(),
    )


def _same(one: Evidence, other: Evidence) -> bool:
    names = ("clause", "kind", "title", "url", "sha256", "expires_on", "visibility")
    return all(getattr(one, name) == getattr(other, name) for name in names)


def _code(evidence: Evidence) -> str:
    """`file 12`: what the history says. It is shown to everybody later, a title may be for the State alone."""
    return f"{evidence.kind} {evidence.id}"


def _kept(session: Session, file: File) -> int:
    row = EvidenceFile(sha256=file.sha256)
    session.add(row)
    session.flush()
    starts = range(0, len(file.content), PART_BYTES)
    session.execute(
        insert(EvidencePart),
        [
            {"file_id": row.id, "number": number, "data": file.content[start : start + PART_BYTES]}
            for number, start in enumerate(starts)
        ],
    )
    return row.id or 0


def _note(
    session: Session,
    actor: Actor,
    assessment: Assessment,
    action: str,
    now: datetime,
    clause: str,
    change: list[Any],
    expected_version: int | None = None,
) -> None:
    touch(assessment, expected_version, now)
    note(session, actor, assessment, action, now, {f"files.{clause}": change}, changed=[f"files.{clause}"])
