"""How far each gap of a State has come: its need, the best offer, commitments, programmes, and the answer given since.

A need that is closed has its clauses asked again: an answer from before says nothing of what the help has changed. The
gap is closed once the State, asked again, answers that the clause is in place. Everything is read from rows, as far as
the reader may see them; nothing of it is typed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.compliance import editions, gaps
from registry.compliance.models import Answer, Assessment
from registry.matching import matches
from registry.matching.ledger import rules
from registry.matching.ledger.models import Proposal
from registry.matching.ledger.views import describe
from registry.matching.models import Need, NeedRequirement

Key = tuple[str, str]
"""(standard, clause)"""
STAGES = ("gap", "need", "match", "commitment", "programme", "result", "asked_again", "closed")


@dataclass(slots=True)
class Chain:
    """One gap. `stage`: the last of STAGES that it has reached."""

    standard: str
    clause: str
    ref: str
    question: str
    assessment_id: int
    """Where the gap was found, else where the clause was answered last"""
    weight: Fraction
    """What closing it would add to the sum; 0 where it is closed"""
    draft_id: int | None = None
    """The State's draft of this standard, where the clause can be answered"""
    need: dict[str, Any] | None = None
    match: dict[str, Any] | None = None
    commitments: list[dict[str, Any]] = field(default_factory=list)
    """Agreed and delivered ones"""
    programmes: list[tuple[int, str]] = field(default_factory=list)
    need_closed_at: datetime | None = None
    answered_at: datetime | None = None
    is_asked_again: bool = False
    is_closed: bool = False

    @property
    def stage(self) -> str:
        """How far it has come."""
        reached = {
            "closed": self.is_closed,
            "asked_again": self.is_asked_again,
            "result": self.need_closed_at is not None or any(c["status"] == rules.DELIVERED for c in self.commitments),
            "programme": bool(self.programmes),
            "commitment": bool(self.commitments),
            "match": self.match is not None,
            "need": self.need is not None,
        }
        return next((stage for stage in reversed(STAGES) if reached.get(stage)), "gap")


@dataclass(frozen=True, slots=True)
class _Answered:
    """The latest answer to a clause that the reader may see."""

    assessment_id: int
    at: datetime
    fulfilment: Fraction | None


def chains(session: Session, actor: Actor, state: str, language: str = "en") -> list[Chain]:
    """The State's gaps, and those that closed needs came from; what has come furthest first, then the heaviest."""
    latest = _latest(session, actor, state)
    answered = _answered(session, actor, state)
    needs = _needs(session, actor, state)
    found: dict[tuple[str, str, int | None], Chain] = {}
    for assessment in latest.values():
        edition = editions.pinned(session, assessment.standard_id)
        for gap in gaps.gaps_of(session, assessment):
            key = (assessment.standard, gap.clause)
            clause = edition.requirements[gap.clause]
            for need_id in [need.id for need in needs.get(key, ())] or [None]:
                found[*key, need_id] = Chain(
                    *key, clause.ref, clause.question(language), assessment.id or 0, gap.weight
                )
    for key, listed in needs.items():
        for need in listed:
            if (*key, need.id) not in found and need.status == "closed" and key in answered:
                found[*key, need.id] = _closed(session, key, answered[key], language)
    by_id = {need.id: need for listed in needs.values() for need in listed}
    commitments = _commitments(session, actor, by_id)
    for (standard, clause_id, need_id), chain in found.items():
        last = answered.get((standard, clause_id))
        chain.answered_at = last.at if last else None
        draft = latest.get(standard)
        chain.draft_id = draft.id if draft and draft.status == "draft" else None
        if need_id is not None:
            _follow(session, actor, chain, by_id[need_id], commitments.get(need_id, []), last)
    return sorted(
        found.values(),
        key=lambda chain: (-STAGES.index(chain.stage), -chain.weight, chain.standard, chain.clause, _number(chain)),
    )


def asked_again(session: Session, actor: Actor, state: str, standard: str) -> dict[str, datetime]:
    """Clause → when the need that came of it was closed, for clauses of a standard that are to be answered again."""
    answered = _answered(session, actor, state)
    found: dict[str, datetime] = {}
    for (slug, clause), listed in _needs(session, actor, state).items():
        last = answered.get((slug, clause))
        for need in listed:
            if slug == standard and need.status == "closed" and need.closed_at and last and last.at < need.closed_at:
                found[clause] = max(found.get(clause, need.closed_at), need.closed_at)
    return found


