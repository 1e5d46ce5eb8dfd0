"""Why a need and an offer match, or why not: blocks with what would lift them, parts of the score with evidence."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from registry.accounts import policy
from registry.catalogue import reference
from registry.errors import N_, InvalidInput
from registry.http import actor, session
from registry.matching import weights
from registry.matching.explain import explain as explain_pair
from registry.matching.ledger.models import Proposal
from registry.matching.views import need_views, offer_views
from registry.web.labels import LABELS, label
from registry.web.presentation import place_name, state_name, theme_name

pages = Blueprint("matches", __name__)


@pages.get("/matches")
def compare() -> ResponseReturnValue:
    """Leads to the page of a pair chosen in a form."""
    ids = [request.args.get(name, "") for name in ("need", "offer")]
    if not all(text.isascii() and text.isdecimal() and len(text) < 16 for text in ids):
        raise InvalidInput({"need": [N_("Choose a need and an offer.")]})
    return redirect(url_for("web.matches.explain", need_id=int(ids[0]), offer_id=int(ids[1])))


@pages.get("/matches/<int:need_id>/<int:offer_id>")
def explain(need_id: int, offer_id: int) -> ResponseReturnValue:
    """One pair, computed now."""
    found = explain_pair(session(), actor(), need_id, offer_id)
    need = need_views(session(), actor(), [need_id])[need_id]
    offer = offer_views(session(), actor(), [offer_id])[offer_id]
    made = Proposal(need_id=need_id, offer_id=offer_id, state=need["state"], organisation_id=offer["organisation_id"])
    return render_template(
        "matches/explain.html",
        pair=found,
        need=need,
        offer=offer,
        may_propose=policy.can(actor(), "proposal.propose", made),
        blocks=[
            (said(block["message"], block["params"]), said(block["unblock"], block["params"]), block["code"])
            for block in found["blocks"]
        ],
        parts=[
            (label("feature", part["feature"]), part, said(part["evidence"]["message"], part["evidence"]["params"]))
            for part in found["parts"]
        ],
        changes=[(said(change["message"], change["params"]), change) for change in found["changes"]],
        data_url=f"/api/v1/matches/explain?need={need_id}&offer={offer_id}",
    )


@pages.get("/matches/weights")
def scale() -> ResponseReturnValue:
    """How a score is made: the weights in force."""
    return render_template("matches/weights.html", weights=weights.current(), data_url="/api/v1/matches/weights")


def said(message: str, params: Mapping[str, Any]) -> str:
    """A reason in the reader's language, its codes as words."""
    text = gettext(message)
    return text % {name: _word(name, value) for name, value in params.items()} if params else text


def _word(name: str, value: Any) -> Any:
    if name == "theme":
        return theme_name(str(value))
    if name == "state":
        return state_name(str(value))
    if name == "status":
        return label("status", value)
    if name == "places":
        return _each(value, place_name)
    if name == "measures":
        return ", ".join(label("measure", code) for code in str(value).split(", "))
    if name in ("asked", "offered") and isinstance(value, str):
        return _each(value, _theme_or_type)
    return value


def _each(value: Any, word: Any) -> str:
    return ", ".join(word(code) for code in str(value).split(", "))


def _theme_or_type(code: str) -> str:
    if code in LABELS["assistance"]:
        return label("assistance", code)
    return theme_name(code) if code in reference.themes() else code
