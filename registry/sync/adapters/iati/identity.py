"""What an activity is known by: its identifier, or one derived from its content where the source gave none."""

import hashlib

from registry.json_text import dumps
from registry.sync.adapters.iati.values import Node, code_of, text_of

MAX_IDENTIFIER = 400
"""Of feed_record.remote_id's 500: the rest is for the mark of a repetition."""


def identity_of(activity: Node) -> tuple[str, bool]:
    """(identifier, whether it was derived). Spaces inside an identifier are layout and count as one."""
    for child in activity:
        if child.tag == "iati-identifier":
            if text := " ".join(text_of(child).split()):
                return text, False
            break
    return _derive(activity), True


def _derive(activity: Node) -> str:
    """From reporting organisation, its own numbers, titles, dates and countries: stable while those are.

    Its own numbers are part of it because publishers without identifiers often have several activities of one title.
    """
    parts: dict[str, list[str]] = {"reporter": [], "own": [], "title": [], "date": [], "country": []}
    for child in activity:
        tag = child.tag
        if tag == "reporting-org":
            parts["reporter"].append(child.get("ref") or text_of(child))
        elif tag in ("identifier", "other-identifier"):
            parts["own"].append(child.get("ref") or text_of(child))
        elif tag == "title":
            parts["title"].append(" ".join(text_of(child).split()))
        elif tag == "activity-date":
            parts["date"].append(f"{child.get('type')} {child.get('iso-date') or text_of(child)}")
        elif tag == "recipient-country":
            parts["country"].append(code_of(child) or text_of(child))
    ordered = {name: sorted(values) for name, values in parts.items()}
    return "derived:" + hashlib.sha256(dumps(ordered).encode()).hexdigest()[:40]
