"""Two people changed the same answer: both sides of exactly those answers, while all else that was typed is kept."""

from collections.abc import Mapping
from typing import Any

from flask import url_for

from registry.compliance.editions import Edition
from registry.compliance.models import Assessment
from registry.errors import FieldsChanged
from registry.web import questionnaire
from registry.web.conflicts import conflict_page
from registry.web.labels import label

Data = Mapping[str, Mapping[str, Any]]


def both_sides(
    assessment: Assessment, edition: Edition, section: str, data: Data, error: FieldsChanged
) -> tuple[str, int]:
    """The page of a conflict. Mine sent again says that theirs was seen; theirs kept still saves the rest of mine."""
    clauses = {each["clause"]: each for each in error.fields.values() if "clause" in each}
    facts = {each["fact"]: each["stored"] for each in error.fields.values() if "fact" in each}
    rest = {
        "answers": {clause: answer for clause, answer in data["answers"].items() if clause not in clauses},
        **{name: {k: v for k, v in data[name].items() if k not in facts} for name in ("facts", "facts_seen")},
    }
    seen = {clause: {**(data["answers"][clause] or {"value": None}), "version": each["version"]}
            for clause, each in clauses.items()}  # fmt: skip
    letters = {fact: questionnaire.LETTERS[value] for fact, value in facts.items()}
    mine = {
        "answers": {**data["answers"], **seen},
        "facts": data["facts"],
        "facts_seen": {**data["facts_seen"], **letters},
    }
    stored = {
        "answers": {clause: each["stored"] or {} for clause, each in clauses.items()},
        "facts": letters,
    }
    url = url_for("web.assessments.answer", assessment_id=assessment.id, section=section)
    return conflict_page(
        questionnaire.shown_again(mine),
        stored,
        version=error.current,
        url=url,
        edit_url=url,
        words=questionnaire.words_for(edition),
        by_field=lambda values: _by_field(edition, values, clauses, facts),
        rest=questionnaire.shown_again(rest),
    )


def _by_field(edition: Edition, values: Data, clauses: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Input's name → value in words of what is in dispute, so that both sides are compared part by part."""
    scale = questionnaire.scale(edition)
    found: dict[str, Any] = {}
    for clause in clauses:
        for part in questionnaire.PARTS:
            text = values["answers"][clause].get(part, "")
            if part == "value":
                text = scale.get(text, text)
            elif text and part in ("in_law", "in_practice"):
                text = label("extent", text)
            found[questionnaire.name_of(clause, part)] = text
    return found | {f"facts.{fact}": label("extent", values["facts"][fact] or "unknown") for fact in facts}
