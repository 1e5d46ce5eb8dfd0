"""How wide text is, measured word by word and remembered while a document is written.

fpdf measures a whole line anew, and shapes it where it is shaped, with every letter that it adds to it: 100 pages in
Arabic took half a minute. Letters join within a word only, so a line is as wide as its words and spaces.
"""

import re
from typing import Any

from fpdf.fonts import TTFFont

_WORDS = re.compile(r"\s+|\S+")
Width = tuple[int, float]
"""(glyphs, width in thousandths of the font's size)"""


class MeasuredFont(TTFFont):
    """A font of fpdf that remembers; each font has a class of its own, for fpdf's leave no room for a value."""

    __slots__ = ()
    words: dict[tuple[Any, ...], Width]
    lines: dict[tuple[Any, ...], Width]

    def get_text_width(self, text: str, font_size_pt: float, text_shaping_params: dict[str, Any] | None) -> Width:
        """(glyphs, width in points), as fpdf's own, but for what a font may move letters towards a space."""
        self.biggest_size_pt = max(self.biggest_size_pt, font_size_pt)
        given = text_shaping_params or {}
        direction = given.get("fragment_direction")
        style = (direction and direction.value, given.get("script"))
        line = self.lines.get((text, style))
        if line is None:
            found = [self._word(word, style, text_shaping_params) for word in _WORDS.findall(text)]
            line = sum(count for count, _ in found), sum(width for _, width in found)
            self.lines[text, style] = line
        return line[0], line[1] * font_size_pt * 0.001

    def _word(self, word: str, style: tuple[Any, ...], params: dict[str, Any] | None) -> Width:
        known = self.words.get((word, style))
        if known is None:
            biggest = self.biggest_size_pt
            known = self.words[word, style] = super().get_text_width(word, 1000.0, params)
            self.biggest_size_pt = biggest
        return known


def remember_widths(fonts: dict[str, Any]) -> None:
    """Make the fonts of one document remember; fpdf itself makes them, so they change their class."""
    for font in fonts.values():
        if type(font) is TTFFont:
            font.__class__ = type("MeasuredFont", (MeasuredFont,), {"__slots__": (), "words": {}, "lines": {}})
