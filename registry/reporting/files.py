"""A report as a file, in each of the formats. The same report in the same language gives the same bytes."""

from pathlib import Path
from typing import Any

import orjson
from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.errors import N_, InvalidInput
from registry.reporting.content import Content, progress
from registry.reporting.html import html
from registry.reporting.models import NationalReport
from registry.reporting.pdf import pdf
from registry.reporting.service import content_of
from registry.reporting.views import in_language, summary
from registry.reporting.workbook import xlsx

FORMATS = {
    "json": "application/json",
    "html": "text/html; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
"""Format → content type"""


def file_of(
    session: Session, actor: Actor, report: NationalReport, format: str, language: str, font_folders: str
) -> bytes:
    """The report, which the actor may see, as a file. `font_folders`: as in the settings.

    Raises InvalidInput for a format that there is not, NotAcceptable where the machine cannot write it.
    """
    if format not in FORMATS:
        raise InvalidInput({"format": [N_("Choose one of: json, html, xlsx, pdf.")]})
    content = content_of(session, actor, report)
    if format == "json":
        return _json(report, content)
    text = in_language(report, content, language)
    if format == "pdf":
        return pdf(text, [Path(folder) for folder in font_folders.split(":") if folder])
    return html(text) if format == "html" else xlsx(text)


def name_of(report: NationalReport, format: str) -> str:
    """What the file is called when it is saved."""
    return f"{report.template}-{report.state}-{report.period_end.year}.{format}"


def _json(report: NationalReport, content: Content) -> bytes:
    document: dict[str, Any] = {**summary(report), "progress": progress(content), "content": content}
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(document, option=options)
