"""Second pass over a spooled file: its activities, one after the other, identified and hashed. Memory is flat.

Every `iati-activity` element is counted, wherever it stands. An activity that grows beyond the limit is emptied while
it is still being parsed, so that a monstrous one costs neither the memory nor the run.
"""

from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from registry.sync.adapters.contract import DocumentRefused, Piece, RecordFault, Tick
from registry.sync.adapters.iati.canonical import canonical_bytes, digest
from registry.sync.adapters.iati.identity import MAX_IDENTIFIER, identity_of
from registry.sync.adapters.iati.values import Node

BLOCK = 1 << 16
MAX_BYTES = 4_000_000
MAX_ELEMENTS = 20_000
MAX_DEPTH = 40
BATCH_BYTES = 4_000_000
_TOO_DEEP = etree.XPath("boolean(" + "/".join(["*"] * MAX_DEPTH) + ")")


def split(path: Path, rows: int, tick: Tick) -> Iterator[list[Piece]]:
    """Batches of at most `rows` activities, fewer where they are large. A batch's elements live until the next one."""
    parser = etree.XMLPullParser(
        events=("start", "end"), tag="{*}iati-activity", resolve_entities=False, no_network=True, load_dtd=False
    )
    seen: dict[str, int] = {}
    batch: list[Piece] = []
    batch_bytes = read = 0
    open_since: list[tuple[Node, int]] = []
    """Activities begun and not ended (more than one where they are nested), and where in the file"""
    cut: dict[Node, tuple[str, bool]] = {}
    """Activities too large to keep, with what they are known by"""
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                parser.feed(block)
                read += len(block)
                for event, node in parser.read_events():
                    if event == "start":
                        open_since.append((node, read))
                        continue
                    open_since.pop()
                    piece, size = _piece(node, seen, cut.pop(node, None))
                    batch.append(piece)
                    batch_bytes += size
                    # Between two batches nothing may be open but the file's own elements and at most one activity.
                    if (len(batch) >= rows or batch_bytes >= BATCH_BYTES) and not _is_nested(node):
                        yield batch
                        _release(batch)
                        batch, batch_bytes = [], 0
                for node, since in open_since:
                    if read - since > MAX_BYTES:
                        cut.setdefault(node, identity_of(node))
                        _empty(node)
                tick(read)
        parser.close()
    except etree.XMLSyntaxError as error:
        # Well-formed by the first pass, but beyond what this parser takes (elements 256 deep, a text of 10 MB).
        raise DocumentRefused("oversize", f"The file holds something too large to read: {error.msg}.") from None
    if batch:
        yield batch


def _piece(node: Node, seen: dict[str, int], cut: tuple[str, bool] | None) -> tuple[Piece, int]:
    """(piece, its size in bytes)"""
    canonical = b"" if cut else canonical_bytes(node)
    _strip_namespace(node)
    identifier, derived = cut or identity_of(node)
    fault = _TOO_LARGE if cut else _limits(node, canonical)
    if len(identifier) > MAX_IDENTIFIER:
        fault = RecordFault("identifier", f"the identifier is longer than {MAX_IDENTIFIER} characters")
        identifier = f"{identifier[:100]}… {digest(identifier.encode())[:40]}"
    times = seen[identifier] = seen.get(identifier, 0) + 1
    if times > 1:
        fault = RecordFault("duplicate_identifier", f"“{identifier}” stands in this file already: this is no. {times}")
        identifier = f"{identifier} [no. {times}]"
    return Piece(identifier, digest(canonical), node.sourceline, node, derived, fault), len(canonical)


_TOO_LARGE = RecordFault("oversize", f"the activity is larger than {MAX_BYTES // 1_000_000} MB")


def _limits(node: Node, canonical: bytes) -> RecordFault | None:
    if len(canonical) > MAX_BYTES:
        return _TOO_LARGE
    # A cheap bound first: elements are counted only where there could be too many.
    if canonical.count(b"</") > MAX_ELEMENTS:
        return RecordFault("oversize", f"the activity has more than {MAX_ELEMENTS:,} elements")
    if _TOO_DEEP(node):
        return RecordFault("oversize", f"the activity's elements are nested more than {MAX_DEPTH} deep")
    return None


def _strip_namespace(node: Node) -> None:
    """Some exporters put the whole standard into a namespace of their own: it is the standard all the same."""
    if not node.tag.startswith("{"):
        return
    prefix = node.tag[: node.tag.index("}") + 1]
    for element in node.iter(etree.Element):
        if element.tag.startswith(prefix):
            element.tag = element.tag[len(prefix) :]


def _is_nested(node: Node) -> bool:
    return any(etree.QName(ancestor).localname == "iati-activity" for ancestor in node.iterancestors())


def _empty(node: Node) -> None:
    """Drop what an open element holds, but for the line of last children: the parser may still be inside them."""
    while len(node):
        del node[:-1]
        node = node[-1]


def _release(batch: list[Piece]) -> None:
    """Take the batch's elements, and all that stands before them, out of the tree; later ones may be parsed already."""
    last = {piece.raw.getparent(): piece.raw for piece in batch}
    for parent, node in last.items():
        if parent is None:
            continue
        while (before := node.getprevious()) is not None:
            parent.remove(before)
        parent.remove(node)
    for piece in batch:
        piece.raw = None
