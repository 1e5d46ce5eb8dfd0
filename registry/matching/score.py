"""How well an eligible pair fits: five parts, each with its value, weight, points and evidence. Pure.

The points are rounded to six decimals and the score is their sum, so what is shown adds up. What is not known counts
the neutral value of the weights file, and the evidence says so. Priority is not in here: quality is not urgency.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from registry.errors import N_
from registry.matching.eligibility import dollars
from registry.matching.facts import DAYS_PER_MONTH, NeedFacts, OfferFacts, overlap, reach

FEATURES = ("theme_share", "window_overlap", "geography", "grant_fit", "waiting")
REACHES = ("list", "region", "world")


@dataclass(frozen=True, slots=True)
class Weights:
    """One version of the weights. `weights` sum to 1; `geography`: value by how the offer reaches the State."""

    version: str
    weights: Mapping[str, float]
    geography: Mapping[str, float]
    waiting_months: float
    min_overlap_months: float
    neutral: float


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a score. `evidence`: what each side says, and a sentence as msgid with its params."""

    feature: str
    value: float
    weight: float
    points: float
    evidence: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """As stored and shown."""
        return {
            "feature": self.feature, "value": self.value, "weight": self.weight, "points": self.points,
            "evidence": self.evidence,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Value:
    """The value 0..1 of a feature and why."""

    value: float
    need: dict[str, Any]
    offer: dict[str, Any]
    message: str
    params: dict[str, Any]


def score(need: NeedFacts, offer: OfferFacts, weights: Weights, today: date) -> tuple[float, list[Part]]:
    """(score 0..1, its parts in the order of FEATURES); for a blocked pair what it would be."""
    values = (
        _theme_share(need, offer, weights),
        _window_overlap(need, offer, weights),
        _geography(need, offer, weights),
        _grant_fit(need, offer, weights),
        _waiting(need, weights, today),
    )
    parts = []
    for feature, found in zip(FEATURES, values, strict=True):
        weight, value = weights.weights[feature], round(found.value, 6)
        evidence = {"need": found.need, "offer": found.offer, "message": found.message, "params": found.params}
        parts.append(Part(feature, value, weight, round(weight * value, 6), evidence))
    return total(parts), parts


def total(parts: list[Part]) -> float:
    """The parts' points added up, to six decimals."""
    return round(sum(part.points for part in parts), 6)


def _theme_share(need: NeedFacts, offer: OfferFacts, weights: Weights) -> Value:
    sides = {"themes": sorted(need.themes)}, {"themes": sorted(offer.themes)}
    if not need.themes:
        return Value(weights.neutral, *sides, N_("The need names no theme: counted as half."), {})
    if not offer.themes:
        return Value(1.0, *sides, N_("The offer is for all themes."), {})
    covered = need.themes & offer.themes
    params = {"covered": len(covered), "themes": len(need.themes)}
    message = N_("Themes of the need that the offer covers: %(covered)s of %(themes)s.")
    return Value(len(covered) / len(need.themes), *sides, message, params)


def _window_overlap(need: NeedFacts, offer: OfferFacts, weights: Weights) -> Value:
    sides = _window(need), _window(offer)
    both = overlap(need, offer)
    if both.days is None or not both.certain or need.window_start is None or need.window_end is None:
        return Value(weights.neutral, *sides, N_("A side does not say when: counted as half."), {})
    length = (need.window_end - need.window_start).days
    days = max(both.days, 0)
    params = {"months": f"{days / DAYS_PER_MONTH:.1f}", "length": f"{length / DAYS_PER_MONTH:.1f}"}
    message = N_("Both windows run together for %(months)s of the need's %(length)s months.")
    return Value(min(1.0, days / length), *sides, message, params)


def _window(side: NeedFacts | OfferFacts) -> dict[str, Any]:
    return {
        name: day.isoformat() if day else None
        for name, day in (("window_start", side.window_start), ("window_end", side.window_end))
    }


_REACH_MESSAGES = {
    "list": N_("The offer names this State."),
    "region": N_("The offer is for a region that this State is in."),
    "world": N_("The offer is worldwide."),
    None: N_("The offer does not reach this State."),
}


def _geography(need: NeedFacts, offer: OfferFacts, weights: Weights) -> Value:
    how = reach(need, offer)
    value = weights.geography[how] if how else 0.0
    return Value(value, {"state": need.state}, {"places": sorted(offer.places)}, _REACH_MESSAGES[how], {})


def _grant_fit(need: NeedFacts, offer: OfferFacts, weights: Weights) -> Value:
    asked, largest = need.asked(offer.types), offer.largest_grant
    covered = sum(line.type in offer.types for line in need.lines)
    sides = (
        {"asked_usd_cents": asked.whole, "lines": len(need.lines), "lines_of_offered_types": covered},
        {"largest_grant_usd_cents": largest},
    )
    params: dict[str, Any] = {"covered": covered, "lines": len(need.lines)}
    if not asked.whole:
        message = N_("The need does not say how much it asks of what is offered: counted as half.")
        return Value(weights.neutral, *sides, message, params)
    if largest is None:
        return Value(weights.neutral, *sides, N_("The offer does not say how much: counted as half."), params)
    value = max(0.0, min(1.0, largest / asked.whole))  # less than nothing is left where too much was agreed
    params |= {"grant": dollars(largest), "asked": dollars(asked.whole), "percent": f"{100 * value:.0f}"}
    some = N_("Up to USD %(grant)s is %(percent)s%% of the USD %(asked)s asked (lines: %(covered)s of %(lines)s).")
    # What it would score, were a block lifted: all lines are looked at where none is of a type that is offered.
    none = N_("Up to USD %(grant)s is %(percent)s%% of the USD %(asked)s asked; no line is of a type that is offered.")
    return Value(value, *sides, some if covered else none, params)


def _waiting(need: NeedFacts, weights: Weights, today: date) -> Value:
    side = {"opened_on": need.opened_on.isoformat() if need.opened_on else None}
    if need.opened_on is None:
        return Value(0.0, side, {}, N_("The need has not been opened yet."), {})
    months = max(0, (today - need.opened_on).days) / DAYS_PER_MONTH
    params = {"months": f"{months:.1f}", "full": f"{weights.waiting_months:g}"}
    message = N_("The need has waited for %(months)s months; %(full)s count in full.")
    return Value(min(1.0, months / weights.waiting_months), side, {}, message, params)
