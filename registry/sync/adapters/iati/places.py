"""Locations inside an activity, in the forms of 1.0x and 2.0x."""

from typing import Any

from registry.sync.adapters.iati.codes import GAZETTEER, translate
from registry.sync.adapters.iati.values import Node, Reading, code_of, text_of


def location(reading: Reading, node: Node) -> None:
    """`location`; a place without coordinates or with impossible ones keeps its name."""
    item: dict[str, Any] = {}
    if ref := (node.get("ref") or "").strip():
        item["ref"] = ref
    for child in node:
        tag = child.tag
        if tag in _CODES:
            if code := code_of(child):
                item[_CODES[tag]] = code
        elif tag in _TEXTS:
            if texts := reading.narratives(child):
                item[_TEXTS[tag]] = item.get(_TEXTS[tag], []) + texts
        elif tag == "location-id":
            if code := code_of(child):
                item.setdefault("ids", []).append(_vocabulary(child) | {"code": code})
        elif tag == "gazetteer-entry":
            if code := text_of(child):
                found = translate(GAZETTEER, child.get("gazetteer-ref"))
                item.setdefault("ids", []).append(({"vocabulary": found} if found else {}) | {"code": code})
        elif tag == "administrative":
            item.setdefault("administrative", []).extend(_administrative(child))
        elif tag == "point":
            pos = next((inner for inner in child if inner.tag == "pos"), None)
            if pos is not None:
                _coordinates(reading, pos, (pos.text or "").replace(",", " ").split(), item)
        elif tag == "coordinates":
            _coordinates(reading, child, [child.get("latitude") or "", child.get("longitude") or ""], item)
            if precision := (child.get("precision") or "").strip():
                item["exactness"] = "1" if precision == "1" else "2"
    item = {name: value for name, value in item.items() if value not in ("", [])}
    if item:
        reading.document.setdefault("locations", []).append(item)


_TEXTS = {"name": "name", "description": "description", "activity-description": "activity_description"}
_CODES = {
    "location-reach": "reach",
    "exactness": "exactness",
    "location-class": "class",
    "feature-designation": "feature",
    "location-type": "feature",
}


def _vocabulary(node: Node) -> dict[str, str]:
    vocabulary = (node.get("vocabulary") or "").strip()
    return {"vocabulary": vocabulary} if vocabulary else {}


def _administrative(node: Node) -> list[dict[str, str]]:
    if code := code_of(node):
        level = (node.get("level") or "").strip()
        return [_vocabulary(node) | ({"level": level} if level else {}) | {"code": code}]
    # 1.0x: one attribute per level.
    levels = (("0", node.get("country")), ("1", node.get("adm1")), ("2", node.get("adm2")))
    return [{"level": level, "code": code.strip()} for level, code in levels if code and code.strip()]


def _coordinates(reading: Reading, node: Node, parts: list[str], item: dict[str, Any]) -> None:
    if not any(parts):
        return
    numbers = [reading.number(node, part, "coordinate") for part in parts]
    if len(numbers) != 2 or numbers[0] is None or numbers[1] is None:
        reading.warn(node, "the coordinates are not two numbers")
    elif abs(numbers[0]) > 90 or abs(numbers[1]) > 180:
        reading.warn(node, f"the coordinates {numbers[0]} {numbers[1]} lie nowhere on Earth")
    else:
        item["lat"], item["lon"] = numbers


def target_location(reading: Reading, node: Node) -> None:
    """`target-location` of the drafts: a name only."""
    if names := reading.narratives(node):
        reading.document.setdefault("locations", []).append({"name": names})
