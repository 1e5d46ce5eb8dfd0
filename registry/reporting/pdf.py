"""A report as PDF, with the extra `pdf`. The same report gives the same bytes, with the same fonts and versions.

HarfBuzz shapes the text, so that Arabic letters join and lines run from right to left; tables then begin at the right.
"""

import logging
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from registry.errors import N_, NotAcceptable
from registry.reporting import fonts
from registry.reporting.printing import Part, Printed, Row, Table

try:
    import uharfbuzz  # noqa: F401  (fpdf2 shapes with it where it is there, and not at all where it is not)
    from fpdf import FPDF
    from fpdf.enums import WrapMode
    from fpdf.fonts import FontFace

    from registry.reporting.measuring import remember_widths

    IS_THERE = True
except ImportError:
    FPDF, FontFace, WrapMode, IS_THERE = object, None, None, False  # type: ignore[assignment,misc]

MISSING = N_("PDF needs the extra “pdf” of this registry, which is not installed here.")
_NEVER = datetime(1980, 1, 1, tzinfo=UTC)
"""Stands where the moment of writing would"""
MARGIN, BODY, SMALL = 18, 9.5, 8
"""Millimetres; points"""
LEADING = 1.35
GREY, SHADE = (90, 90, 90), (232, 236, 232)
_JOINS = re.compile("[\u0590-\u08ff\u0900-\u0dff\u0e00-\u0fff\u1780-\u17ff\ufb1d-\ufdff\ufe70-\ufefc]")
"""Letters that join, combine or run from the right: Arabic and Hebrew, and the scripts of South and South-East Asia"""
MOST_LINES = 36
"""Of a table's cell: what is longer goes on in the next row, for a row stays on one page"""
POINT = 25.4 / 72
# It says of each font which of its tables a subset leaves out: nothing that anybody could act on.
logging.getLogger("fontTools.subset").setLevel(logging.ERROR)


def pdf(report: Printed, folders: Iterable[Path]) -> bytes:
    """The file; fonts are looked for in `folders`. Raises NotAcceptable naming what is missing."""
    if not IS_THERE:
        raise NotAcceptable(MISSING)
    files = fonts.find(folders, fonts.scripts_of(_texts(report)))
    paper = _Paper(report, files)
    paper.write()
    return bytes(paper.output())


