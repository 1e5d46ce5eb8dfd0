"""A national report as PDF, 100 pages and more of tables, against shaping the same text and drawing nothing."""

import re
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import uharfbuzz

from registry.reporting import content, fonts, templates
from registry.reporting.content import Found
from registry.reporting.pdf import pdf
from registry.reporting.printing import Printed, printed
from registry.reporting.voice import Voice
from registry.settings import Settings

Show = Callable[[str, str, str, float, str], None]
FOLDERS = [Path(folder) for folder in Settings().font_folders.split(":")]
ROWS = {"answers": 45, "programmes": 300}
EVIDENCE = (
    "Act 3 of 2019 and the regulations made under it, in force; published by the ministry in the official gazette"
)


def bench_reports(show: Show) -> None:
    """Rows: English, and Arabic names in it, from right to left."""
    for language in ("en", "ar"):
        report = _report(language)
        begun = time.perf_counter()
        file = pdf(report, FOLDERS)
        ours = time.perf_counter() - begun
        begun = time.perf_counter()
        _shape(report)
        bare = time.perf_counter() - begun
        pages = len(re.findall(rb"/Type /Page\b", file))
        name = f"report as PDF, {pages} pages, {language}"
        show(name, f"{ours:,.2f} s", f"{bare:,.2f} s", ours / bare, f"≤ 15 s per 100 pages: {ours / pages * 100:,.2f}")


def _report(language: str) -> Printed:
    template = templates.templates()["poa-iti"]
    names = {"en": "Kenya", "ar": "كينيا"}
    period = date(2024, 1, 1), date(2025, 12, 31)
    whole = content.compose(template, names, period, lambda entry: Found(_items(entry["from"])), {})
    return printed(whole, Voice(language), "Draft")


def _items(kind: str) -> list[content.Item]:
    answer = {
        "clause": "poa#ii-4", "instrument": {"en": "PoA"}, "ref": "II, para. 4",
        "question": {"en": EVIDENCE + "?", "ar": "هل توجد هيئة وطنية تنسق العمل؟ " * 3},
        "helpable": True, "value": "full", "label": {"en": "In place and applied", "ar": "قائم ومطبق"},
        "fulfilment": "1", "reason": "", "evidence": EVIDENCE, "older": False,
        "in_law": "yes", "in_practice": "partly", "disagrees": False,
        "origin": {"kind": "assessment", "id": 7, "latest": 7, "reviewed": True, "on": "2025-03-01"},
    }  # fmt: skip
    programme = {
        "title": "Marking, record-keeping and tracing of weapons held by the police and the armed forces",
        "title_language": "en", "status": "2", "start_date": "2024-02-01", "end_date": "2025-06-30",
        "organisation": "Regional centre on small arms", "budget_usd": 125_000_00, "commitment_usd": 90_000_00,
        "disbursement_usd": None, "origin": {"kind": "programme", "id": 4},
    }  # fmt: skip
    return {"answers": [answer], "programmes": [programme]}.get(kind, []) * ROWS.get(kind, 0)


def _shape(report: Printed) -> None:
    """What no writer of PDFs can do without: every cell's glyphs and where they stand."""
    files = fonts.find(FOLDERS, [fonts.LATIN])
    font = uharfbuzz.Font(uharfbuzz.Face(files[fonts.LATIN].regular.read_bytes()))
    for section in report.sections:
        for part in section.parts:
            for table in part.tables:
                for row in table.rows:
                    for cell in row.cells:
                        buffer = uharfbuzz.Buffer()
                        buffer.add_str(cell)
                        buffer.guess_segment_properties()
                        uharfbuzz.shape(font, buffer)
