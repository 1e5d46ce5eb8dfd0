"""Compares rankings of offers with what was funded, over what the registry knows of needs and offers now.

A need that was funded may be closed by now, and its offer spent: both are taken as if they were open. Nothing of this
changes the weights: they are a choice, and are not fitted to any labels.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Table, and_, func, select, true
from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue.models import Programme, ProgrammeFacet
from registry.db import utcnow
from registry.matching import gather, weights
from registry.matching.eligibility import is_eligible
from registry.matching.evaluation.bootstrap import DRAWS, Drawing
from registry.matching.evaluation.labels import Funded
from registry.matching.evaluation.measures import CUTS, Measured, measure
from registry.matching.evaluation.rankings import OURS, Ranking, rankings
from registry.matching.facts import NeedFacts, OfferFacts
from registry.matching.forms import NEED

_FACET: Table = ProgrammeFacet.__table__  # type: ignore[attr-defined]
_PROGRAMME: Table = Programme.__table__  # type: ignore[attr-defined]
HITS = tuple(f"hit@{cut}" for cut in CUTS)
MEASURES = (*HITS, "mrr", "misranked")
"""The last one is the better the smaller."""


def evaluate(
    session: Session,
    actor: Actor,
    funded: Mapping[int, Funded],
    draws: int = DRAWS,
    seed: int = 1,
    now: datetime | None = None,
) -> dict[str, Any]:
    """Measures of each ranking with their intervals, and what ours is ahead by. Raises NotAllowed.

    A need none of whose funders is possible by the rules is missed by every ranking; `unreachable` counts them.
    """  # fmt: skip
    policy.require(actor, "match.evaluate")
    now = now or utcnow()
    needs = [
        replace(n, status="open")
        for n in gather.need_facts(session, actor, NEED.c.id.in_(sorted(funded)), left=False).values()
    ]
    offers = [
        replace(offer, status="open") for offer in gather.offer_facts(session, actor, true(), left=False).values()
    ]
    possible = _possible(session, needs, offers, now)
    ways = rankings(
        weights.current(),
        now.date(),
        gather.need_facts(session, actor, true(), left=False).values(),
        past_programmes(session),
    )
    drawing = Drawing([need.state for need in needs], draws, seed)
    found = {name: [_measured(way, n, possible[n.id], funded[n.id]) for n in needs] for name, way in ways.items()}
    return {
        "needs": len(needs),
        "states": len(drawing.codes),
        "candidates": sum(len(listed) for listed in possible.values()),
        "unreachable": sum(not any(_is_funder(o, funded[n.id]) for o in possible[n.id]) for n in needs),
        "weights_version": weights.current().version,
        "draws": draws,
        "seed": seed,
        "computed_at": now,
        "rankings": {name: _estimates(drawing, measured) for name, measured in found.items()},
        "ahead_of": {
            name: _differences(drawing, found[OURS], measured) for name, measured in found.items() if name != OURS
        },
    }


def _possible(
    session: Session, needs: list[NeedFacts], offers: list[OfferFacts], now: datetime
) -> dict[int, list[OfferFacts]]:
    context, least = gather.context(session, now, offers), weights.current().min_overlap_months
    return {need.id: [offer for offer in offers if is_eligible(need, offer, context, least)] for need in needs}


def _is_funder(offer: OfferFacts, funded: Funded) -> bool:
    return offer.id in funded.offers or offer.organisation_id in funded.organisations


def _measured(way: Ranking, need: NeedFacts, offers: list[OfferFacts], funded: Funded) -> Measured:
    return measure([(way(need, offer), _is_funder(offer, funded)) for offer in offers])


Columns = dict[str, tuple[list[float], list[float]]]


def _columns(measured: list[Measured]) -> Columns:
    """Measure → what is summed and what it is divided by, need by need."""
    ones = [1.0] * len(measured)
    columns: Columns = {name: ([m.hits[place] for m in measured], ones) for place, name in enumerate(HITS)}
    columns["mrr"] = ([m.reciprocal for m in measured], ones)
    columns["misranked"] = ([m.wrong for m in measured], [float(m.pairs) for m in measured])
    return columns


def _estimates(drawing: Drawing, measured: list[Measured]) -> dict[str, Any]:
    return {name: drawing.estimate(*sums).as_dict() for name, sums in _columns(measured).items()}


def _differences(drawing: Drawing, ours: list[Measured], other: list[Measured]) -> dict[str, Any]:
    mine, theirs = _columns(ours), _columns(other)
    return {name: drawing.difference(mine[name][0], theirs[name][0], mine[name][1]).as_dict() for name in MEASURES}


def past_programmes(session: Session) -> dict[tuple[int, str], int]:
    """(organisation, State) → programmes in the catalogue that it takes part in there."""
    body, place = _FACET.alias("body"), _FACET.alias("place")
    both = and_(body.c.programme_id == place.c.programme_id, place.c.facet == "country")
    rows = session.execute(
        select(body.c.value, place.c.value, func.count())
        .select_from(body)
        .join(place, both)
        .join(_PROGRAMME, _PROGRAMME.c.id == body.c.programme_id)
        .where(body.c.facet == "organisation", body.c.value.not_like("name:%"), _PROGRAMME.c.archived_at.is_(None))
        .group_by(body.c.value, place.c.value)
    )
    return {(int(row[0]), row[1]): row[2] for row in rows}
