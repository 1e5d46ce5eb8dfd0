"""The Security Council's Consolidated List (XML): persons and entities under its sanctions, as listed parties.

They are no programmes: what the list says of them is kept for screening, with its source (docs/listed.md).
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from registry.errors import N_
from registry.sync.adapters.contract import Adapter, DocumentRefused, Piece, Record, RecordFault, Tick
from registry.sync.adapters.iati.verifying import Expected, verify
from registry.sync.adapters.unsc.party import KINDS, Node, build, text_at

BLOCK = 1 << 16
MAX_BYTES, MAX_ELEMENTS, MAX_DEPTH, MAX_IDENTIFIER = 1_000_000, 5_000, 20, 400
"""Of one entry"""
_TOO_DEEP = etree.XPath("boolean(" + "/".join(["*"] * MAX_DEPTH) + ")")


def _check_root(name: str) -> None:
    if name != "CONSOLIDATED_LIST":
        raise DocumentRefused("not_list", f"The document is a “{name[:60]}”, not the Consolidated List.")


LIST = Expected("the Consolidated List", _check_root)


class ConsolidatedList:
    """Reads the list; there is nothing to set."""

    def verify(self, path: Path, tick: Tick) -> None:
        """Well-formed to its end, and this list."""
        verify(path, tick, LIST)

    def split(self, path: Path, rows: int, tick: Tick) -> Iterator[list[Piece]]:
        """Its entries, one after the other; one that is too large is emptied while it is still being parsed."""
        parser = etree.XMLPullParser(events=("start", "end"), tag=tuple(KINDS), resolve_entities=False, no_network=True)
        seen: dict[str, int] = {}
        batch: list[Piece] = []
        open_: Node = None
        began = read = 0
        cut: str | None = None
        """The identifier of an entry that is too large"""
        try:
            with path.open("rb") as file:
                while block := file.read(BLOCK):
                    parser.feed(block)
                    read += len(block)
                    for event, node in parser.read_events():
                        if event == "start":
                            if open_ is None:
                                open_, began, cut = node, read, None
                            continue
                        if node is not open_:
                            continue  # one inside another is a part of that
                        batch.append(_piece(node, cut, seen))
                        _release(node)
                        open_ = None
                        if len(batch) >= rows:
                            yield batch
                            batch = []
                    if open_ is not None and read - began > MAX_BYTES:
                        cut = _identifier(open_) if cut is None else cut
                        _empty(open_)
                    tick(read)
            parser.close()
        except etree.XMLSyntaxError as error:
            # Well-formed by the first pass, but beyond what this parser takes (a text of 10 MB, 256 levels).
            raise DocumentRefused("oversize", f"The list holds something too large to read: {error.msg}.") from None
        if batch:
            yield batch

    def read(self, piece: Piece) -> Record:
        """See party.py."""
        parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
        return build(etree.fromstring(piece.raw, parser), piece.remote_id)

    def fragment(self, piece: Piece) -> str:
        """The entry, as XML."""
        return str(piece.raw.decode("utf-8", "replace")[:4000])


def _identifier(node: Node) -> str:
    """The reference number; the list's own data id where there is none."""
    data_id = text_at(node, "DATAID")
    return text_at(node, "REFERENCE_NUMBER") or (f"derived:{data_id[:60]}" if data_id else "")


def _piece(node: Node, cut: str | None, seen: dict[str, int]) -> Piece:
    raw: bytes = etree.tostring(node, encoding="utf-8", with_tail=False)
    identifier = cut or _identifier(node) or f"derived:{hashlib.sha256(raw).hexdigest()[:40]}"
    fault = None
    if cut is not None or len(raw) > MAX_BYTES:
        fault, raw = RecordFault("oversize", f"the entry is larger than {MAX_BYTES // 1_000_000} MB"), raw[:16_000]
    elif raw.count(b"</") + raw.count(b"/>") > MAX_ELEMENTS:
        fault = RecordFault("oversize", f"the entry has more than {MAX_ELEMENTS:,} elements")
    elif _TOO_DEEP(node):
        fault = RecordFault("oversize", f"the entry's elements are nested more than {MAX_DEPTH} deep")
    if len(identifier) > MAX_IDENTIFIER:
        fault = RecordFault("identifier", f"the identifier is longer than {MAX_IDENTIFIER} characters")
        identifier = f"{identifier[:100]}… {hashlib.sha256(identifier.encode()).hexdigest()[:40]}"
    times = seen[identifier] = seen.get(identifier, 0) + 1
    if times > 1:
        fault = RecordFault("duplicate_identifier", f"“{identifier}” stands in this file already: this is no. {times}")
        identifier = f"{identifier} [no. {times}]"
    return Piece(
        identifier, hashlib.sha256(raw).hexdigest(), node.sourceline, raw, identifier.startswith("derived:"), fault
    )


def _empty(node: Node) -> None:
    """Drop what an open element holds, but for the line of last children: the parser may still be inside them."""
    while len(node):
        del node[:-1]
        node = node[-1]


def _release(node: Node) -> None:
    """Take a finished entry, and what stands before it, out of the tree."""
    node.clear()
    parent = node.getparent()
    while parent is not None and (before := node.getprevious()) is not None:
        parent.remove(before)


ADAPTER = Adapter(
    "unsc", "1", N_("UN Security Council Consolidated List (XML)"), lambda _config: ConsolidatedList(), target="listed"
)
