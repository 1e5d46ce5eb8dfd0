"""A standard as a questionnaire: its sections one at a time, what is answered in each, and the form of one section."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from registry.compliance.editions import Edition, Requirement, text_in
from registry.compliance.models import Answer, Assessment
from registry.compliance.sections import FACTS, steps
from registry.errors import N_
from registry.web.forms import nested
from registry.web.i18n import language

PARTS = {
    "value": N_("Answer"),
    "reason": N_("Reason"),
    "evidence": N_("Evidence"),
    "in_law": N_("In law"),
    "in_practice": N_("In practice"),
}
LETTERS = {True: "yes", False: "no", None: ""}


@dataclass(frozen=True, slots=True)
class Section:
    """One step of the questionnaire and how far it has come."""

    id: str
    title: str
    clauses: list[Requirement]
    answered: int
    of: int


def sections(edition: Edition, assessment: Assessment, answers: Mapping[str, Answer]) -> list[Section]:
    """The facts first, then the top headings in the order of the file."""
    return [
        Section(step.id, _title(edition, step.id), list(step.clauses), step.answered, step.of)
        for step in steps(edition, assessment, answers.keys())
    ]


def _title(edition: Edition, section_id: str) -> str:
    if section_id == FACTS:
        return gettext("Facts about the State")
    heading = edition.headings.get(section_id)
    return text_in(heading.title, language()) if heading else gettext("Other clauses")


def name_of(clause: str, part: str) -> str:
    """The input's name for one part of an answer."""
    return f"answers.{clause.replace('.', '%2E')}.{part}"


def values_of(assessment: Assessment, answers: Mapping[str, Answer], clauses: Sequence[Requirement]) -> dict[str, Any]:
    """What is stored of one section, as its form shows it."""
    facts = {fact: LETTERS[value] for fact, value in assessment.facts.items()}
    given = {clause.id: _shown(answers.get(clause.id)) for clause in clauses}
    return {"answers": given, "facts": facts, "facts_seen": facts}


def _shown(answer: Answer | None) -> dict[str, Any]:
    """One answer as its form has it: its parts, its version, and the mark by which a form that comes back untouched
    is known."""
    parts = {name: getattr(answer, name) if answer else "" for name in PARTS}
    return parts | {"version": answer.version if answer else 0, "shown": _mark(parts)}


def _mark(parts: Mapping[str, str]) -> str:
    # Browsers send line ends as CRLF, whatever was stored.
    text = "\x1f".join(parts[name].replace("\r\n", "\n").strip() for name in PARTS)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def read(typed: MultiDict[str, str], answers: Mapping[str, Answer]) -> dict[str, Any]:
    """What was typed, for the schema: an emptied answer is taken back, what was not touched is left out.

    So a colleague's answers beside mine in the same section stay as they are.
    """
    data = nested(typed)
    given: dict[str, Any] = {}
    sent = data.get("answers")
    for clause, answer in (sent if isinstance(sent, dict) else {}).items():
        if not isinstance(answer, dict):
            continue
        parts = {name: str(answer.get(name) or "").strip() for name in PARTS}
        seen = {"version": answer["version"]} if answer.get("version") else {}
        if answer.get("shown") == _mark(parts):
            continue
        if any(parts.values()):
            given[clause] = {name: text for name, text in parts.items() if text or name != "value"} | seen
        elif clause in answers:
            given[clause] = {"value": None, **seen} if seen else None
    facts, seen_facts = (_facts(data.get(name)) for name in ("facts", "facts_seen"))
    touched = {fact: value for fact, value in facts.items() if fact not in seen_facts or seen_facts[fact] != value}
    return {
        "answers": given,
        "facts": touched,
        "facts_seen": {fact: value for fact, value in seen_facts.items() if fact in touched},
    }


def sent_names(typed: MultiDict[str, str]) -> dict[str, list[str]]:
    """Clauses and facts of which a form sends anything at all."""
    data = nested(typed)
    return {name: list(each) if isinstance(each := data.get(name), dict) else [] for name in ("answers", "facts")}


def scale(edition: Edition) -> dict[str, str]:
    """Code → words, worst first; what does not count comes last (stored content is sorted by code)."""
    worth = edition.scheme.scale
    steps = sorted(edition.document["scale"].items(), key=lambda step: (worth[step[0]] is None, worth[step[0]] or 0))
    return {code: text_in(step["label"], language()) if step.get("label") else code for code, step in steps}


def _facts(typed: Any) -> dict[str, Any]:
    return {fact: value or None for fact, value in (typed if isinstance(typed, dict) else {}).items()}


def shown_again(data: Mapping[str, Any]) -> dict[str, Any]:
    """What was read, as the form shows it again."""
    answers = {
        clause: {name: "" if value is None else value for name, value in (answer or {}).items()}
        for clause, answer in data["answers"].items()
    }
    return {"answers": answers} | {
        name: {fact: value or "" for fact, value in data[name].items()} for name in ("facts", "facts_seen")
    }


def typed_over(stored: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """What is stored of a section with what was typed over it."""
    typed = shown_again(data)
    return {name: {**stored[name], **typed[name]} for name in stored}


def words_for(edition: Edition) -> Any:
    """A function that names a field: `answers.mark-made.reason` → `para. 8 (a), Reason`."""

    def words(path: str) -> str:
        kind, _, rest = path.partition(".")
        name, _, part = rest.partition(".")
        name = name.replace("%2E", ".")
        if kind == "facts" and name in edition.facts:
            return text_in(edition.facts[name], language())
        if name in edition.requirements:
            ref = edition.requirements[name].ref
            return f"{ref}, {gettext(PARTS[part])}" if part in PARTS else ref
        return path

    return words
