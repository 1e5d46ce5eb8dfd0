"""The kinds of documents that the contract of adapters is tried with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HOSTILE = (
    "'; DROP TABLE programme; --",
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "\u202egnol\u200b",
    "🔫" * 50,
)
"""Identifiers and texts that must come through as what they are: text"""
RECORDS = 7
"""In each of the small samples"""


def _said_of_programme(document: dict[str, Any]) -> tuple[str, list[str]]:
    return document["iati_identifier"], [title["text"] for title in document["title"]]


@dataclass(frozen=True)
class Samples:
    """Documents of one format, as bytes. Those of RECORDS records hold `Small arms 1` … under ids that end in 1 …"""

    good: Callable[[int], bytes]
    """So many good records"""
    reordered: bytes
    """`good(RECORDS)` in another layout: fields in another order, other spaces"""
    changed: bytes
    """`good(RECORDS)` with another title in the third record"""
    broken_off: tuple[bytes, ...]
    bad_third: Mapping[str, bytes]
    """Reason code → RECORDS records of which the third cannot be used"""
    duplicate: bytes
    """RECORDS records, the last with the identifier of the first"""
    hostile: Callable[[str], bytes]
    """One record with this text as identifier and as title"""
    controls: Mapping[bytes, str | None]
    """One record with characters that no engine stores → code of its refusal; None: it is read without them"""
    empty: bytes
    """Well-formed, without any record"""
    large: Callable[[Path, int], Path] | None = None
    """(folder, records) → a document of many pages, where the format has them"""
    said: Callable[[dict[str, Any]], tuple[str, list[str]]] = _said_of_programme
    """A document's (identifier, titles or names)"""
    config: Mapping[str, Any] = field(default_factory=dict)
    refused: Mapping[bytes, str] = field(default_factory=dict)
    """Further documents that are none → why"""
