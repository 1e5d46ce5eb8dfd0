"""Files of a report: the same bytes for the same report, whatever the moment; every word in each of them."""

import datetime
import io
import re
import time
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from registry.catalogue.reference import LANGUAGES
from registry.errors import NotAcceptable
from registry.reporting import content, fonts, templates
from registry.reporting import pdf as pdf_module
from registry.reporting.content import Found
from registry.reporting.html import html
from registry.reporting.pdf import pdf
from registry.reporting.printing import Part, Printed, Section, printed
from registry.reporting.voice import Voice
from registry.reporting.workbook import xlsx
from registry.settings import Settings
from tests.unit.test_report_rules import ANSWER, FIGURE, NEED, OFFICE, PERIOD, PROGRAMME

KNOWN = {"answers": [ANSWER], "programmes": [PROGRAMME], "needs": [NEED], "indicators": [FIGURE], "contacts": [OFFICE]}
FONTS = [Path(folder) for folder in Settings().font_folders.split(":")]
OWN = {"replaces": False, "rows": [], "none": False, "seen": ""}
WORDS: dict[str, Any] = {
    "body-contact": {**OWN, "text": "=1+1 <b>الجهة الوطنية</b>\n国家联络点"},
    "body-men": {**OWN, "text": "1250"},
    "found-figures": {**OWN, "text": "", "rows": [{"year": "2024", "weapon": "rifle", "pieces": "12.5"}]},
    "more": {**OWN, "text": "", "none": True},
}


PART = Part("p", "Question", (), ("国家联络点", "Kenya"), ())
SHORT = Printed("en", False, "Title", (), (Section("s", "Section", (PART,)),), "Footer")


class Later(datetime.datetime):
    """A clock of another year."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> "Later":
        return cls(2040, 1, 1, tzinfo=tz)


def report(language: str = "en") -> Printed:
    """A report of everything that entries can hold."""
    template = templates.templates()["poa-iti"]
    names = {"en": "Kenya", "fr": "Kenya", "ar": "كينيا", "ru": "Кения", "zh": "肯尼亚"}
    whole = content.compose(template, names, PERIOD, lambda entry: Found(KNOWN.get(entry["from"], []), 7), WORDS)
    return printed(whole, Voice(language), "Draft")


@pytest.mark.parametrize("write", [html, xlsx])
def test_a_file_is_the_same_whenever_it_is_written(write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first = write(report())
    monkeypatch.setattr(time, "localtime", lambda *_: time.gmtime(2_000_000_000))
    monkeypatch.setattr(datetime, "datetime", Later)  # openpyxl asks the module
    assert write(report()) == first
    assert write(report("fr")) != first


def test_the_workbook_holds_what_the_report_says_and_runs_nothing() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx(report()))).worksheets[0]
    cells = [cell for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None]
    said_by_items = ("Marking machines", "USD\N{NO-BREAK SPACE}5,000", "UNODA", "Surplus", "National focal point")
    for said in (*said_by_items, "In place\nIn law: Yes\nIn practice: Partly", "1,250", "rifle", "PoA, II, para. 4"):
        assert any(said in str(cell) for cell in cells), said
    assert 12.5 in cells and 2024 in cells, "numbers are numbers"
    assert "'=1+1 <b>الجهة الوطنية</b>" in cells and not any(str(cell).startswith("=") for cell in cells)
    assert "7 more are in the registry." in cells and "There is nothing to report." in cells
    assert sheet.sheet_view.rightToLeft is False
    arabic = openpyxl.load_workbook(io.BytesIO(xlsx(report("ar")))).worksheets[0]
    assert arabic.sheet_view.rightToLeft is True and arabic.title == "كينيا"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_whole_in_every_language(language: str) -> None:
    text = html(report(language)).decode()
    assert f'lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in text
    assert "&lt;b&gt;" in text and "<b>" not in text and text.count("<h2>") == 9


def content_streams(file: bytes) -> list[str]:
    """What is drawn on each page, unpacked."""
    found = re.findall(rb"/Filter /FlateDecode\s*/Length \d+\s*>>\s*stream\n(.*?)\nendstream", file, re.DOTALL)
    return [text for text in (zlib.decompress(each).decode("latin-1") for each in found) if " Td " in text]


def test_a_pdf_is_the_same_whenever_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    first = pdf(SHORT, FONTS)
    monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)
    monkeypatch.setattr(datetime, "datetime", Later)
    assert pdf(SHORT, FONTS) == first
    assert first.startswith(b"%PDF-") and b"/Title (" in first and b"/Outlines" in first


def fonts_drawn(stream: str) -> list[str]:
    """The font of each piece of text, in order."""
    found, font, kept = [], "", []
    plain = re.sub(r"\((?:\\.|[^\\)])*\)", "()", stream, flags=re.DOTALL)
    for token in re.findall(r"\bq\b|\bQ\b|/F\d+ (?=[\d.]+ Tf)|Tj", plain):
        if token == "q":
            kept.append(font)
        elif token == "Q":
            font = kept.pop()
        elif token == "Tj":
            found.append(font)
        else:
            font = token
    return found


def test_a_line_that_begins_in_another_script_leaves_the_next_ones_font_alone() -> None:
    (page,) = content_streams(pdf(SHORT, FONTS))
    bold, chinese, after = fonts_drawn(page)[2:5]
    assert after not in (bold, chinese)


def test_a_row_longer_than_a_page_goes_on_in_further_rows() -> None:
    long = {**ANSWER, "evidence": "register of arms " * 700, "reason": "字" * 3000}
    template = templates.templates()["poa-iti"]
    whole = content.compose(template, {"en": "Kenya"}, PERIOD, lambda e: Found([long] if e["id"] == "body" else []), {})
    assert len(content_streams(pdf(printed(whole, Voice("en"), ""), FONTS))) > 5


def test_fonts_without_bold_ones_will_do(tmp_path: Path) -> None:
    for files in fonts.find(FONTS, fonts.KNOWN).values():
        if not (tmp_path / files.regular.name).exists():
            (tmp_path / files.regular.name).symlink_to(files.regular)
    arabic = replace(SHORT, title="تقرير", is_rtl=True, language="ar")
    assert len(fonts_drawn(content_streams(pdf(arabic, [tmp_path]))[0])) > 4


def test_without_font_or_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(NotAcceptable, match="fonts-noto-core"):
        pdf(report(), [tmp_path, tmp_path / "nowhere"])
    monkeypatch.setattr(pdf_module, "IS_THERE", False)
    with pytest.raises(NotAcceptable, match="extra"):
        pdf(report(), FONTS)
