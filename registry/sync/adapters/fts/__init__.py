"""OCHA FTS: pages of humanitarian flows (JSON of `/v1/public/fts/flow`), each a programme with its one transaction.

A flow says who gave what to whom for which place, plan and years. Its `versionId` counts as part of its content. What
depends on the question asked (the order of its objects) does not, but for its `boundary`, by which sums are made.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from registry.errors import N_
from registry.sync.adapters.contract import Adapter, DocumentRefused, Piece, Record, RecordFault, Tick, pages_of
from registry.sync.adapters.fts.flow import Reading
from registry.sync.adapters.fts.pages import next_page, parse
from registry.sync.adapters.text import clean

MAX_FLOW, MAX_DEPTH, MAX_IDENTIFIER = 1_000_000, 40, 400
"""Of a flow: characters, levels of nesting, characters of its identifier"""
ASKED_FOR = frozenset(("onBoundary",))
"""What depends on the query and not on the flow, and is not kept. `boundary` does and is: it says what counts."""


class Flows:
    """Reads pages of flows; there is nothing to set: the address says which flows are wanted."""

    def verify(self, path: Path, tick: Tick) -> None:
        """All pages can be read, and hold as many flows as were announced."""
        read = held = 0
        meta: dict[str, Any] = {}
        for file in pages_of(path):
            page = parse(file)
            held, meta = held + len(page["data"]["flows"]), page.get("meta", {})
            read += file.stat().st_size
            tick(read)
        announced = meta.get("count")
        # A single page is imported by hand: then the others are not here.
        if path.is_dir() and isinstance(announced, int) and held < announced:
            raise DocumentRefused("truncated", f"{held} of the {announced} flows that were announced came.")

    def split(self, path: Path, rows: int, tick: Tick) -> Iterator[list[Piece]]:
        """The flows of all pages, one page in memory at a time."""
        seen: dict[str, int] = {}
        read = number = 0
        batch: list[Piece] = []
        for file in pages_of(path):
            for flow in parse(file)["data"]["flows"]:
                number += 1
                batch.append(_piece(flow, number, seen))
                if len(batch) >= rows:
                    yield batch
                    batch = []
            read += file.stat().st_size
            tick(read)
        if batch:
            yield batch

    def read(self, piece: Piece) -> Record:
        """See docs/sync.md for the codes of faults."""
        return Reading(piece.raw).build(piece.remote_id, piece.derived)

    def fragment(self, piece: Piece) -> str:
        """The flow, as JSON."""
        return clean(json.dumps(piece.raw, ensure_ascii=False, indent=1)[:4000])


def _piece(flow: Any, number: int, seen: dict[str, int]) -> Piece:
    fault = None
    if not isinstance(flow, dict):
        flow, fault = {"value": flow}, RecordFault("unreadable", "the flow is no object")
    if _is_deep(flow):
        flow = {"id": flow.get("id") if isinstance(flow.get("id"), int | str) else None}
        fault = RecordFault("oversize", f"the flow is nested more than {MAX_DEPTH} deep")
    said = {name: _ordered(value) for name, value in flow.items() if name not in ASKED_FOR}
    canonical = json.dumps(said, sort_keys=True)
    given = " ".join(clean(str(flow.get("id") or "")).split())
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    identifier = f"XM-OCHA-FTS-{given}" if given else f"derived:{digest[:40]}"
    if len(canonical) > MAX_FLOW:
        fault = RecordFault("oversize", f"the flow has more than {MAX_FLOW:,} characters")
    if len(identifier) > MAX_IDENTIFIER:
        fault = RecordFault("identifier", f"the identifier is longer than {MAX_IDENTIFIER} characters")
        identifier = f"{identifier[:100]}… {hashlib.sha256(identifier.encode()).hexdigest()[:40]}"
    times = seen[identifier] = seen.get(identifier, 0) + 1
    if times > 1:
        fault = RecordFault("duplicate_identifier", f"“{identifier}” stands in this file already: this is no. {times}")
        identifier = f"{identifier} [no. {times}]"
    return Piece(identifier, digest, number, flow, not given, fault)


def _is_deep(flow: Any) -> bool:
    """Without recursion: that is what is to be guarded against."""
    level = [flow]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for value in level
            for inner in (value.values() if isinstance(value, dict) else value)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def _ordered(value: Any) -> Any:
    """Lists of objects come in any order."""
    if isinstance(value, list):
        return sorted(value, key=lambda item: json.dumps(item, sort_keys=True))
    return value


ADAPTER = Adapter("fts", "1", N_("OCHA FTS flows (JSON)"), lambda _config: Flows(), next_page=next_page)
