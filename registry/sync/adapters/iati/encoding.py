"""Which encoding an XML file is in: its byte order mark, else its declaration, else UTF-8."""

import codecs
import re
from pathlib import Path

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DECLARED = re.compile(rb"""^<\?xml[^>]*\sencoding\s*=\s*["']([\w.\-]+)["']""")
_PLAIN = frozenset(("utf-8", "ascii"))


def encoding_of(path: Path) -> str:
    """Python's name of the encoding, `utf-8` also for ASCII; the declared name as it stands where Python has none."""
    with path.open("rb") as file:
        beginning = file.read(1000)
    for mark, name in _MARKS:
        if beginning.startswith(mark):
            return name
    declared = _DECLARED.match(beginning.lstrip())
    if not declared:
        return "utf-8"
    try:
        name = codecs.lookup(declared[1].decode()).name
    except LookupError:
        return declared[1].decode()
    return "utf-8" if name in _PLAIN else name
