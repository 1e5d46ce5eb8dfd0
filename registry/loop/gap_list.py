"""A State's gaps across all its standards, what asks the same shown once, and the one need made of several of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.compliance import editions, gaps, scorecard, scoring
from registry.compliance.gap_bundle import bundle_draft
from registry.compliance.grouping import groups
from registry.compliance.linking import links_among
from registry.compliance.models import Assessment
from registry.compliance.schemas import BundleForm
from registry.matching.models import Need, NeedRequirement
from registry.matching.needs import create_need
from registry.matching.requirements import needs_by_clause
from registry.schemas import load


@dataclass(frozen=True, slots=True)
class Wanted:
    """Filters of the list; empty ones leave everything."""

    theme: str = ""
    standard: str = ""
    without_need: bool = False

    def keeps(self, gap: Mapping[str, Any]) -> bool:
        """Whether a gap is asked for."""
        return (
            (not self.theme or self.theme in gap["themes"])
            and (not self.standard or self.standard == gap["standard"])
            and not (self.without_need and gap["linked_needs"])
        )


EVERYTHING = Wanted()


def latest_of(session: Session, actor: Actor, state: str) -> dict[str, Assessment]:
    """Standard → the State's latest assessment of it that the reader may see."""
    rows = session.scalars(
        select(Assessment)
        .where(col(Assessment.state) == state, policy.visible(actor, Assessment))
        .order_by(col(Assessment.id))
    )
    return {assessment.standard: assessment for assessment in rows}


def gap_list(
    session: Session, actor: Actor, state: str, wanted: Wanted = EVERYTHING, language: str = "en"
) -> list[dict[str, Any]]:
    """Groups of gaps, the heaviest gap first, then by name: `weight` of the heaviest, `same` and `less` gaps.

    A group is shown whole where one of its gaps is asked for: who filters by a standard still sees what else asks it.
    """
    assessments = latest_of(session, actor, state)
    known = scorecard.assessed(session, assessments.values())
    pinned = editions.pinned_all(session, (each.standard_id for each in assessments.values()))
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for slug, assessment in assessments.items():
        mine, edition = known[assessment.id or 0], pinned[assessment.standard_id]
        listed = scoring.gaps(mine.scheme, mine.answers, mine.facts)
        needs = needs_by_clause(session, actor, state, slug, [gap.clause for gap in listed]) if listed else {}
        for gap in listed:
            found[slug, gap.clause] = {
                "standard": slug,
                "version": edition.version,
                "assessment_id": assessment.id,
                "status": assessment.status,
                **scorecard.gap_entry(edition, gap, needs.get(gap.clause, ()), language),
            }
    rows = []
    for group in groups(found, links_among(pinned[each.standard_id] for each in assessments.values())):
        members = [found[node] for node in group.nodes]
        if any(wanted.keeps(gap) for gap in members):
            rows.append(
                {
                    "weight": max((gap["weight"] for gap in members), key=lambda weight: weight["value"]),
                    "same": [found[node] for node in group.same],
                    "less": [found[node] for node in group.less],
                }
            )
    return sorted(rows, key=lambda row: (-row["weight"]["value"], row["same"][0]["standard"], row["same"][0]["clause"]))


def make_need(session: Session, actor: Actor, state: str, data: Mapping[str, Any]) -> Need:
    """One draft need of gaps of one or several standards (input: BundleForm), noted in each assessment's history.

    Asked twice it does nothing twice: a draft that stands for exactly these clauses already is given back as it is.
    """
    names: Sequence[str] = load(BundleForm(), dict(data))["clauses"]
    assessments = latest_of(session, actor, state)
    draft = bundle_draft(session, actor, assessments, names)
    asked = {(item["standard"], item["clause"]) for item in draft["requirements"]}
    # Held until the end: of two that come in the same instant the second sees what the first has made.
    slugs = sorted({standard for standard, _ in asked})
    ids = sorted(assessments[slug].id or 0 for slug in slugs)
    session.execute(
        select(col(Assessment.id)).where(col(Assessment.id).in_(ids)).order_by(col(Assessment.id)).with_for_update()
    )
    there = _draft_for(session, actor, state, asked)
    if there is not None:
        return there
    need = create_need(session, actor, draft)
    for slug in slugs:
        clauses = [clause for standard, clause in sorted(asked) if standard == slug]
        gaps.note_linked(session, actor, assessments[slug], clauses, need.id or 0)
    return need


def _draft_for(session: Session, actor: Actor, state: str, asked: set[tuple[str, str]]) -> Need | None:
    rows = session.execute(
        select(Need, col(NeedRequirement.standard), col(NeedRequirement.clause))
        .join(NeedRequirement, col(NeedRequirement.need_id) == col(Need.id))
        .where(col(Need.state) == state, col(Need.status) == "draft", policy.visible(actor, Need))
    )
    stands_for: dict[int, tuple[Need, set[tuple[str, str]]]] = {}
    for need, standard, clause in rows:
        stands_for.setdefault(need.id or 0, (need, set()))[1].add((standard, clause))
    return next((need for _, (need, clauses) in sorted(stands_for.items()) if clauses == asked), None)
