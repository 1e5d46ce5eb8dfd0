"""What would make a pair fit better: one thing changed at a time, scored anew by the same rule. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from registry.errors import N_
from registry.matching.eligibility import dollars
from registry.matching.facts import DAYS_PER_MONTH, NeedFacts, OfferFacts, reach
from registry.matching.score import Weights, score

MONTHS = 3
STEP = timedelta(days=round(MONTHS * DAYS_PER_MONTH))
LEAST_GAIN = 0.000_001


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a side could change. `message`: msgid with `params`; `gain`: what it would add to the score."""

    code: str
    side: str
    """`need` or `offer`: whose it is to change"""
    message: str
    params: dict[str, Any]
    gain: float
    score: float


def changes(need: NeedFacts, offer: OfferFacts, weights: Weights, today: date) -> list[Change]:
    """What would raise the score, the most first. What is not known is not guessed at."""
    now = score(need, offer, weights, today)[0]
    found = []
    for code, side, message, params, other_need, other_offer in _thinkable(need, offer):
        then = score(other_need, other_offer, weights, today)[0]
        gain = round(then - now, 6)
        if gain >= LEAST_GAIN:
            found.append(Change(code, side, message, params, gain, then))
    return sorted(found, key=lambda change: (-change.gain, change.code))


def _thinkable(
    need: NeedFacts, offer: OfferFacts
) -> Iterator[tuple[str, str, str, dict[str, Any], NeedFacts, OfferFacts]]:
    months = {"months": MONTHS}
    if offer.window_end and need.window_end and offer.window_end < need.window_end:
        later = replace(offer, window_end=offer.window_end + STEP)
        yield "offer_ends_later", "offer", N_("The offer's window ends %(months)s months later."), months, need, later
    if offer.window_start and need.window_start and offer.window_start > need.window_start:
        earlier = replace(offer, window_start=offer.window_start - STEP)
        message = N_("The offer's window begins %(months)s months earlier.")
        yield "offer_begins_earlier", "offer", message, months, need, earlier
        moved = _moved(need, STEP)
        yield "need_moves_later", "need", N_("The need's window moves %(months)s months later."), months, moved, offer
    missing = sorted(need.themes - offer.themes) if offer.themes else []
    if missing:
        wider = replace(offer, themes=offer.themes | {missing[0]})
        yield "offer_takes_theme", "offer", N_("The offer takes in “%(theme)s”."), {"theme": missing[0]}, need, wider
    if reach(need, offer) != "list":
        named = replace(offer, places=offer.places | {need.state})
        yield "offer_names_state", "offer", N_("The offer names %(state)s."), {"state": need.state}, need, named
    asked, largest = need.asked(offer.types).whole, offer.largest_grant
    if asked and largest is not None and largest < asked:
        grants = {"max_grant": asked} if offer.max_grant is not None else {"budget": asked}
        raised: OfferFacts = replace(offer, **grants)  # type: ignore[arg-type]
        message = N_("The largest grant rises to USD %(amount)s.")
        yield "grant_rises", "offer", message, {"amount": dollars(asked)}, need, raised


def _moved(need: NeedFacts, by: timedelta) -> NeedFacts:
    start, end = need.window_start, need.window_end
    return replace(need, window_start=start + by if start else None, window_end=end + by if end else None)
