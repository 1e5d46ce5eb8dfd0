"""Where the money goes: donor → theme → State as a picture, its table, and both as files."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from registry.catalogue.flows import (
    RULES,
    Flows,
    Summary,
    left_out_links,
    read_flows,
    read_summary,
    rows_of,
    summarise,
)
from registry.catalogue.listing import Filters
from registry.catalogue.money_rows import MEASURES, OTHERS
from registry.catalogue.tables import csv_chunks
from registry.errors import N_
from registry.http import actor, session
from registry.matching.ledger.flows import read_promised
from registry.web import choices, lists
from registry.web.flow_layout import Picture, draw
from registry.web.i18n import direction
from registry.web.presentation import short_money, state_name, theme_name

pages = Blueprint("flows", __name__)

FILTERS = ("theme", "region", "country", "organisation")
PROMISED = "promised"
"""What is promised in this registry, beside what programmes report"""
WORDS = {
    "budget": N_("Programmes: budgets"), "commitment": N_("Programmes: commitments"),
    "disbursement": N_("Programmes: disbursements"), PROMISED: N_("Promised here"),
}  # fmt: skip
SHOWN = 200
"""Rows of the table on the page; the file has all"""
LONGEST = (26, 22, 24)
"""Characters of a label in each column of the picture"""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture with its words."""

    picture: Picture
    labels: list[tuple[str, str]]
    """Of each node: name, amount"""
    titles: list[str]
    """Of each band"""


def _measure() -> str:
    return request.args.get("measure") or MEASURES[0]


def _all() -> Flows:
    filters = Filters(values=lists.chosen(FILTERS))
    if _measure() == PROMISED:
        return read_promised(session(), actor(), filters)
    return read_flows(session(), actor(), filters, _measure())


def _summary() -> Summary:
    if _measure() == PROMISED:
        return summarise(_all())
    return read_summary(session(), actor(), Filters(values=lists.chosen(FILTERS)), _measure())


def _name(column: int, code: str) -> str:
    if code == OTHERS:
        return gettext("others")
    if not code:
        return gettext("not said")
    return (str, theme_name, state_name)[column](code)


def _draw(flows: Summary) -> Drawing:
    picture = draw(flows.folded, direction() == "rtl")
    names = {(node.column, node.code): _name(node.column, node.code) for node in picture.nodes}
    return Drawing(
        picture,
        [
            (_short(names[node.column, node.code], LONGEST[node.column]), short_money(node.value))
            for node in picture.nodes
        ],
        [
            f"{names[band.column, band.source]} → {names[band.column + 1, band.target]}: {short_money(band.value)}"
            for band in picture.bands
        ],
    )


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _worded(rows: Iterable[tuple[str, str, str, int]]) -> list[tuple[str, str, str, int]]:
    return [(_name(0, donor), _name(1, theme), _name(2, state), cents) for donor, theme, state, cents in rows]


@pages.get("/flows")
def index() -> ResponseReturnValue:
    """The picture and its table."""
    flows = _summary()
    filters = lists.chosen(FILTERS)
    kept: dict[str, Any] = lists.chosen((*FILTERS, "measure"))
    return render_template(
        "flows/index.html",
        flows=flows,
        drawing=_draw(flows),
        rows=_worded(flows.rows[:SHOWN]),
        count=flows.count,
        shown=SHOWN,
        left_out=[(gettext(words), flows.left_out[name]) for name, words in RULES.items() if name in flows.left_out],
        left_out_links=left_out_links(flows.left_out, _measure(), filters, url_for("web.programmes.index")),
        measure=_measure(),
        measures=[(code, gettext(WORDS[code])) for code in WORDS],
        themes=choices.themes(),
        regions=choices.regions(),
        states=choices.states(),
        files=[("SVG", url_for("web.flows.picture", **kept)), ("CSV", url_for("web.flows.table", **kept))],
        data_url=lists.data_url("/api/v1/flows"),
    )


@pages.get("/flows.svg")
def picture() -> ResponseReturnValue:
    """The picture as a file."""
    return _file(render_template("flows/picture.svg", drawing=_draw(_summary())), "image/svg+xml", "svg")


@pages.get("/flows.csv")
def table() -> ResponseReturnValue:
    """All flows as a table; amounts in US dollars."""
    worded = _worded(rows_of(_all()))
    rows: list[Any] = [(donor, theme, state, f"{cents / 100:.2f}") for donor, theme, state, cents in worded]
    return _file(b"".join(csv_chunks(("donor", "theme", "state", f"{_measure()}_usd"), rows)), "text/csv", "csv")


def _file(content: str | bytes, kind: str, ending: str) -> Response:
    return Response(content, mimetype=kind, headers={"Content-Disposition": f"attachment; filename=flows.{ending}"})
