"""The history of an assessment in words: whose clause, which answer, what was said of law and practice."""

from collections.abc import Callable, Sequence
from typing import Any

from flask_babel import gettext

from registry.catalogue.history import Version
from registry.compliance.assessment_history import by_sitting, changes_since
from registry.compliance.editions import Edition
from registry.errors import N_
from registry.web import questionnaire
from registry.web.history_view import Step, differences, revisions, said
from registry.web.labels import label

FIXED = {
    "status": N_("Status"),
    "reason": N_("Reason"),
    "standard": N_("Standard"),
    "carried_from": N_("Carried from"),
}


def shown_steps(edition: Edition, steps: Sequence[Version]) -> list[Step]:
    """The steps for the page, the answers of one sitting as one."""
    return revisions(by_sitting(steps), _names(edition), _values(edition))


def shown_since(edition: Edition, steps: Sequence[Version], version: int) -> list[tuple[str, str, str]]:
    """(field, before, after) of all that changed after a version."""
    return differences(changes_since(steps, version), _names(edition), _values(edition))


def _names(edition: Edition) -> Callable[[str], str]:
    words = questionnaire.words_for(edition)

    def named(path: str) -> str:
        if path in FIXED:
            return gettext(FIXED[path])
        kind, _, clause = path.partition(".")
        if kind == "need":
            return gettext("Need for %(clause)s", clause=clause)
        if kind == "files":
            return gettext("Evidence for %(clause)s", clause=clause)
        return str(words(f"{kind}.{clause.replace('.', '%2E')}"))

    return named


def _values(edition: Edition) -> Callable[[str, Any], str]:
    scale = questionnaire.scale(edition)

    def told(name: str, value: Any) -> str:
        if name == "status" and value:
            return label("assessment", value)
        if not name.startswith("answers.") or not isinstance(value, dict):
            return said(value)
        given = str(value.get("value", ""))
        words: dict[str, str] = {"value": scale.get(given, given)}
        words |= {part: label("extent", value[part]) for part in ("in_law", "in_practice") if value.get(part)}
        words |= {part: said(value[part]) for part in ("reason", "evidence") if value.get(part)}
        return " · ".join(
            text if part == "value" else f"{gettext(questionnaire.PARTS[part])}: {text}" for part, text in words.items()
        )

    return told