class _Paper(FPDF):
    """The pages of one report."""

    def __init__(self, report: Printed, files: dict[str, fonts.FontFiles]) -> None:
        super().__init__()
        self.report, self.side = report, "R" if report.is_rtl else "L"
        self.set_creation_date(_NEVER)
        self.set_title(report.title)
        self.set_author("CASA Registry")
        self.set_lang(report.language)
        self.set_margin(MARGIN)
        self.set_auto_page_break(True, MARGIN)
        for script, file in files.items():
            self.add_font(script, "", file.regular)
            # A large font is not read twice; where it has no bold, the regular one stands in as a fallback.
            if script != fonts.CHINESE or file.bold != file.regular:
                self.add_font(script, "B", file.bold)
        remember_widths(self.fonts)
        self.has_arabic = fonts.ARABIC in files
        # All of them: a line that begins in a fallback font while its own font is none leaves fpdf 2.8.9 with a wrong
        # idea of which font is set, and the next line stands in that of some line before.
        self.set_fallback_fonts(list(files), exact_match=False)

    def multi_cell(self, w: float, h: float | None = None, text: str = "", *rest: Any, **options: Any) -> Any:
        """As fpdf's; shaped only where that matters, for it takes ten times as long; in the text's own direction.

        The font is that of the text's first letters, so that a line does not go from font to font with every space.
        """
        is_rtl = _direction(text) == "rtl"
        if _JOINS.search(text):
            self.set_text_shaping(True, direction="rtl" if is_rtl else "ltr")
        else:
            self.set_text_shaping(False)
        self.set_font(fonts.ARABIC if is_rtl and self.has_arabic else fonts.LATIN, self.font_style, self.font_size_pt)
        try:
            return super().multi_cell(w, h, text, *rest, **options)
        finally:
            self.set_font(fonts.LATIN, self.font_style, self.font_size_pt)

    def footer(self) -> None:
        """What stands beneath each page; fpdf calls it."""
        self.set_y(-MARGIN / 2 - 4)
        self.set_font(fonts.LATIN, size=7)
        self.set_text_color(*GREY)
        self.cell(0, 4, f"{self.page_no()}", align="C")
        self.set_text_color(0)

    def write(self) -> None:  # type: ignore[override]
        """All pages."""
        report = self.report
        self.add_page()
        self._line(report.title, 17, "B")
        for line in report.lines:
            self._line(line, BODY, colour=GREY)
        for number, section in enumerate(report.sections, start=1):
            self._heading(f"{number}. {section.title}")
            for part in section.parts:
                self._part(part)
        self.ln(4)
        self._line(report.footer, SMALL, colour=GREY)

    def _heading(self, text: str) -> None:
        if self.will_page_break(30):
            self.add_page()
        self.ln(5)
        self.start_section(text)
        self._line(text, 13, "B")
        self.set_draw_color(*GREY)
        self.line(self.l_margin, self.get_y(), self.w - self.r_margin, self.get_y())
        self.ln(1)

    def _part(self, part: Part) -> None:
        if self.will_page_break(22):
            self.add_page()
        self.ln(2)
        self._line(part.question, 10, "B")
        for table in part.tables:
            self._table(table)
        for line in part.words:
            self._line(line, BODY)
        for line in part.notes:
            self._line(line, BODY, colour=GREY)

    def _line(self, text: str, size: float, style: str = "", colour: tuple[int, int, int] = (0, 0, 0)) -> None:
        self.set_font(fonts.LATIN, style, size)
        self.set_text_color(*colour)
        self.multi_cell(
            0, size * POINT * LEADING, text, align=self.side, new_x="LMARGIN", new_y="NEXT", wrapmode=self._wrapping
        )
        self.set_text_color(0)

    @property
    def _wrapping(self) -> WrapMode:
        return WrapMode.CHAR if self.report.language == "zh" else WrapMode.WORD

    def _table(self, table: Table) -> None:
        self.set_font(fonts.LATIN, "", SMALL)
        widths = [self.epw * width / sum(table.widths) for width in table.widths]
        order = slice(None, None, -1 if self.report.is_rtl else 1)
        head = FontFace(emphasis="BOLD", fill_color=SHADE)
        with self.table(
            col_widths=widths[order], width=self.epw, align="L", text_align=self.side, v_align="TOP",
            line_height=SMALL * POINT * LEADING, padding=0.8, headings_style=head, wrapmode=self._wrapping,
        ) as drawn:  # fmt: skip
            drawn.row(table.titles[order])
            for row in table.rows:
                for cells in _broken(row, widths):
                    drawn.row(cells[order])
        self.ln(1.5)


def _broken(row: Row, widths: Sequence[float]) -> Iterator[tuple[str, ...]]:
    """A row as rows of which each surely stays within a page."""
    pieces = [_pieces(cell, width) for cell, width in zip(row.cells, widths, strict=True)]
    for place in range(max(map(len, pieces))):
        yield tuple(piece[place] if place < len(piece) else "" for piece in pieces)


def _pieces(text: str, width: float) -> list[str]:
    """A cell's text in pieces of at most MOST_LINES lines, broken at spaces where there are any."""
    wide = max(1.0, width - 2)
    found, lines, piece = [], 0.0, ""
    for word in re.findall(r"\n|[^\s]{1,200}[^\S\n]*", text):
        needs = 1.0 if word == "\n" else sum(map(_millimetres, word)) / wide
        if piece and lines + needs > MOST_LINES:
            found.append(piece.strip())
            lines, piece = 0.0, ""
        lines, piece = lines + needs, piece + word
    return [*found, piece.strip()]


def _direction(text: str) -> str:
    """That of the first letter, which is not the report's where a text has no translation."""
    kinds = (unicodedata.bidirectional(character) for character in text)
    return "ltr" if next((kind for kind in kinds if kind in ("L", "R", "AL")), "L") == "L" else "rtl"


def _millimetres(character: str) -> float:
    """How wide a character is at most likely to be, in the size of tables."""
    return SMALL * POINT * (1.05 if ord(character) > 0x2E7F else 0.7)


def _texts(report: Printed) -> Iterator[str]:
    yield from (report.title, *report.lines, report.footer)
    for section in report.sections:
        yield section.title
        for part in section.parts:
            yield from (part.question, *part.words, *part.notes)
            for table in part.tables:
                yield from table.titles
                for row in table.rows:
                    yield from row.cells
