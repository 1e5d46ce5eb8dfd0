"""Whether what a State writes fits the entry it is written to. Pure; faults by the dotted paths of the form."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from registry.errors import N_, InvalidInput

_NUMBER = re.compile(r"\d{1,15}(\.\d{1,6})?\Z", re.ASCII)
NUMBER = N_("Write a number of zero or more, for example 1250 or 12.5.")
DAY = N_("Write a day that exists as YYYY-MM-DD.")


def judge(template_entries: Mapping[str, Mapping[str, Any]], given: Mapping[str, Any]) -> dict[str, Any]:
    """Entry id → own words as they are kept; None takes them back. Raises InvalidInput: `entries.<id>.text` …"""
    wrong: dict[str, list[str]] = {}
    kept: dict[str, Any] = {}
    for name, own in given.items():
        entry = template_entries.get(name)
        if entry is None:
            wrong[f"entries.{name}"] = [N_("This report has no such entry.")]
        elif own is None or not (own["text"] or own["rows"] or own["none"] or own["replaces"]):
            kept[name] = None
        else:
            faults = dict(_faults(entry, own))
            wrong |= {f"entries.{name}.{path}": [message] for path, message in faults.items()}
            rows = [{column: text for column, text in row.items() if text} for row in own["rows"]]
            kept[name] = {**own, "rows": [row for row in rows if row]}
    if wrong:
        raise InvalidInput(wrong)
    return kept


def _faults(entry: Mapping[str, Any], own: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = []
    source, text = entry["from"], own["text"]
    if text and not fits(source, text):
        found.append(("text", NUMBER if source == "number" else DAY))
    if own["replaces"] and not text and not own["none"]:
        found.append(("text", N_("Write what is to stand in place of what is pre-filled.")))
    if own["rows"] and source != "table":
        found.append(("rows", N_("Only a table has rows.")))
    if own["none"] and any(value for row in own["rows"] for value in row.values()):
        found.append(("none", N_("There are rows, so there is something to report.")))
    columns = {column["id"]: column["kind"] for column in entry.get("columns", ())}
    for number, row in enumerate(own["rows"] if source == "table" else ()):
        for column, value in row.items():
            if column not in columns:
                found.append((f"rows.{number}.{column}", N_("This table has no such column.")))
            elif value and not fits(columns[column], value):
                found.append((f"rows.{number}.{column}", NUMBER if columns[column] == "number" else DAY))
    return found


def fits(kind: str, text: str) -> bool:
    """Whether a text is what a field of this kind takes."""
    if kind == "number":
        return _NUMBER.match(text) is not None
    if kind == "day":
        try:
            date.fromisoformat(text)
        except ValueError:
            return False
        return len(text) == 10
    return True
