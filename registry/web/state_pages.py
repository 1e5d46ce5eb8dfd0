"""States: by region, and one State's profile with the chain standard → gap → need → match."""

from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue import listing, reference
from registry.catalogue.models import Participation, StateFact
from registry.compliance import listing as assessment_listing
from registry.compliance.editions import text_in
from registry.compliance.published import themes_of
from registry.errors import N_, NotFound
from registry.http import actor, session
from registry.loop.chains import chains
from registry.loop.gap_list import latest_of
from registry.matching import listing as entries
from registry.matching.models import Need
from registry.web.i18n import language

pages = Blueprint("states", __name__)

SHOWN = 10
CHAINS = 8


@pages.get("/states")
def index() -> ResponseReturnValue:
    """All States by region, with how many programmes and needs each has."""
    lang = language()
    groups: dict[str, list[Any]] = {}
    for state in reference.states().values():
        groups.setdefault(state.region, []).append(state)
    regions = reference.regions()
    ordered = sorted(groups.items(), key=lambda item: regions[item[0]].name(lang) if item[0] in regions else "")
    return render_template(
        "states/index.html",
        groups=[
            (regions[code].name(lang) if code in regions else code, sorted(found, key=lambda s: s.name(lang)))
            for code, found in ordered
        ],
        programmes=listing.facet_totals(session(), actor(), listing.Filters(), "country"),
        needs=_need_counts(session(), actor()),
        data_url="/api/v1/states",
    )


def _need_counts(session: Session, actor: Actor) -> dict[str, int]:
    rows = session.execute(
        select(Need.state, func.count())  # type: ignore[call-overload]
        .where(Need.status == "open", policy.visible(actor, Need))
        .group_by(Need.state)
    )
    return {row[0]: row[1] for row in rows}


@pages.get("/states/<state>")
def show(state: str) -> ResponseReturnValue:
    """One State."""
    found = reference.resolve_state(state)
    if found is None:
        raise NotFound(N_("There is no such State."))
    code = found.alpha3
    filters = listing.Filters(values={"country": [code]})
    needs = entries.list_needs(session(), actor(), entries.Filters(states=[code]), limit=SHOWN)
    offers = entries.list_offers(session(), actor(), entries.Filters(states=[code], statuses=["open"]), limit=SHOWN)
    assessed, _more = assessment_listing.list_assessments(session(), actor(), {"state": code}, limit=50)
    titles = {
        item["standard"]: text_in(item["title"], language()) for item in assessment_listing.list_standards(session())
    }
    own = actor().role == "state" and actor().state == code
    return render_template(
        "states/show.html",
        state=found,
        region=reference.regions().get(found.region),
        participation=_participation(session(), code),
        facts=_facts(session(), code),
        assessments=assessed,
        titles=titles,
        to_start=[
            slug
            for slug in titles
            if own and not any(a["standard"] == slug and a["status"] != "published" for a in assessed)
        ],
        chains=chains(session(), actor(), code, language())[:CHAINS],
        themes=themes_of(session(), latest_of(session(), actor(), code).values()),
        needs=needs.items,
        need_count=needs.total,
        offers=offers.items,
        offer_count=offers.total,
        programmes=listing.list_programmes(session(), actor(), filters, limit=SHOWN).rows,
        programme_count=listing.count_programmes(session(), actor(), filters),
        own=own,
        data_url=f"/api/v1/states/{code}",
        typed=request.args,
    )


def _participation(session: Session, state: str) -> list[Participation]:
    rows = session.scalars(
        select(Participation)
        .where(Participation.state == state)  # type: ignore[arg-type]
        .order_by(Participation.instrument, Participation.on, Participation.id)  # type: ignore[arg-type]
    )
    return list(rows)


def _facts(session: Session, state: str) -> list[StateFact]:
    return list(session.scalars(select(StateFact).where(StateFact.state == state).order_by(StateFact.fact)))  # type: ignore[arg-type]
