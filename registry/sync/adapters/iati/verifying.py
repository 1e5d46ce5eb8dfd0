"""First pass over a spooled file: is it whole, and is it a file of activities? Nothing is built, memory is flat.

Only a file that passes is read record by record, so that one that breaks off in the middle leaves the catalogue alone.
Other formats in XML say by an Expected of their own what their files are.
"""

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.parsers import expat

from lxml import etree

from registry.sync.adapters.contract import DocumentRefused, Tick
from registry.sync.adapters.iati.values import Node

BLOCK = 1 << 18
LONGEST_TEXT = 9_000_000
"""The parser that reads records gives up at a single text of 10 million bytes: such a file is refused beforehand."""
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True)
class Expected:
    """What a file should be: in words, and by the local name of its root (raises DocumentRefused)."""

    words: str
    check_root: Callable[[str], None]


def _not_activities(name: str) -> DocumentRefused:
    return DocumentRefused("not_activities", f"The document is a “{name}”, not a file of IATI activities.")


def _check_activities(name: str) -> None:
    if name in ("iati-organisations", "rss", "feed", "Envelope", "Error", "error"):
        raise _not_activities(name)


ACTIVITIES = Expected("an IATI file", _check_activities)
_ACTIVITY = re.compile(rb"iati-activit(?:y|ies)[\s/>]")


def verify_activities(path: Path, tick: Tick) -> None:
    """Verify a file of activities: its root is `iati-activities`, or an answer that holds some (datastores wrap them).

    Raises DocumentRefused.
    """
    roots: list[str] = []

    def check_root(name: str) -> None:
        _check_activities(name)
        roots.append(name)

    verify(path, tick, Expected(ACTIVITIES.words, check_root))
    if roots and roots[0] not in ("iati-activities", "iati-activity") and not _holds_activities(path):
        raise _not_activities(roots[0])


def _holds_activities(path: Path) -> bool:
    with path.open("rb") as file:
        rest = b""
        while block := file.read(BLOCK):
            # In encodings of two bytes every other one is zero.
            content = rest + block.replace(b"\0", b"")
            if _ACTIVITY.search(content):
                return True
            rest = content[-32:]
    return False


def verify(path: Path, tick: Tick, expected: Expected = ACTIVITIES) -> None:
    """Read to the end. Raises DocumentRefused with what is wrong, and the line where there is one."""
    if path.stat().st_size == 0:
        raise DocumentRefused("empty", "The file is empty.")
    with path.open("rb") as file:
        beginning = file.read(4096)
    if not beginning.strip():
        raise DocumentRefused("empty", "The file holds nothing but spaces.")
    if beginning.startswith((b"\x1f\x8b", b"PK\x03\x04")):
        raise DocumentRefused("compressed", "The file is a compressed archive, not XML: unpack it first.")
    try:
        _parse(path, tick, expected)
    except expat.ExpatError as error:
        if _is_other_encoding(error):
            _parse_with_lxml(path, tick, expected)
            return
        raise _refusal(path, beginning, error, expected) from None
    except (ValueError, LookupError):  # how pyexpat says that it does not know an encoding
        _parse_with_lxml(path, tick, expected)


def _parse(path: Path, tick: Tick, expected: Expected) -> None:
    parser = expat.ParserCreate(namespace_separator=" ")

    def root(name: str, _attributes: object) -> None:
        parser.StartElementHandler = None  # one call per element would cost more than the parsing
        _check_root(name.rpartition(" ")[2], expected)

    def doctype(name: str, *_: object) -> None:
        _check_html(name, expected)
        raise _doctype()

    parser.StartElementHandler = root
    parser.StartDoctypeDeclHandler = doctype
    read = without_markup = 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            parser.Parse(block, False)
            read += len(block)
            without_markup = without_markup + len(block) if b"<" not in block else 0
            if without_markup > LONGEST_TEXT:
                raise DocumentRefused("oversize", f"Line {parser.CurrentLineNumber}: one text of more than 9 MB.")
            tick(read)
        parser.Parse(b"", True)


def _doctype() -> DocumentRefused:
    return DocumentRefused(
        "doctype", "The file declares a DOCTYPE: such files are refused, since entities can hide in it."
    )


def _check_html(name: str, expected: Expected) -> None:
    if name.lower() == "html":
        raise DocumentRefused("html", f"This is a web page (HTML), not {expected.words}.")


def _check_root(name: str, expected: Expected) -> None:
    _check_html(name, expected)
    expected.check_root(name)


def _is_other_encoding(error: expat.ExpatError) -> bool:
    return error.code in (
        expat.errors.codes[expat.errors.XML_ERROR_UNKNOWN_ENCODING],
        expat.errors.codes[expat.errors.XML_ERROR_INCORRECT_ENCODING],
    )


def _parse_with_lxml(path: Path, tick: Tick, expected: Expected) -> None:
    """For encodings of several bytes (GB 18030, Shift JIS), which expat does not know."""
    seen_root, read = False, 0
    node: Node
    parser: Any = etree.XMLPullParser(events=("start", "end"), resolve_entities=False, no_network=True)
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                parser.feed(block)
                for event, node in parser.read_events():
                    if not seen_root:
                        seen_root = True
                        if node.getroottree().docinfo.doctype:
                            raise _doctype()
                        _check_root(etree.QName(node).localname, expected)
                    elif event == "end":
                        node.clear()
                read += len(block)
                tick(read)
            parser.close()
    except etree.XMLSyntaxError as error:
        if "encoding" in str(error).lower():
            raise DocumentRefused("encoding", f"The file's encoding cannot be read: {error.msg}.") from None
        raise DocumentRefused("not_well_formed", f"The XML is broken: {error.msg}.") from None


def _refusal(path: Path, beginning: bytes, error: expat.ExpatError, expected: Expected) -> DocumentRefused:
    """What a person needs to know about a parser's error."""
    said = expat.errors.messages.get(error.code, str(error))
    start = beginning.lstrip(codecs.BOM_UTF8).lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return DocumentRefused("html", f"This is a web page (HTML), not {expected.words}.")
    if start[:1] in (b"{", b"["):
        return DocumentRefused("not_xml", "This looks like JSON, not XML.")
    if not start.startswith(b"<") and not any(beginning.startswith(mark) for mark, _ in _MARKS):
        return DocumentRefused("not_xml", f"This is not XML: it begins with {beginning[:40]!r}.")
    if error.code == expat.errors.codes[expat.errors.XML_ERROR_INVALID_TOKEN] and (bad := _bad_bytes(path)):
        line, found = bad
        return DocumentRefused(
            "encoding", f"Line {line}: the bytes {found} are not UTF-8, which the file claims to be: wrong encoding."
        )  # fmt: skip
    at = f"line {error.lineno}, column {error.offset + 1}"
    if error.code in (
        expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS],
        expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
        expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION],
        expat.errors.codes[expat.errors.XML_ERROR_PARTIAL_CHAR],
    ):
        return DocumentRefused("truncated", f"The file breaks off at {at}: {said}.")
    return DocumentRefused("not_well_formed", f"The XML is broken at {at}: {said}.")


def _bad_bytes(path: Path) -> tuple[int, str] | None:
    """(line, bytes in hex) of the first that are not UTF-8, where the file claims or implies that encoding."""
    with path.open("rb") as file:
        declaration = file.read(200).lower()
        file.seek(0)
        if b"encoding=" in declaration and b"utf-8" not in declaration:
            return None
        for number, line in enumerate(file, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                return number, line[error.start : error.start + 4].hex(" ").upper()
    return None
