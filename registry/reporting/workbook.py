"""A report as an XLSX workbook: the same report gives the same bytes, whenever it is written."""

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime

import openpyxl
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from registry.catalogue.tables import Cell, xlsx_cell
from registry.reporting.printing import Part, Printed

WIDTHS = (36, 44, 26, 34, 24, 24)
"""Of the first columns, in characters"""
_NEVER = datetime(1980, 1, 1)  # noqa: DTZ001  (workbooks know no time zones)
"""The first day that an archive knows: it says nothing of when the file was made"""
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(?=<)")
_WRAPPED = Alignment(wrap_text=True, vertical="top")
_SHADED = PatternFill("solid", fgColor="E8ECE8")
FONTS = {
    "title": Font(bold=True, size=16),
    "section": Font(bold=True, size=13),
    "question": Font(bold=True),
    "titles": Font(bold=True),
    "note": Font(italic=True, color="555555"),
}


def xlsx(report: Printed) -> bytes:
    """One sheet: headings, questions, tables, words, in the order of the report."""
    book = openpyxl.Workbook()
    book.properties.creator, book.properties.title, book.properties.created = "CASA Registry", report.title, _NEVER
    book.properties.language = report.language
    sheet: Worksheet = book.worksheets[0]
    sheet.title = re.sub(r"[\[\]:*?/\\]", " ", report.lines[0])[:31] or "report"
    sheet.sheet_view.rightToLeft = report.is_rtl
    sheet.sheet_view.showGridLines = False
    for number, width in enumerate(WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    for number, (cells, style) in enumerate(_lines(report), start=1):
        for place, value in enumerate(cells, start=1):
            cell = sheet.cell(number, place, xlsx_cell(value))
            if style in FONTS:
                cell.font = FONTS[style]
            if style in ("titles", "row"):
                cell.alignment = _WRAPPED
            if style == "titles":
                cell.fill = _SHADED
    return _undated(book)


def _lines(report: Printed) -> Iterator[tuple[Sequence[Cell], str]]:
    """(cells, style) of each line."""
    yield [report.title], "title"
    for line in report.lines:
        yield [line], ""
    for number, section in enumerate(report.sections, start=1):
        yield [], ""
        yield [f"{number}. {section.title}"], "section"
        for part in section.parts:
            yield [part.question], "question"
            yield from _part(part)
    yield [], ""
    yield [report.footer], "note"


def _part(part: Part) -> Iterator[tuple[Sequence[Cell], str]]:
    for table in part.tables:
        yield table.titles, "titles"
        for row in table.rows:
            yield [_typed(cell, place in table.numbers) for place, cell in enumerate(row.cells)], "row"
    for line in part.words:
        yield [line], ""
    for line in part.notes:
        yield [line], "note"


def _typed(text: str, is_number: bool) -> Cell:
    return float(text) if is_number and text else text


def _undated(book: openpyxl.Workbook) -> bytes:
    """The workbook's archive without the moments at which it and its parts were written."""
    written, undated = io.BytesIO(), io.BytesIO()
    book.save(written)
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(undated, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "docProps/core.xml":
                data = _MODIFIED.sub(rb"\g<1>1980-01-01T00:00:00Z", data)
            part = zipfile.ZipInfo(name, _NEVER.timetuple()[:6])
            part.compress_type, part.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            target.writestr(part, data)
    return undated.getvalue()
