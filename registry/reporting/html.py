"""A report as one HTML file that needs nothing else: for keeping, mailing and printing."""

from collections.abc import Iterator
from html import escape

from registry.reporting.printing import Part, Printed, Table

STYLE = """\
body { font: 11pt/1.45 sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #111; }
h1 { line-height: 1.2; }
h2 { border-bottom: 1px solid #999; margin-top: 2rem; }
h3 { margin: 1.2rem 0 .3rem; font-size: 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border: 1px solid #bbb; padding: .25rem .5rem; text-align: start;
  vertical-align: top; }
th { background: #e8ece8; } .note { color: #555; } tr { break-inside: avoid; } thead { display: table-header-group; }
@media print { body { margin: 0; max-width: none; font-size: 10pt; } h2, h3 { break-after: avoid; } }
"""


def html(report: Printed) -> bytes:
    """The same report gives the same bytes."""
    return "\n".join(_lines(report)).encode()


def _lines(report: Printed) -> Iterator[str]:
    direction, title = "rtl" if report.is_rtl else "ltr", escape(report.title)
    yield f'<!doctype html>\n<html lang="{report.language}" dir="{direction}">'
    yield f'<head><meta charset="utf-8"><title>{title}</title>\n<style>\n{STYLE}</style></head>'
    yield f"<body>\n<h1>{title}</h1>"
    for line in report.lines:
        yield f"<p>{escape(line)}</p>"
    for number, section in enumerate(report.sections, start=1):
        yield f"<h2>{number}. {escape(section.title)}</h2>"
        for part in section.parts:
            yield f"<h3>{escape(part.question)}</h3>"
            yield from _part(part)
    yield f'<p class="note">{escape(report.footer)}</p>\n</body>\n</html>\n'


def _part(part: Part) -> Iterator[str]:
    for table in part.tables:
        yield from _table(table)
    for line in part.words:
        yield f'<p dir="auto">{escape(line)}</p>'
    for line in part.notes:
        yield f'<p class="note">{escape(line)}</p>'


def _table(table: Table) -> Iterator[str]:
    titles = "".join(f'<th scope="col">{escape(title)}</th>' for title in table.titles)
    yield f"<table><thead><tr>{titles}</tr></thead><tbody>"
    for row in table.rows:
        cells = ("<br>".join(map(escape, cell.splitlines())) for cell in row.cells)
        yield "<tr>" + "".join(f'<td dir="auto">{cell}</td>' for cell in cells) + "</tr>"
    yield "</tbody></table>"
