"""States and standards as a table: what each has published, as band and interval, in the order of names; no ranking."""

from typing import Any

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from registry.catalogue.reference import places
from registry.catalogue.tables import csv_chunks
from registry.compliance.published import Cell, grid
from registry.http import session
from registry.web import choices, lists
from registry.web.i18n import language
from registry.web.presentation import state_name
from registry.web.standards_words import instrument_name

pages = Blueprint("grid", __name__)


@pages.get("/standards/grid")
def index() -> ResponseReturnValue:
    """The table, of all States or those of a region."""
    found = _read()
    standards = sorted({slug for cells in found.values() for slug in cells}, key=instrument_name)
    bands = {
        cell.score.band: gettext(cell.edition.band_label(cell.score.band, language()) or cell.score.band)
        for cells in found.values()
        for cell in cells.values()
        if cell.score.band
    }
    return render_template(
        "standards/grid.html",
        rows=sorted(found.items(), key=lambda row: state_name(row[0])),
        standards=standards,
        bands=sorted(bands.items()),
        regions=choices.regions(),
        kept=lists.chosen(("region",)),
        data_url=lists.data_url("/api/v1/standards/grid"),
    )


@pages.get("/standards/grid.csv")
def table() -> ResponseReturnValue:
    """One row for each State and standard; shares from 0 to 1."""
    rows: list[Any] = [
        (state, slug, cell.edition.version, cell.assessment_id, cell.score.band or "", *_shares(cell))
        for state, cells in sorted(_read().items())
        for slug, cell in sorted(cells.items())
    ]
    columns = ("state", "standard", "version", "assessment_id", "band", "low", "high", "answered_share")
    headers = {"Content-Disposition": "attachment; filename=standards-grid.csv"}
    return Response(b"".join(csv_chunks(columns, rows)), mimetype="text/csv", headers=headers)


def _shares(cell: Cell) -> list[str]:
    values = (cell.score.low, cell.score.high, cell.score.answered_share)
    return ["" if value is None else f"{float(value):.4f}" for value in values]


def _read() -> dict[str, dict[str, Cell]]:
    region = request.args.get("region")
    return grid(session(), places()[region].members if region in places() else None)
