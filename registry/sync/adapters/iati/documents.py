"""Document links, contacts, related activities, other identifiers, conditions."""

from typing import Any

from registry.sync.adapters.iati.codes import RELATED, translate
from registry.sync.adapters.iati.organisations import organisation
from registry.sync.adapters.iati.values import Node, Reading, code_of, text_of

Item = dict[str, Any]


def document_link(reading: Reading, node: Node) -> Item | None:
    """`document-link`; without an address there is nothing to follow."""
    url = (node.get("url") or "").strip()
    if not url:
        reading.warn(node, "a document without address")
        return None
    item: Item = {"url": url}
    if kind := (node.get("format") or "").strip():
        item["format"] = kind.lower()
    for child in node:
        tag = child.tag
        if tag in ("title", "description"):
            if texts := reading.narratives(child):
                item[tag] = item.get(tag, []) + texts
        elif tag == "category" or tag == "language":
            if code := code_of(child):
                item.setdefault("categories" if tag == "category" else "languages", []).append(code)
        elif tag == "document-date" and (day := reading.day(child)):
            item["date"] = day
    return item


def contact(reading: Reading, node: Node) -> Item | None:
    """`contact-info`"""
    item: Item = {}
    if kind := (node.get("type") or "").strip():
        item["type"] = kind
    for child in node:
        if name := _CONTACT_TEXTS.get(child.tag):
            if texts := reading.narratives(child):
                item[name] = item.get(name, []) + texts
        elif child.tag in ("telephone", "email", "website") and (text := text_of(child)):
            item.setdefault(child.tag, text)
    return item or None


_CONTACT_TEXTS = {
    "organisation": "organisation",
    "department": "department",
    "person-name": "person",
    "job-title": "job_title",
    "mailing-address": "address",
}


def activity_website(_reading: Reading, node: Node) -> Item | None:
    """`activity-website` of 1.0x: a document of category A12 (project web page), as 2.01 has it."""
    url = text_of(node)
    return {"url": url, "format": "text/html", "categories": ["A12"]} if url else None


def related_activity(reading: Reading, node: Node) -> Item | None:
    """`related-activity`"""
    ref = (node.get("ref") or "").strip()
    if not ref:
        return None
    kind = translate(RELATED, node.get("type"))
    return {"ref": ref, "type": kind} if kind else {"ref": ref}


def other_identifier(reading: Reading, node: Node) -> Item | None:
    """`other-identifier`: an element with attributes (2.0x) or a text with its owner beside it (1.0x)."""
    ref = (node.get("ref") or "").strip() or (node.text or "").strip()
    if not ref:
        return None
    item: Item = {"ref": ref}
    if kind := (node.get("type") or "").strip():
        item["type"] = kind
    owner: Item = {}
    for child in node:
        if child.tag == "owner-org":
            owner = organisation(reading, child)
    if owner_ref := (node.get("owner-ref") or "").strip():
        owner["ref"] = owner_ref
    if owner_name := (node.get("owner-name") or "").strip():
        owner["narratives"] = [{"text": owner_name}]
    if owner:
        item["owner_org"] = owner
    return item


def draft_identifier(reading: Reading, node: Node) -> Item | None:
    """`identifier` of the drafts: the reporter's own number (OtherIdentifierType A1)."""
    ref = text_of(node)
    return {"ref": ref, "type": "A1"} if ref else None


def conditions(reading: Reading, node: Node) -> None:
    """`conditions`"""
    found: Item = {}
    attached = reading.flag(node.get("attached"))
    if attached is not None:
        found["attached"] = attached
    for child in node:
        if child.tag != "condition":
            continue
        item: Item = {}
        if kind := (child.get("type") or "").strip():
            item["type"] = kind
        if texts := reading.narratives(child):
            item["narratives"] = texts
        if item:
            found.setdefault("items", []).append(item)
    if found:
        reading.document["conditions"] = found
