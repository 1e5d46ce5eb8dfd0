"""An assessment's score as people and machines read it: interval, sections, gaps, what changed since the last."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.compliance import editions, scoring
from registry.compliance.editions import Edition, Heading, text_in
from registry.compliance.models import Answer, Assessment
from registry.errors import N_, NotFound

REVIEWED = ("reviewed", "published")

LinkedNeeds = Callable[[Assessment, Sequence[str]], Mapping[str, Sequence[Mapping[str, Any]]]]
"""(assessment, clause ids) → clause id → the needs that would meet it: the door gives it, for needs are not ours."""


def share(value: Fraction | None) -> dict[str, Any] | None:
    """A fraction for JSON: as a number of four places and exactly; None stays None (unknown is not zero)."""
    return None if value is None else {"value": round(float(value), 4), "exact": str(value)}


def assessed(session: Session, assessments: Iterable[Assessment]) -> dict[int, scoring.Assessed]:
    """Assessment id → its edition's scheme with the answers that count and its facts; one query for all."""
    known = {a.id or 0: a for a in assessments}
    given: dict[int, dict[str, scoring.Given]] = {each: {} for each in known}
    rows = session.execute(
        select(Answer.assessment_id, Answer.clause, Answer.value, Answer.reason).where(Answer.assessment_id.in_(known))  # type: ignore[call-overload,attr-defined]
    )
    for assessment_id, clause, value, reason in rows:
        given[assessment_id][clause] = scoring.Given(value, reason)
    pinned = editions.pinned_all(session, (assessment.standard_id for assessment in known.values()))
    scored_of = {
        number: {clause.id for clause in scoring.clauses(edition.scheme.parts) if clause.scored}
        for number, edition in pinned.items()
    }
    found = {}
    for each, assessment in known.items():
        scheme = pinned[assessment.standard_id].scheme
        scored = scored_of[assessment.standard_id]
        counted = scoring.countable(
            scheme, {c: answer for c, answer in given[each].items() if c in scored}, assessment.status in REVIEWED
        )
        found[each] = scoring.Assessed(scheme, counted, assessment.facts)
    return found


def scores(session: Session, assessments: Iterable[Assessment]) -> dict[int, scoring.Score]:
    """Assessment id → score."""
    return {each: scoring.score(a.scheme, a.answers, a.facts) for each, a in assessed(session, assessments).items()}


def headline(edition: Edition, result: scoring.Score, language: str = "en") -> dict[str, Any]:
    """The figures of a whole assessment. `of_answered` is for use beside the interval only."""
    return {
        **_figures(result),
        "shall_low": share(result.shall_low),
        "band": result.band,
        "band_label": edition.band_label(result.band, language),
    }


def scorecard(
    session: Session, assessment: Assessment, linked_needs: LinkedNeeds | None = None, language: str = "en"
) -> dict[str, Any]:
    """Everything there is to say about how an assessment scores, by its own edition for ever."""
    edition = editions.pinned(session, assessment.standard_id)
    before = previous(session, assessment)
    both = assessed(session, [assessment, *([before] if before else [])])
    mine = both[assessment.id or 0]
    gaps = scoring.gaps(mine.scheme, mine.answers, mine.facts)
    needs = linked_needs(assessment, [gap.clause for gap in gaps]) if linked_needs and gaps else {}
    return {
        "state": assessment.state,
        "standard": edition.slug,
        "version": edition.version,
        "sha256": edition.sha256,
        "assessment_id": assessment.id,
        "status": assessment.status,
        **headline(edition, scoring.score(mine.scheme, mine.answers, mine.facts), language),
        "not_applicable_unreviewed": _unreviewed(session, assessment),
        "sections": [_section(mine, heading, language) for heading in edition.headings.values()],
        "gaps": [gap_entry(edition, gap, needs.get(gap.clause, ()), language) for gap in gaps],
        "trend": _trend(before, both, mine),
    }


