"""A standard in the steps in which it is answered, and how far each has come. Pure."""

from collections.abc import Collection
from dataclasses import dataclass

from registry.compliance import scoring
from registry.compliance.editions import Edition, Requirement
from registry.compliance.models import Assessment

FACTS = "facts"
REST = "other"
"""Clauses that stand under no heading."""


@dataclass(frozen=True, slots=True)
class Step:
    """The facts (without clauses) or one top heading: so many `of` what applies are answered."""

    id: str
    clauses: tuple[Requirement, ...]
    answered: int
    of: int


def steps(edition: Edition, assessment: Assessment, answers: Collection[str]) -> list[Step]:
    """The facts first, then the top headings in the order of the file. `answers`: clauses that are answered."""
    found: list[Step] = []
    if edition.facts:
        known = sum(assessment.facts.get(fact) is not None for fact in edition.facts)
        found.append(Step(FACTS, (), known, len(edition.facts)))
    groups: dict[str, list[Requirement]] = {}
    for clause in edition.requirements.values():
        groups.setdefault(clause.sections[0] if clause.sections else REST, []).append(clause)
    asked = asked_clauses(edition, assessment)
    for section_id, clauses in groups.items():
        ids = asked & {clause.id for clause in clauses}
        found.append(Step(section_id, tuple(clauses), len(ids & set(answers)), len(ids)))
    return found


def asked_clauses(edition: Edition, assessment: Assessment) -> set[str]:
    """Clauses that apply by the facts of this assessment; while a fact is unknown, they do."""
    return {c.id for c in scoring.clauses(edition.scheme.parts) if scoring.applies(c, assessment.facts)}
