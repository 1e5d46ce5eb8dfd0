"""The coordinator's board: what stays unmatched or unspent, why and for how long, and the list behind each number."""

from typing import Any

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from registry.http import actor, session
from registry.matching.board.reading import Board, chosen, counted, read_board
from registry.matching.board.rules import BANDS, REASONS
from registry.matching.listing import Filters
from registry.matching.views import need_views, offer_views
from registry.web import choices, lists

pages = Blueprint("board", __name__)

SHOWN = 200
"""Records of a list on a page; all of them stand in the data behind it"""


def _read() -> Board:
    return read_board(session(), actor(), Filters.of("", lists.chosen(("theme", "region"))))


def _filters() -> dict[str, Any]:
    return {
        "themes": choices.themes(), "regions": choices.regions(), "theme": request.args.get("theme", ""),
        "region": request.args.get("region", ""), "bands": _bands(), "reasons": reason,
        "kept": {name: value for name in ("theme", "region") if (value := request.args.get(name))},
    }  # fmt: skip


def reason(code: str) -> str:
    """A reason in the reader's language; one that has no words yet, as its code."""
    return gettext(REASONS[code]) if code in REASONS else code


def _bands() -> list[tuple[str, str]]:
    return [
        (code, gettext("%(days)s days", days=code.replace("-", "–")) if not code.endswith("-")
         else gettext("%(days)s days and more", days=code.rstrip("-")))
        for code, _ in BANDS
    ]  # fmt: skip


@pages.get("/board")
def index() -> ResponseReturnValue:
    """Both halves, counted."""
    board = _read()
    return render_template(
        "board/index.html",
        board=board,
        halves=[("needs", board.open_needs, board.needs, counted(board.needs)),
                ("offers", board.open_offers, board.offers, counted(board.offers))],
        data_url=lists.data_url("/api/v1/board"),
        **_filters(),
    )  # fmt: skip


@pages.get("/board/<kind>")
def entries(kind: str) -> ResponseReturnValue:
    """The needs or offers behind one number."""
    if kind not in ("needs", "offers"):
        abort(404)
    board = _read()
    found = chosen(
        board.needs if kind == "needs" else board.offers, request.args.get("reason"), request.args.get("waiting")
    )
    ids = [entry.id for entry in found[:SHOWN]]
    views = (need_views if kind == "needs" else offer_views)(session(), actor(), ids)
    return render_template(
        "board/entries.html",
        kind=kind,
        total=len(found),
        shown=SHOWN,
        rows=[(entry, views[entry.id]) for entry in found[:SHOWN]],
        reason=request.args.get("reason", ""),
        waiting=request.args.get("waiting", ""),
        data_url=lists.data_url(f"/api/v1/board/{kind}"),
        **_filters(),
    )
