"""Cells of tables as text: lines of them, whatever file they come from; formulas neutralised, and restored. Pure."""

from dataclasses import dataclass, field

_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Beginnings that a spreadsheet takes for a formula; full-width signs too, which some turn into plain ones"""
_UNSEEN = "\u00ad\u180e\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
"""Characters of no width: what stands behind them is what a spreadsheet sees first"""


class Unreadable(Exception):
    """A file that is no table, or too large a one. `code`: as in docs/sync.md."""

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(message)


class EncodingUncertain(Unreadable):
    """A text file whose encoding a person must say. `readings`: (encoding, first telling lines as they would read)."""

    def __init__(self, message: str, readings: list[tuple[str, list[str]]]) -> None:
        self.readings = readings
        super().__init__("encoding", message)


class Number(str):
    """A cell that was a number in its file, not a text: written with a point, without thousands."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table. `number` is what a spreadsheet shows. `problem`: it cannot be read; `cells` hold it raw."""

    number: int
    cells: list[str] = field(default_factory=list)
    problem: str | None = None


def neutralise(text: str) -> str:
    """The text with an apostrophe before it, where a spreadsheet would take it for a formula."""
    return f"'{text}" if _runs(text) else text


def restore(text: str) -> str:
    """What `neutralise` was given."""
    return text[1:] if text.startswith("'") and _runs(text) else text


def _runs(text: str) -> bool:
    return text.lstrip(f"'{_UNSEEN}").startswith(_RUNS)
