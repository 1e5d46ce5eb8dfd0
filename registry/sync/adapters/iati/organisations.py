"""Organisations inside an activity: who reports, who takes part, who gives and gets. Several have no reference."""

from typing import Any

from registry.sync.adapters.iati.codes import ROLE, translate
from registry.sync.adapters.iati.values import Node, Reading


def organisation(reading: Reading, node: Node, activity_id: str | None = None) -> dict[str, Any]:
    """Reference, type, activity and names, as far as they are given."""
    found: dict[str, Any] = {}
    if (ref := node.get("ref")) and (ref := ref.strip()):
        found["ref"] = ref
    if (kind := node.get("type")) and (kind := kind.strip()):
        found["type"] = kind
    if activity_id and (given := node.get(activity_id)) and (given := given.strip()):
        found["activity_id"] = given
    if names := reading.narratives(node):
        found["narratives"] = names
    return found


def reporting(reading: Reading, node: Node) -> None:
    """`reporting-org`; the first one counts."""
    if "reporting_org" in reading.document:
        return
    found = organisation(reading, node)
    secondary = reading.flag(node.get("secondary-reporter"))
    if secondary is not None:
        found["secondary_reporter"] = secondary
    if found:
        reading.document["reporting_org"] = found


def participating(reading: Reading, node: Node) -> None:
    """`participating-org`; one that says nothing at all is left out."""
    found = organisation(reading, node, "activity-id")
    if not found:
        return
    if role := translate(ROLE, node.get("role")):
        found["role"] = role
    if channel := (node.get("crs-channel-code") or "").strip():
        found["crs_channel_code"] = channel
    reading.document.setdefault("participating_orgs", []).append(found)
