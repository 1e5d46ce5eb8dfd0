"""A report as one JSON value: the template's sections with what fills each entry and what the State wrote itself. Pure.

This value is what all outputs are made of, and what is kept for ever once a report is submitted.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from registry.json_text import dumps
from registry.reporting.templates import Template

Content = dict[str, Any]
Entry = dict[str, Any]
Item = dict[str, Any]
OWN = ("text", "replaces", "rows", "none")
"""What a State writes itself: words (or a number, a day), whether they stand in place of what is pre-filled, rows of a
table, and that there is nothing to report"""


@dataclass(frozen=True, slots=True)
class Found:
    """What fills one entry, and how many items more there are."""

    items: Sequence[Item] = ()
    more: int = 0


def compose(
    template: Template,
    state: Mapping[str, str],
    period: tuple[date, date],
    fill: Callable[[Mapping[str, Any]], Found],
    own: Mapping[str, Mapping[str, Any]],
) -> Content:
    """The whole report. `state`: language → name; `fill`: entry → what is known; `own`: entry id → own words."""
    sections = [
        {
            "id": section["id"],
            "title": section["title"],
            "entries": [_entry(entry, fill(entry), own.get(entry["id"])) for entry in section["entries"]],
        }
        for section in template.document["sections"]
    ]
    return {
        "template": {
            **{
                name: template.document[name] for name in ("id", "version", "title", "source", "checked", "instruments")
            },
            "sha256": template.sha256,
        },
        "state": dict(state),
        "period": {"start": period[0].isoformat(), "end": period[1].isoformat()},
        "sections": sections,
    }


def _entry(entry: Mapping[str, Any], found: Found, own: Mapping[str, Any] | None) -> Entry:
    items = list(found.items)
    return {
        "id": entry["id"],
        "question": entry["question"],
        "from": entry["from"],
        "required": entry.get("required", False),
        **({"columns": entry["columns"]} if "columns" in entry else {}),
        "items": items,
        "more": found.more,
        "own": {name: own[name] for name in OWN} if own else None,
        "changed_since": bool(own and own["replaces"] and own["seen"] != fingerprint(items)),
    }


def fingerprint(items: list[Item]) -> str:
    """SHA-256 of what stands pre-filled: equal as long as it says the same."""
    return hashlib.sha256(dumps(items).encode()).hexdigest()


def entries_of(content: Content) -> Iterator[tuple[str, Entry]]:
    """(section id, entry) in order."""
    for section in content["sections"]:
        for entry in section["entries"]:
            yield section["id"], entry


def shown_items(entry: Entry) -> list[Item]:
    """What of the pre-filled items the report says: none where the State's words stand in their place."""
    if entry["own"] and entry["own"]["replaces"]:
        return []
    return [item for item in entry["items"] if entry["from"] != "answers" or item["value"] is not None]


def is_filled(entry: Entry) -> bool:
    """Whether the report says anything here."""
    own = entry["own"]
    return bool(shown_items(entry) or (own and (own["text"] or own["rows"] or own["none"])))


def progress(content: Content) -> dict[str, int]:
    """How many entries there are and are filled, the required ones apart."""
    listed = [entry for _, entry in entries_of(content)]
    needed = [entry for entry in listed if entry["required"]]
    return {
        "entries": len(listed),
        "filled": sum(map(is_filled, listed)),
        "required": len(needed),
        "required_filled": sum(map(is_filled, needed)),
    }
