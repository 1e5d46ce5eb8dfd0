"""Arms embargo regimes: where each applies, what it covers and lets through, by which resolutions, who watches it."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from registry.catalogue.reference import resolve_state
from registry.db import utcnow
from registry.errors import N_, NotFound
from registry.matching.embargoes import reading
from registry.matching.embargoes.rules import MEASURES
from registry.web.i18n import language

pages = Blueprint("embargoes", __name__)


@pages.get("/embargoes")
def index() -> ResponseReturnValue:
    """All regimes, those in force first; with `state`, those of one State."""
    today, known = utcnow().date(), reading.current()
    state = resolve_state(request.args.get("state", ""))
    regimes = [each for each in known.regimes if state is None or state.alpha3 in each.states]
    return render_template(
        "embargoes/index.html",
        groups=[(holds, [each for each in regimes if each.holds_on(today) is holds]) for holds in (True, False)],
        state=state,
        today=today,
        dated=known.dated,
        version=known.version,
        text=_text,
        data_url="/api/v1/embargoes" + (f"?state={state.alpha3}" if state else ""),
    )


@pages.get("/embargoes/<regime_id>")
def show(regime_id: str) -> ResponseReturnValue:
    """One regime."""
    regime = reading.current().get(regime_id)
    if regime is None:
        raise NotFound(N_("There is no such embargo here."))
    return render_template(
        "embargoes/show.html",
        regime=regime,
        holds=regime.holds_on(utcnow().date()),
        checked=regime.verified_on(utcnow().date()),
        measures=[name for name in MEASURES if name in regime.measures],
        today=utcnow().date(),
        text=_text,
        data_url=f"/api/v1/embargoes/{regime_id}",
    )


def _text(texts: dict[str, str]) -> str:
    return texts.get(language()) or texts["en"]
