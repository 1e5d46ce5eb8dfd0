"""Answer once: what a State's answers elsewhere suggest for the open clauses of a draft, and what it makes of that.

A suggestion counts for nothing before the State accepts it: then it is an answer like any other, with where it came
from as its evidence. What is refused is remembered, and not suggested again for the same reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.compliance import assessments, crosswalk, editions, scoring
from registry.compliance.crosswalk import Inference, Node
from registry.compliance.editions import Edition
from registry.compliance.linking import links_among
from registry.compliance.listing import current_editions
from registry.compliance.models import Assessment, SuggestionVerdict
from registry.compliance.writing import answers_of
from registry.db import utcnow
from registry.errors import N_, Conflict, InvalidInput

DECISIONS = ("accepted", "refused")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """For one open clause: what follows, from which answers. `value`: the one code of the scale that agrees, if one."""

    clause: str
    values: tuple[str, ...]
    """Codes that agree with all of it; none: the State's own answers contradict one another"""
    inferred: tuple[Inference, ...]

    @property
    def value(self) -> str | None:
        return self.values[0] if len(self.values) == 1 else None


def suggestions(session: Session, actor: Actor, assessment: Assessment) -> dict[str, Suggestion]:
    """Clause → suggestion, for the clauses of a draft that apply and are open. Only for the State's own people."""
    policy.require(actor, "assessment.answer", assessment)
    if assessment.status != "draft":
        return {}
    edition = editions.pinned(session, assessment.standard_id)
    given = answers_of(session, assessment)
    elsewhere = _answered_elsewhere(session, assessment)
    if not elsewhere:
        return {}
    links = crosswalk.linked(links_among([*current_editions(session), edition]))
    refused = _refused(session, assessment)
    scale = edition.scheme.scale
    found = {}
    for clause in _open(edition, assessment, given):
        inferred = [
            each
            for each in crosswalk.inferences((edition.slug, clause), elsewhere, links)
            if (clause, _name(each.source)) not in refused
        ]
        values = crosswalk.agreeing(inferred, scale)
        if inferred and len(values) < sum(value is not None for value in scale.values()):
            found[clause] = Suggestion(clause, tuple(values), tuple(inferred))
    return found


def decide(
    session: Session,
    actor: Actor,
    assessment: Assessment,
    clause: str,
    decision: str,
    expected_version: int | None,
    now: datetime | None = None,
) -> Assessment:
    """Accept what is suggested for a clause (it becomes the answer), or refuse it.

    Raises NotAllowed, VersionMismatch, InvalidInput, and Conflict where nothing is suggested, or no single answer.
    """
    now = now or utcnow()
    found = suggestions(session, actor, assessment).get(clause)
    if decision not in DECISIONS:
        raise InvalidInput({"decision": [f"This must be one of: {', '.join(DECISIONS)}."]})
    if found is None:
        raise Conflict(N_("Nothing is suggested for this clause."))
    if decision == "accepted":
        if found.value is None:
            raise Conflict(N_("More than one answer, or none, agrees with what is known: answer it yourself."))
        answer = {"value": found.value, "evidence": evidence(found)}
        assessments.answer(session, actor, assessment, {"answers": {clause: answer}}, expected_version, now)
    note_verdict(session, actor, assessment, found, decision, now)
    return assessment


def note_verdict(
    session: Session, actor: Actor, assessment: Assessment, found: Suggestion, decision: str, now: datetime
) -> None:
    """Remember what the State made of each of the answers that a suggestion rests on."""
    for each in found.inferred:
        verdict = SuggestionVerdict(
            assessment_id=assessment.id or 0, clause=found.clause, source=_name(each.source), decision=decision,
            decided_by=actor.user_id, decided_at=now,
        )  # fmt: skip
        known = session.scalar(
            select(SuggestionVerdict).where(
                col(SuggestionVerdict.assessment_id) == assessment.id,
                col(SuggestionVerdict.clause) == found.clause,
                col(SuggestionVerdict.source) == verdict.source,
            )
        )
        if known is not None:
            known.decision, known.decided_by, known.decided_at = decision, actor.user_id, now
            verdict = known
        session.add(verdict)
    session.flush()


def evidence(found: Suggestion) -> str:
    """Where an accepted answer came from: `Follows from iti#rec-all (iti#rec-all equal poa#ii-9).`"""
    return " ".join(f"Follows from {_name(each.source)} ({path_of(each)})." for each in found.inferred)


def path_of(each: Inference) -> str:
    """`iti#rec-all subset_of poa#ii-9, poa#ii-9 equal …`"""
    return ", ".join(f"{_name(link.source)} {link.relation} {_name(link.target)}" for link in each.path)


def describe(found: Suggestion) -> dict[str, Any]:
    """As the API shows it."""
    return {
        "clause": found.clause,
        "value": found.value,
        "values": list(found.values),
        "contradiction": not found.values,
        "inferred": [
            {
                "source": {"standard": each.source[0], "clause": each.source[1]},
                "low": float(each.low),
                "high": float(each.high),
                "below_high": each.below,
                "weakest_link": each.weakest,
                "path": [
                    {
                        "from": _name(link.source), "to": _name(link.target), "relation": link.relation,
                        "strength": link.strength, "note": link.note,
                    }
                    for link in each.path
                ],
            }
            for each in found.inferred
        ],
    }  # fmt: skip


def _name(node: Node) -> str:
    return f"{node[0]}#{node[1]}"


def _open(edition: Edition, assessment: Assessment, given: Mapping[str, Any]) -> list[str]:
    asked = {c.id for c in scoring.clauses(edition.scheme.parts) if scoring.applies(c, assessment.facts)}
    return [
        clause.id
        for clause in edition.requirements.values()
        if clause.answer == "scale" and clause.id in asked and clause.id not in given
    ]


def _answered_elsewhere(session: Session, assessment: Assessment) -> dict[Node, Fraction]:
    """Fulfilment of the State's answers in its latest assessment of each other standard; N/A says nothing."""
    rows = session.scalars(
        select(Assessment)
        .where(col(Assessment.state) == assessment.state, col(Assessment.standard) != assessment.standard)
        .order_by(col(Assessment.id))
    ).all()
    found: dict[Node, Fraction] = {}
    for latest in {row.standard: row for row in rows}.values():
        scale = editions.pinned(session, latest.standard_id).scheme.scale
        for clause, answer in answers_of(session, latest).items():
            fulfilment = scale.get(answer.value)
            if fulfilment is not None:
                found[latest.standard, clause] = fulfilment
    return found


def _refused(session: Session, assessment: Assessment) -> set[tuple[str, str]]:
    rows = session.execute(
        select(col(SuggestionVerdict.clause), col(SuggestionVerdict.source)).where(
            col(SuggestionVerdict.assessment_id) == assessment.id, col(SuggestionVerdict.decision) == "refused"
        )
    )
    return {(row.clause, row.source) for row in rows}
