"""Texts of formats that may hold anything: without what no engine stores, cut at a word. Pure."""

import re

MAX_TITLE = 200
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def clean(text: str) -> str:
    """The text without control characters and halves of characters, and without spaces around it."""
    return storable(text).strip()


def storable(text: str) -> str:
    """The text without control characters and halves of characters."""
    return _UNFIT.sub("", text)


def shortened(text: str, most: int = MAX_TITLE) -> str:
    """A text as a title: on one line, cut at a word where it is too long."""
    text = " ".join(text.split())
    return text if len(text) <= most else text[:most].rpartition(" ")[0] + " …"
