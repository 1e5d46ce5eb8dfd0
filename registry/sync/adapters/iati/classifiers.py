"""Sectors, countries, regions, markers, tags: coded lists of an activity, some of them on its transactions too."""

from typing import Any

from registry.sync.adapters.iati.codes import MARKER_VOCABULARY, REGION_VOCABULARY, SECTOR_VOCABULARY, translate
from registry.sync.adapters.iati.values import Node, Reading, code_of, vocabulary_uri

Item = dict[str, Any]


def _shared(reading: Reading, node: Node, item: Item) -> Item:
    """Add the vocabulary's address, percentage and names."""
    item |= vocabulary_uri(node)
    if node.get("percentage") is not None and (percentage := reading.percentage(node)) is not None:
        item["percentage"] = percentage
    if names := reading.narratives(node):
        item["narratives"] = names
    return item


def sector(reading: Reading, node: Node) -> Item | None:
    """`sector`; a code missing beside a name still says something, so it stays."""
    vocabulary = node.get("vocabulary")
    if vocabulary is None:
        vocabulary = node.get("vocab") or node.get("type")
    item: Item = {"vocabulary": translate(SECTOR_VOCABULARY, vocabulary) or "1"}
    if code := code_of(node):
        item["code"] = code
    _shared(reading, node, item)
    return item if len(item) > 1 else None


def country(reading: Reading, node: Node) -> Item | None:
    """`recipient-country`; the code stays as given, catalogue/reference.py knows what it names."""
    item: Item = {}
    if code := code_of(node):
        item["code"] = code
    _shared(reading, node, item)
    return item or None


def region(reading: Reading, node: Node) -> Item | None:
    """`recipient-region`"""
    item: Item = {"vocabulary": translate(REGION_VOCABULARY, node.get("vocabulary")) or "1"}
    if code := code_of(node):
        item["code"] = code
    _shared(reading, node, item)
    return item if len(item) > 1 else None


def policy_marker(reading: Reading, node: Node) -> Item | None:
    """`policy-marker`; significance 0 (not targeted) is an answer and stays."""
    code = code_of(node)
    if not code:
        return None
    vocabulary = translate(MARKER_VOCABULARY, node.get("vocabulary")) or "1"
    item: Item = {"vocabulary": vocabulary, **vocabulary_uri(node), "code": code}
    if significance := (node.get("significance") or "").strip():
        item["significance"] = significance
    if names := reading.narratives(node):
        item["narratives"] = names
    return item


def tag(reading: Reading, node: Node) -> Item | None:
    """`tag`"""
    return _coded(reading, node, ("vocabulary",))


def humanitarian_scope(reading: Reading, node: Node) -> Item | None:
    """`humanitarian-scope`"""
    return _coded(reading, node, ("type", "vocabulary"))


def aid_type(reading: Reading, node: Node) -> Item | None:
    """`default-aid-type` and a transaction's `aid-type`"""
    code = code_of(node)
    return {"vocabulary": (node.get("vocabulary") or "").strip() or "1", "code": code} if code else None


def _coded(reading: Reading, node: Node, attributes: tuple[str, ...]) -> Item | None:
    item: Item = {}
    for name in attributes:
        if value := (node.get(name) or "").strip():
            item[name] = value
    item |= vocabulary_uri(node)
    if code := code_of(node):
        item["code"] = code
    if names := reading.narratives(node):
        item["narratives"] = names
    return item or None
