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
from registry.matching.blocked import Blocked, blocked_needs, blocked_offers
from registry.matching.embargoes import reading
from registry.matching.explain import explain as explain_pair
from registry.matching.ledger.models import Proposal
from registry.matching.matches import matches_of_need, matches_of_offer
from registry.matching.views import need_views, offer_views
from registry.web.i18n import language
from registry.web.labels import LABELS, label
from registry.web.presentation import place_name, state_name, theme_name

pages = Blueprint("matches", __name__)

SHOWN = 50
"""Blocked pairs on a page, the nearest first"""
BLOCKS = {
    "not_open": N_("not open"),
    "type_mismatch": N_("another type of assistance"),
    "theme_mismatch": N_("other themes"),
    "geography": N_("other places"),
    "window_too_short": N_("not enough time in common"),
    "below_minimum_grant": N_("below the smallest grant"),
    "condition_unknown": N_("a condition of which nothing is known"),
    "condition_not_met": N_("a condition that is not met"),
    "covered": N_("promised to it already"),
    "spent": N_("nothing left of it"),
    "embargo": N_("an embargo"),
    "listed_partner": N_("a listed partner"),
}
"""Reasons in a few words; one without is shown as its code"""


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
        blocks=said_blocks(found["blocks"]),
        ways=[way for block in found["blocks"] for way in _ways(block)],
        may_fill=policy.can(actor(), "exemption.fill", made),
        parts=[said_evidence(part) for part in found["parts"]],
        changes=[(said(change["message"], change["params"]), change) for change in found["changes"]],
        data_url=f"/api/v1/matches/explain?need={need_id}&offer={offer_id}",
    )


@pages.get("/needs/<int:need_id>/matches")
def of_need(need_id: int) -> ResponseReturnValue:
    """Offers for a need: those that fit with why, and the others with what would unblock them."""
    code = request.args.get("code") or None
    found = blocked_offers(session(), actor(), need_id, code, SHOWN)
    fitting = matches_of_need(session(), actor(), need_id)
    return _lists("offer", need_views(session(), actor(), [need_id])[need_id], fitting, found)


@pages.get("/offers/<int:offer_id>/matches")
def of_offer(offer_id: int) -> ResponseReturnValue:
    """Needs for an offer, likewise."""
    code = request.args.get("code") or None
    found = blocked_needs(session(), actor(), offer_id, code, SHOWN)
    fitting = matches_of_offer(session(), actor(), offer_id)
    return _lists("need", offer_views(session(), actor(), [offer_id])[offer_id], fitting, found)


def _lists(side: str, record: dict[str, Any], fitting: list[dict[str, Any]], found: Blocked) -> str:
    """`side`: which one is listed."""
    read = offer_views if side == "offer" else need_views
    views = read(session(), actor(), [item[f"{side}_id"] for item in found.items])
    own = "need" if side == "offer" else "offer"
    return render_template(
        "matches/lists.html",
        side=side,
        record=record,
        fitting=[(pair, [said_evidence(part) for part in pair["parts"]]) for pair in fitting],
        blocked=[(item, views[item[f"{side}_id"]], said_blocks(item["blocks"])) for item in found.items],
        found=found,
        codes=[(code, gettext(BLOCKS.get(code, code)), count) for code, count in found.codes.items()],
        code=request.args.get("code", ""),
        data_url=f"/api/v1/matches/blocked?{own}={record['id']}",
    )


def _ways(block: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(regime, exemption, its name) of the checklists that would lift an embargo's block."""
    regime = reading.current().get(block["params"]["regime_id"]) if block["code"] == "embargo" else None
    if regime is None:
        return []
    finding = reading.current().finding
    known = {way.id: way for way in (*regime.exemptions, *((finding,) if finding else ()))}
    ways = [known[way_id] for way_id in str(block["params"]["way_ids"]).split(", ") if way_id in known]
    return [(regime.id, way.id, way.name.get(language()) or way.name["en"]) for way in ways]


@pages.get("/matches/weights")
def scale() -> ResponseReturnValue:
    """How a score is made: the weights in force."""
    return render_template("matches/weights.html", weights=weights.current(), data_url="/api/v1/matches/weights")


def said_blocks(blocks: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """(why, what would lift it, code) of each."""
    return [
        (said(block["message"], block["params"]), said(block["unblock"], block["params"]), block["code"])
        for block in blocks
    ]


def said_evidence(part: dict[str, Any]) -> tuple[str, dict[str, Any], str]:
    """(name, part, evidence) of a part of a score."""
    return label("feature", part["feature"]), part, said(part["evidence"]["message"], part["evidence"]["params"])


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
    if name in ("asked", "offered", "other") and isinstance(value, str):
        return _each(value, _theme_or_type)
    return value


def _each(value: Any, word: Any) -> str:
    return ", ".join(word(code) for code in str(value).split(", "))


def _theme_or_type(code: str) -> str:
    if code in LABELS["assistance"]:
        return label("assistance", code)
    return theme_name(code) if code in reference.themes() else code
