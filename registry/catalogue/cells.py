"""Cells that a spreadsheet would run as formulas: neutralised on the way out, restored on the way in. Pure."""

_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n")


def neutralise(text: str) -> str:
    """The text with an apostrophe before it, where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.lstrip("'").startswith(_RUNS) else text


def restore(text: str) -> str:
    """What `neutralise` was given."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(_RUNS) else text
