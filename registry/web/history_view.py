"""The history of a record in words: which field, what it was, what it is. No queries."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext

from registry.catalogue.history import Changes, Version

LONGEST = 300
"""Characters of a value that a history shows; the whole stands in the API."""


@dataclass(frozen=True, slots=True)
class Step:
    """One version: (field in words, before, after) of all that changed."""

    version: int
    at: datetime
    actor: str
    changes: list[tuple[str, str, str]]


def revisions(
    versions: Sequence[Version], words: Callable[[str], str], told: Callable[[str, Any], str] | None = None
) -> list[Step]:
    """Versions for the page. `words`: field → its name for people; `told`: (field, value) → text, for said()."""
    return [
        Step(
            step.version,
            step.at,
            who(step.actor),
            differences(step.changes, words, told),
        )
        for step in versions
    ]


def differences(
    changes: Changes, words: Callable[[str], str], told: Callable[[str, Any], str] | None = None
) -> list[tuple[str, str, str]]:
    """(field in words, before, after) of each change."""
    text = told or (lambda _name, value: said(value))
    return [(words(name), text(name, before), text(name, after)) for name, (before, after) in changes.items()]


def who(label: str) -> str:
    """Who acted, without naming a person: pages are public, the audit log is not."""
    kind = label.partition(":")[0].partition(" ")[0]
    words = {
        "user": gettext("a person"),
        "token": gettext("a program"),
        "feed": gettext("a feed"),
        "cli": gettext("an administrator of this server"),
        "scheduler": gettext("the registry's clock"),
    }
    return words.get(kind, kind)


def said(value: Any) -> str:
    """A value of any kind as a short text; "" for none."""
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, bool):
        text = gettext("yes") if value else gettext("no")
    elif isinstance(value, dict):
        text = said(value.get("text")) or "; ".join(f"{key}: {said(item)}" for key, item in value.items() if said(item))
    elif isinstance(value, list):
        text = ", ".join(filter(None, (said(item) for item in value)))
    else:
        text = str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
