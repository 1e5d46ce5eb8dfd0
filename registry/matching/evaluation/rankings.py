"""Ways of ranking the offers that are possible for a need: ours, and four simple ones it has to beat. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date

from registry.matching.facts import NeedFacts, OfferFacts
from registry.matching.score import Weights, score

OURS = "casa"
Ranking = Callable[[NeedFacts, OfferFacts], float]
"""The higher, the earlier; equal ones stand in no order."""


def rankings(
    weights: Weights, today: date, needs: Iterable[NeedFacts], past: Mapping[tuple[int, str], int]
) -> dict[str, Ranking]:
    """Name → ranking, ours first. `past`: (organisation, State) → programmes that it has or had there."""
    asked = Counter(theme for need in needs for theme in need.themes)
    most = max(asked.values(), default=0)

    def ours(need: NeedFacts, offer: OfferFacts) -> float:
        return score(need, offer, weights, today)[0]

    def random(_need: NeedFacts, _offer: OfferFacts) -> float:
        return 0.0

    def frequent_theme(_need: NeedFacts, offer: OfferFacts) -> float:
        return max((asked[theme] for theme in offer.themes), default=0) if offer.themes else most

    def past_countries(need: NeedFacts, offer: OfferFacts) -> float:
        return past.get((offer.organisation_id, need.state), 0)

    def largest_budget(_need: NeedFacts, offer: OfferFacts) -> float:
        return -1 if offer.budget is None else offer.budget

    return {
        OURS: ours, "random": random, "frequent_theme": frequent_theme, "past_countries": past_countries,
        "largest_budget": largest_budget,
    }  # fmt: skip
