"""How far an offer gets with a need, which reason stops all of them, and how long something waits. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from registry.errors import N_
from registry.matching.eligibility import RULES
from registry.matching.facts import Context, NeedFacts, OfferFacts

BANDS = (("0-29", 0), ("30-89", 30), ("90-179", 90), ("180-364", 180), ("365-", 365))
"""Code → days from which on it holds"""
NOBODY = "nobody_there"
NOT_LOOKED_AT = "not_looked_at"
NOBODY_PROPOSED, ASKED, PARTLY = "nobody_proposed", "proposed", "partly_given"
REASONS = {
    NOBODY: N_("There is nothing open on the other side."),
    "not_open": N_("What would fit is not open."),
    "type_mismatch": N_("No offer gives this type of assistance."),
    "theme_mismatch": N_("Of the right type, but for other themes."),
    "geography": N_("Right type and theme, but not for this State."),
    "window_too_short": N_("Right kind and place, but the windows do not run together long enough."),
    "below_minimum_grant": N_("All fits but the amount: less is asked than the smallest grant."),
    "covered": N_("All fits, but what the need asks of it is promised already."),
    "spent": N_("All fits, but the offer is promised already."),
    "condition_unknown": N_("All fits but a donor's condition, of which nothing is known."),
    "condition_not_met": N_("All fits but a donor's condition, which is not met."),
    "embargo": N_("All fits, but an embargo stands against it, or waits for an exemption."),
    "listed_partner": N_("All fits, but a partner stands on a sanctions list."),
    NOT_LOOKED_AT: N_("Not looked at: too many to work out the reason here."),
    NOBODY_PROPOSED: N_("Needs fit, and nobody has proposed anything yet."),
    ASKED: N_("Proposed; an answer is awaited."),
    PARTLY: N_("Given out in part; something is left."),
}
"""Code → what it means; a rule's own code that is not named here is shown as it is."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Where the nearest pairs end: the reason, how many pairs get so far, and one of them (the other side's id)."""

    reason: str
    pairs: int
    nearest: int | None


def stopped_at(need: NeedFacts, offer: OfferFacts, context: Context, least: float) -> tuple[int, str] | None:
    """(place of the first rule that stands against the pair, its code); None: eligible."""
    for place, rule in enumerate(RULES):
        for block in rule(need, offer, context, least):
            return place, block.code
    return None


def nearest(found: Iterable[tuple[int, tuple[int, str] | None]]) -> Stop:
    """Of (other side's id, stopped_at): the reason of those that get furthest; among several codes the most frequent.

    Eligible pairs are passed over: who has one is not asked about.
    """
    stops = sorted(((at, other) for other, at in found if at is not None), key=lambda stop: (stop[0][0], -stop[1]))
    if not stops:
        return Stop(NOBODY, 0, None)
    last = [stop for stop in stops if stop[0][0] == stops[-1][0][0]]
    codes = Counter(code for (_, code), _ in last)
    reason = min(codes, key=lambda code: (-codes[code], code))
    return Stop(reason, codes[reason], min(other for (_, code), other in last if code == reason))


def band(opened: date | None, today: date) -> str:
    """How long something waits; what was never opened counts as new."""
    days = max(0, (today - opened).days) if opened else 0
    return next(code for code, least in reversed(BANDS) if days >= least)