def gap_entry(
    edition: Edition, gap: scoring.Gap, needs: Sequence[Mapping[str, Any]] = (), language: str = "en"
) -> dict[str, Any]:
    """One gap with what would help and the needs that stand for it."""
    clause = edition.requirements[gap.clause]
    return {
        "clause": gap.clause,
        "ref": clause.ref,
        "question": clause.question(language),
        "level": gap.level,
        "critical": gap.critical,
        "fulfilment": share(gap.fulfilment),
        "weight": share(gap.weight),
        "themes": clause.themes,
        "assist": [{"theme": item["theme"], "types": list(item["types"])} for item in clause.assist],
        "linked_needs": [dict(need) for need in needs],
    }


def latest(session: Session, actor: Actor, state: str, slug: str, published_only: bool = True) -> Assessment:
    """The State's latest assessment of a standard that the caller may see. Raises NotFound where there is none."""
    query = select(Assessment).where(
        Assessment.state == state,  # type: ignore[arg-type]
        Assessment.standard == slug,  # type: ignore[arg-type]
        policy.visible(actor, Assessment),
    )
    if published_only:
        query = query.where(Assessment.status == "published")  # type: ignore[arg-type]
    found: Assessment | None = session.scalar(query.order_by(Assessment.id.desc()).limit(1))  # type: ignore[arg-type,union-attr]
    if found is None:
        raise NotFound(N_("%(state)s has no assessment of %(standard)s."), state=state, standard=slug)
    return found


def previous(session: Session, assessment: Assessment) -> Assessment | None:
    """The published assessment of the same State and standard before this one: public, so anybody may compare."""
    found: Assessment | None = session.scalar(
        select(Assessment)
        .where(
            Assessment.state == assessment.state,  # type: ignore[arg-type]
            Assessment.standard == assessment.standard,  # type: ignore[arg-type]
            Assessment.status == "published",  # type: ignore[arg-type]
            Assessment.id < assessment.id,  # type: ignore[operator,arg-type]
        )
        .order_by(Assessment.id.desc())  # type: ignore[union-attr]
        .limit(1)
    )
    return found


def progress(session: Session, assessment: Assessment) -> dict[str, int]:
    """How many of the clauses that apply are filled in, *not applicable* and unscored ones included."""
    edition = editions.pinned(session, assessment.standard_id)
    asked = {c.id for c in scoring.clauses(edition.scheme.parts) if scoring.applies(c, assessment.facts)}
    given = set(session.scalars(select(Answer.clause).where(Answer.assessment_id == assessment.id)))  # type: ignore[call-overload]
    return {"clauses": len(asked), "filled_in": len(asked & given)}


def _figures(result: scoring.Score) -> dict[str, Any]:
    return {
        "low": share(result.low),
        "high": share(result.high),
        "of_answered": share(result.of_answered),
        "answered_share": share(result.answered_share),
        "applicable": result.tally.applicable,
        "answered": result.tally.answered,
        "not_applicable": result.tally.not_applicable,
    }


def _section(mine: scoring.Assessed, heading: Heading, language: str) -> dict[str, Any]:
    under = set(heading.clause_ids)
    parts = [clause for clause in scoring.clauses(mine.scheme.parts) if clause.id in under]
    return {
        "id": heading.id,
        "title": text_in(heading.title, language),
        "depth": len(heading.sections),
        "within": heading.sections[-1] if heading.sections else None,
        **_figures(scoring.score(mine.scheme, mine.answers, mine.facts, parts)),
    }


def _unreviewed(session: Session, assessment: Assessment) -> int:
    if assessment.status in REVIEWED:
        return 0
    rows = session.scalars(
        select(Answer.id).where(Answer.assessment_id == assessment.id, Answer.not_applicable)  # type: ignore[call-overload]
    )
    return len(rows.all())


def _trend(
    before: Assessment | None, both: Mapping[int, scoring.Assessed], mine: scoring.Assessed
) -> dict[str, Any] | None:
    result = scoring.trend(both[before.id or 0], mine) if before else None
    if before is None or result is None:
        return None
    return {"since": before.id, "change": share(result.change), "clauses": list(result.panel)}