def as_dict(chain: Chain) -> dict[str, Any]:
    """As the API shows it."""
    names = ("standard", "clause", "ref", "question", "assessment_id", "need", "commitments", "need_closed_at")
    return {
        **{name: getattr(chain, name) for name in names},
        "weight": float(chain.weight),
        "best_offer": chain.match and {name: chain.match[name] for name in ("offer_id", "offer_title", "score")},
        "programmes": [{"id": number, "title": title} for number, title in chain.programmes],
        "answered_at": chain.answered_at,
        "asked_again": chain.is_asked_again,
        "closed": chain.is_closed,
        "stage": chain.stage,
    }


def _number(chain: Chain) -> int:
    return chain.need["id"] if chain.need else 0


def _follow(
    session: Session, actor: Actor, chain: Chain, need: Need, commitments: list[dict[str, Any]], last: _Answered | None
) -> None:
    chain.need = {name: getattr(need, name) for name in ("id", "title", "language", "status")}
    best = matches.matches_of_need(session, actor, need.id or 0, top=1) if need.status == "open" else []
    chain.match = best[0] if best else None
    chain.commitments = [
        {name: item[name] for name in ("id", "status", "amount", "currency", "organisation_name", "offer_title")}
        for item in commitments
    ]
    chain.programmes = list(
        dict.fromkeys((item["programme_id"], item["programme_title"]) for item in commitments if item["programme_id"])
    )
    if need.status == "closed" and need.closed_at:
        chain.need_closed_at = need.closed_at
        since = last is not None and last.at >= need.closed_at
        chain.is_asked_again = not since
        chain.is_closed = since and last is not None and last.fulfilment == 1


def _closed(session: Session, key: Key, last: _Answered, language: str) -> Chain:
    assessment = session.get_one(Assessment, last.assessment_id)
    clause = editions.pinned(session, assessment.standard_id).requirements.get(key[1])
    ref, question = (clause.ref, clause.question(language)) if clause else (key[1], "")
    return Chain(*key, ref, question, last.assessment_id, Fraction(0))


def _visible(session: Session, actor: Actor, state: str) -> Sequence[Assessment]:
    return session.scalars(
        select(Assessment)
        .where(col(Assessment.state) == state, policy.visible(actor, Assessment))
        .order_by(col(Assessment.id))
    ).all()


def _latest(session: Session, actor: Actor, state: str) -> dict[str, Assessment]:
    return {assessment.standard: assessment for assessment in _visible(session, actor, state)}


def _answered(session: Session, actor: Actor, state: str) -> dict[Key, _Answered]:
    assessments = {each.id: each for each in _visible(session, actor, state)}
    rows = session.scalars(
        select(Answer).where(col(Answer.assessment_id).in_(assessments)).order_by(Answer.answered_at, col(Answer.id))  # type: ignore[arg-type]
    )
    found: dict[Key, _Answered] = {}
    for row in rows:
        assessment = assessments[row.assessment_id]
        scale = editions.pinned(session, assessment.standard_id).scheme.scale
        key = (assessment.standard, row.clause)
        found[key] = _Answered(row.assessment_id, row.answered_at, scale.get(row.value))
    return found


def _needs(session: Session, actor: Actor, state: str) -> dict[Key, list[Need]]:
    rows = session.execute(
        select(NeedRequirement, Need)
        .join(Need, col(Need.id) == col(NeedRequirement.need_id))
        .where(col(Need.state) == state, policy.visible(actor, Need))
        .order_by(col(Need.id).desc())
    )
    found: dict[Key, list[Need]] = {}
    for requirement, need in rows:
        found.setdefault((requirement.standard, requirement.clause), []).append(need)
    return found


def _commitments(session: Session, actor: Actor, needs: Mapping[int | None, Need]) -> dict[int, list[dict[str, Any]]]:
    rows: Iterable[Proposal] = session.scalars(
        select(Proposal)
        .where(
            col(Proposal.need_id).in_(needs),
            col(Proposal.status).in_(rules.COMMITTED),
            policy.visible(actor, Proposal),
        )
        .order_by(col(Proposal.id))
    )
    found: dict[int, list[dict[str, Any]]] = {}
    for item in describe(session, actor, list(rows)):
        found.setdefault(item["need_id"], []).append(item)
    return found
