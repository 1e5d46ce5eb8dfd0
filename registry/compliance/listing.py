"""Lists of standards and assessments, as rows ready to be shown."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue.paging import Sort, keyset, sort_of
from registry.compliance import editions
from registry.compliance.editions import Edition, Requirement, texts
from registry.compliance.former import former_answers
from registry.compliance.models import Answer, Assessment, Standard
from registry.compliance.practice import contradictions
from registry.compliance.scorecard import headline, progress, scores

SORTS = {
    "updated_at": Sort((Assessment.updated_at, Assessment.id), descending=True),
    "state": Sort((Assessment.state, Assessment.id)),
    "standard": Sort((Assessment.standard, Assessment.id)),
}


def list_standards(session: Session) -> list[dict[str, Any]]:
    """The current edition of every standard, by slug, with the versions that are kept."""
    rows = session.execute(
        select(Standard.id, Standard.slug, Standard.version, Standard.current, Standard.loaded_at)  # type: ignore[call-overload]
    ).all()
    pinned = editions.pinned_all(session, (row.id for row in rows if row.current))
    versions: dict[str, list[str]] = {}
    for row in rows:
        versions.setdefault(row.slug, []).append(row.version)
    found = [
        {
            **_summary(pinned[row.id]),
            "loaded_at": row.loaded_at,
            "versions": sorted(versions[row.slug], key=editions.version_key, reverse=True),
        }
        for row in rows
        if row.current
    ]
    return sorted(found, key=lambda item: str(item["standard"]))


def current_editions(session: Session) -> list[Edition]:
    """The current edition of every standard, by slug."""
    ids = session.scalars(select(Standard.id).where(Standard.current).order_by(Standard.slug)).all()  # type: ignore
    pinned = editions.pinned_all(session, ids)
    return [pinned[id_] for id_ in ids]


def describe_standard(session: Session, slug: str, version: str | None = None) -> dict[str, Any]:
    """One edition whole, its clauses as a tree; every text as language → text. Raises NotFound."""
    standard = editions.find(session, slug, version)
    edition = editions.pinned(session, standard.id or 0)
    return {
        **_summary(edition),
        "loaded_at": standard.loaded_at,
        "current": standard.current,
        "scale": {
            code: {**step, **{name: texts(step[name]) for name in ("label", "describes") if name in step}}
            for code, step in edition.document["scale"].items()
        },
        "weights": edition.document["weights"],
        "bands": [{**b, "label": texts(b.get("label", b["code"]))} for b in edition.document.get("bands", [])],
        "facts": {fact: texts(meaning) for fact, meaning in edition.facts.items()},
        "requirements": [_node(edition, node) for node in edition.document["requirements"]],
        "indicators": list(edition.document.get("indicators", [])),
    }


def list_assessments(
    session: Session,
    actor: Actor,
    filters: Mapping[str, str | None],
    sort: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of the assessments the caller may see, with their headline figures, and the next page's cursor.

    Filters: `state` (alpha-3), `standard` (slug), `status`.
    """
    query = select(Assessment).where(policy.visible(actor, Assessment))
    for name in ("state", "standard", "status"):
        if filters.get(name):
            query = query.where(getattr(Assessment, name) == filters[name])
    page = keyset(session, query, sort_of(sort, SORTS), cursor, limit)
    found = [row[0] for row in page.rows]
    results = scores(session, found)
    pinned = editions.pinned_all(session, (assessment.standard_id for assessment in found))
    items = [
        {**_row(each, pinned[each.standard_id]), **headline(pinned[each.standard_id], results[each.id])}
        for each in found
    ]
    return items, page.next


def _row(assessment: Assessment, edition: Edition) -> dict[str, Any]:
    return {
        "id": assessment.id,
        "state": assessment.state,
        "standard": assessment.standard,
        "standard_version": edition.version,
        "sha256": edition.sha256,
        "status": assessment.status,
        "version": assessment.version,
        "created_at": assessment.created_at,
        "updated_at": assessment.updated_at,
        "submitted_at": assessment.submitted_at,
        "reviewed_at": assessment.reviewed_at,
        "published_at": assessment.published_at,
    }


def describe_assessment(session: Session, assessment: Assessment) -> dict[str, Any]:
    """One assessment with its answers and how far it has come. Persons are not named: a State speaks."""
    rows = session.scalars(select(Answer).where(Answer.assessment_id == assessment.id)).all()  # type: ignore[arg-type]
    edition = editions.pinned(session, assessment.standard_id)
    return {
        **_row(assessment, edition),
        **headline(edition, scores(session, [assessment])[assessment.id or 0]),
        "status_reason": assessment.status_reason,
        "carried_from": assessment.carried_from,
        "former": [asdict(each) for each in former_answers(session, assessment)],
        "facts": assessment.facts,
        "answers": {
            row.clause: {
                "value": row.value,
                "not_applicable": row.not_applicable,
                "reason": row.reason,
                "evidence": row.evidence,
                "in_law": row.in_law,
                "in_practice": row.in_practice,
                "warnings": warnings_of(edition, row),
                "answered_at": row.answered_at,
                "version": row.version,
            }
            for row in sorted(rows, key=lambda row: edition.requirements[row.clause].position)
        },
        "progress": progress(session, assessment),
    }


def warnings_of(edition: Edition, answer: Answer) -> list[str]:
    """Where law or practice contradict the value (codes of practice.WARNINGS); only the scale has values to compare."""
    if edition.requirements[answer.clause].answer != "scale":
        return []
    return contradictions(edition.scheme.scale[answer.value], answer.in_law, answer.in_practice)


def _summary(edition: Edition) -> dict[str, Any]:
    instrument = edition.document["instrument"]
    clauses = edition.requirements.values()
    return {
        "standard": edition.slug,
        "version": edition.version,
        "sha256": edition.sha256,
        "status": edition.status,
        "title": texts(instrument["title"]),
        "short": texts(instrument.get("short") or edition.slug),
        "instrument": {name: value for name, value in instrument.items() if name not in ("title", "short")},
        "clauses": len(clauses),
        "checked_clauses": edition.checked_clauses,
        "scored_clauses": sum(clause.answer == "scale" for clause in clauses),
    }


def _node(edition: Edition, node: Mapping[str, Any]) -> dict[str, Any]:
    shown = {
        name: texts(value) if name in ("title", "question", "summary") else value
        for name, value in node.items()
        if name != "children"
    }
    if "children" in node:
        return {**shown, "children": [_node(edition, child) for child in node["children"]]}
    clause: Requirement = edition.requirements[node["id"]]
    given = {"critical": clause.critical, "checked": clause.checked, "themes": clause.themes, "assist": clause.assist}
    return {**shown, **given}
