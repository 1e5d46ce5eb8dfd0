"""Results of an activity: indicators with baseline, targets and actual values, by dimension and place."""

from typing import Any

from registry.sync.adapters.iati.documents import document_link
from registry.sync.adapters.iati.values import Node, Reading, vocabulary_uri

Item = dict[str, Any]


def result(reading: Reading, node: Node) -> None:
    """`result`"""
    item = _typed(reading, node, {"type": "type"}, {"aggregation-status": "aggregation"})
    for child in node:
        tag = child.tag
        if tag in ("title", "description"):
            _texts(reading, child, tag, item)
        elif tag == "reference":
            _append(item, "references", _attributes(child, ("vocabulary", "code")) | vocabulary_uri(child))
        elif tag == "document-link":
            _append(item, "documents", document_link(reading, child))
        elif tag == "indicator":
            _append(item, "indicators", _indicator(reading, child))
    if item:
        reading.document.setdefault("results", []).append(item)


def _indicator(reading: Reading, node: Node) -> Item:
    item = _typed(
        reading, node, {"measure": "measure"}, {"ascending": "ascending", "aggregation-status": "aggregation"}
    )
    for child in node:
        tag = child.tag
        if tag in ("title", "description"):
            _texts(reading, child, tag, item)
        elif tag == "reference":
            found = _attributes(child, ("vocabulary", "code"))
            if uri := (child.get("indicator-uri") or "").strip():
                found["uri"] = uri
            _append(item, "references", found)
        elif tag == "document-link":
            _append(item, "documents", document_link(reading, child))
        elif tag == "baseline":
            found = _measured(reading, child)
            if year := reading.integer(child, child.get("year"), "year"):
                found["year"] = year
            if day := reading.day_of(child, child.get("iso-date"), "iso-date"):
                found["date"] = day
            _append(item, "baselines", found)
        elif tag == "period":
            _append(item, "periods", _period(reading, child))
    return item


def _period(reading: Reading, node: Node) -> Item:
    item: Item = {}
    for child in node:
        tag = child.tag
        if tag == "period-start" or tag == "period-end":
            if day := reading.day(child):
                item[tag[7:]] = day
        elif tag == "target" or tag == "actual":
            _append(item, f"{tag}s", _measured(reading, child))
    return item


def _measured(reading: Reading, node: Node) -> Item:
    """A target, an actual value or a baseline: the value stays as given, since it may be words."""
    item: Item = {}
    if value := (node.get("value") or "").strip():
        item["value"] = value
    for child in node:
        tag = child.tag
        if tag == "comment":
            _texts(reading, child, "comment", item)
        elif tag == "location":
            if ref := (child.get("ref") or "").strip():
                item.setdefault("locations", []).append(ref)
        elif tag == "dimension":
            _append(item, "dimensions", _attributes(child, ("name", "value")))
        elif tag == "document-link":
            _append(item, "documents", document_link(reading, child))
    return item


def _typed(reading: Reading, node: Node, codes: dict[str, str], flags: dict[str, str]) -> Item:
    item: Item = {}
    for attribute, name in codes.items():
        if value := (node.get(attribute) or "").strip():
            item[name] = value
    for attribute, name in flags.items():
        flag = reading.flag(node.get(attribute))
        if flag is not None:
            item[name] = flag
    return item


def _attributes(node: Node, names: tuple[str, ...]) -> Item:
    return {name: value for name in names if (value := (node.get(name) or "").strip())}


def _texts(reading: Reading, node: Node, name: str, item: Item) -> None:
    if texts := reading.narratives(node):
        item[name] = item.get(name, []) + texts


def _append(item: Item, name: str, value: Item | None) -> None:
    if value:
        item.setdefault(name, []).append(value)
