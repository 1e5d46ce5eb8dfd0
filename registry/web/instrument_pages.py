"""Instruments: when each entered into force, who is party, who signed, who left; by name, without ranking."""

from itertools import groupby

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from registry.accounts import policy
from registry.compliance.editions import text_in
from registry.compliance.participation import standing
from registry.compliance.participation.rules import TREATIES
from registry.db import utcnow
from registry.http import actor, session
from registry.web.i18n import language
from registry.web.presentation import state_name

pages = Blueprint("instruments", __name__)


@pages.get("/instruments")
def index() -> ResponseReturnValue:
    """All instruments."""
    return render_template(
        "instruments/index.html",
        instruments=standing.list_instruments(session(), utcnow().date()),
        text=lambda value: text_in(value, language()),
        treaties=TREATIES,
        may=policy.rule_for("web.participation.table", "GET") and policy.can(actor(), "participation.write"),
        data_url="/api/v1/instruments",
    )


@pages.get("/instruments/<instrument_id>")
def show(instrument_id: str) -> ResponseReturnValue:
    """One instrument with its States."""
    found = standing.describe_instrument(session(), instrument_id, utcnow().date())
    by_standing = sorted(
        found["states"], key=lambda each: (standing.STANDINGS.index(each.standing), state_name(each.state))
    )
    return render_template(
        "instruments/show.html",
        instrument=found,
        groups=[(kind, list(listed)) for kind, listed in groupby(by_standing, key=lambda each: each.standing)],
        text=lambda value: text_in(value, language()),
        is_treaty=found["type"] in TREATIES or found["type"] is None,
        data_url=f"/api/v1/instruments/{instrument_id}",
    )
