"""Finds the eligible pairs of many needs with many offers, with their scores: block by block, in bounded memory. Pure.

Which offers reach a State, and whose conditions it fulfils, is asked of the rules themselves, once for each State and
each kind of offer; types, themes, windows and amounts are columns. A rule of eligibility.RULES that is not named here
is asked about each pair that is left: what it says holds, only later. A test compares with the rules and the score.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from math import ceil
from operator import attrgetter
from typing import Any

import numpy as np

from registry.matching import eligibility
from registry.matching.facts import DAYS_PER_MONTH, Context, NeedFacts, OfferFacts
from registry.matching.score import Weights, score
from registry.matching.vectors.columns import ALL_THEMES, EXACT, FAR, UNKNOWN, columns, days, mask
from registry.matching.vectors.points import NOT_REACHED, Points
from registry.matching.vectors.rounding import MILLION, Ints, millionths

IN_COLUMNS = frozenset({"_both_open", "_type", "_theme", "_window", "_minimum_grant", "_covered"})
OF_OFFER = frozenset({"_spent", "_listed_partner"})
"""Rules that look at nothing of a need"""
BY_STATE = {"_geography": "places", "conditions": "conditions"}
"""Rules that look at nothing of a need but its State, and at these facts of an offer"""
SILENT: dict[str, Callable[[NeedFacts, Context], bool]] = {
    "_embargo": lambda need, context: need.state not in context.screening.regimes.states,
}
"""Rules without a column that have nothing to say of some States: nothing is asked there"""
CELLS = 1 << 20
"""Pairs looked at in one block"""
_BITS = 21
"""Of a pair's key for each of need, points and offer"""
_LOW = (1 << _BITS) - 1
_OF_NEED = ("id", "themes", "lines", "window_start", "window_end", "status", "opened_on", "arms")
_profile = attrgetter(*(item.name for item in fields(NeedFacts) if item.name not in _OF_NEED))
"""What needs of one State have in common"""


@dataclass(frozen=True, slots=True)
class Block:
    """Eligible pairs of some needs: best first within each need, those alike by the offer's id.

    `row` is the place in `needs`, `place` that in the sieve's `offers`, `points` the score in millionths.
    """

    needs: Sequence[NeedFacts]
    row: Ints
    place: Ints
    points: Ints


@dataclass(frozen=True, slots=True)
class _Shelf:
    """Offers that reach a State and whose conditions it fulfils: places in the columns, points for the geography."""

    places: Ints
    geography: Ints


def _never(_need: NeedFacts, _context: Context) -> bool:
    return False


def rank(groups: Ints) -> Ints:
    """The place of each entry within its group; entries of a group stand together, groups in rising order."""
    return np.arange(len(groups)) - np.searchsorted(groups, groups)


class Sieve:
    """Offers ready to be matched with any needs, on the day of the context."""

    def __init__(self, offers: Iterable[OfferFacts], context: Context, weights: Weights) -> None:
        self._columns = columns(offers)
        self.offers = self._columns.offers
        self._context, self._weights = context, weights
        self._least = weights.min_overlap_months
        self._least_days = ceil(self._least * DAYS_PER_MONTH)
        self._points = Points(self._columns, weights, context.today)
        self._others = [r for r in eligibility.RULES if r.__name__ not in IN_COLUMNS | OF_OFFER | BY_STATE.keys()]
        self._by_state = [r for r in eligibility.RULES if r.__name__ in BY_STATE]
        self._odd = np.flatnonzero(self._columns.odd).tolist()
        of_offer = [rule for rule in eligibility.RULES if rule.__name__ in OF_OFFER]
        anybody = NeedFacts(0, "")
        self._barred = np.array(
            [
                any(True for rule in of_offer for _ in rule(anybody, offer, context, self._least))
                for offer in self.offers
            ],
            bool,
        )
        self._theme_masks: dict[frozenset[str], int] = {}
        self._shelves: dict[Any, _Shelf] = {}

    def best(self, needs: Iterable[NeedFacts], top: int) -> dict[int, list[tuple[int, float]]]:
        """Need id → (offer id, score) of its best offers, best first."""
        found: dict[int, list[tuple[int, float]]] = {}
        for block in self.firsts(needs, top):
            bounds = np.searchsorted(block.row, np.arange(len(block.needs) + 1)).tolist()
            ids, scores = self._columns.ids[block.place].tolist(), (block.points / MILLION).tolist()
            pairs = list(zip(ids, scores, strict=True))
            for need, start, end in zip(block.needs, bounds, bounds[1:], strict=False):
                found[need.id] = pairs[start:end]
        return found

    def firsts(self, needs: Iterable[NeedFacts], top: int) -> Iterator[Block]:
        """The same as blocks, each with the best `top` pairs of its needs."""
        for block in self._sifted(needs):
            kept = self._first(block, top)
            yield Block(block.needs, block.row[kept], block.place[kept], block.points[kept])

    def blocks(self, needs: Iterable[NeedFacts]) -> Iterator[Block]:
        """All eligible pairs; each need is in one block, also one without any pair."""
        for block in self._sifted(needs):
            rules = self._asked_singly(block)
            if not rules:
                yield block
                continue
            pairs = zip(block.row.tolist(), block.place.tolist(), strict=True)
            kept = np.array([self._passes(rules, block.needs[row], place) for row, place in pairs], bool)
            yield Block(block.needs, block.row[kept], block.place[kept], block.points[kept])

    def _first(self, block: Block, top: int) -> Ints:
        """Of each need's pairs, in order, the first so many that the rules without a column let through."""
        rules = self._asked_singly(block)
        if not rules:
            return np.flatnonzero(rank(block.row) < top)
        kept: list[int] = []
        count = [0] * len(block.needs)
        for number, (row, place) in enumerate(zip(block.row.tolist(), block.place.tolist(), strict=True)):
            if count[row] < top and self._passes(rules, block.needs[row], place):
                count[row] += 1
                kept.append(number)
        return np.array(kept, np.int64)

    def _asked_singly(self, block: Block) -> list[eligibility.Rule]:
        """Rules without a column that may have something to say of a block's needs, which are of one State."""
        need, context = block.needs[0], self._context
        return [rule for rule in self._others if not SILENT.get(rule.__name__, _never)(need, context)]

    def _passes(self, rules: list[eligibility.Rule], need: NeedFacts, place: int) -> bool:
        offer, context, least = self.offers[place], self._context, self._least
        return not any(True for rule in rules for _ in rule(need, offer, context, least))

    def _sifted(self, needs: Iterable[NeedFacts]) -> Iterator[Block]:
        """Pairs that all rules with a column let through."""
        groups: defaultdict[Any, list[NeedFacts]] = defaultdict(list)
        for need in needs:
            groups[_profile(need), need.types].append(need)
        for (profile, types), group in groups.items():
            shelf = self._shelf(profile, group[0])
            chosen = self._columns.types[shelf.places] & mask(types, self._columns.type_bits) != 0
            places, geography = shelf.places[chosen], shelf.geography[chosen]
            step = max(1, CELLS // max(1, len(places)))
            for start in range(0, len(group), step):
                yield self._block(group[start : start + step], places, geography)

    def _shelf(self, profile: Any, need: NeedFacts) -> _Shelf:
        if profile in self._shelves:
            return self._shelves[profile]
        cols = self._columns
        usable = cols.open & ~cols.odd & ~self._barred & (cols.end - cols.start >= self._least_days)
        by_kind = [self._points.of_geography(need, offer) for offer in cols.places.examples]
        geography = np.array(by_kind, np.int64)[cols.places.of]
        usable &= geography != NOT_REACHED
        for rule in self._by_state:
            kinds = getattr(cols, BY_STATE[rule.__name__])
            asked = set(kinds.of[usable].tolist())
            passing = [
                number in asked and not any(True for _ in rule(need, offer, self._context, self._least))
                for number, offer in enumerate(kinds.examples)
            ]
            usable &= np.array(passing, bool)[kinds.of]
        places = np.flatnonzero(usable)
        shelf = self._shelves[profile] = _Shelf(places, geography[places])
        return shelf

    def _block(self, needs: Sequence[NeedFacts], places: Ints, geography: Ints) -> Block:
        cols = self._columns
        is_open = [need.status == "open" for need in needs]
        is_odd = [need.asked(need.types).cents > EXACT for need in needs]
        themes = np.array([self._theme_mask(need.themes) for need in needs], np.int64)
        start = np.array([days(need.window_start, -FAR) for need in needs], np.int64)
        end = np.array([days(need.window_end, FAR) for need in needs], np.int64)
        usable = np.array(is_open) & ~np.array(is_odd) & (end - start >= self._least_days)
        fitting = (themes[:, None] & cols.themes[places]) != 0
        fitting &= cols.end[places] >= (start + self._least_days)[:, None]
        fitting &= cols.start[places] <= (end - self._least_days)[:, None]
        fitting &= usable[:, None]
        row, at = np.nonzero(fitting)
        asked = self._asked(needs)[row, cols.combinations.of[places[at]]]
        enough = np.flatnonzero((asked == UNKNOWN) | (asked >= np.maximum(cols.least[places[at]], 1)))
        row, at, asked = row[enough], at[enough], asked[enough]
        place = places[at]
        points = geography[at] + self._points.of_theme(needs, themes, row, place)
        points += self._points.of_window(needs, start, end, row, place)
        points += self._points.of_grant(asked, cols.largest[place])
        points += np.array([self._points.of_waiting(need) for need in needs], np.int64)[row]
        key = row << 2 * _BITS | (MILLION - points) << _BITS | place
        if self._odd or any(is_odd):
            key = np.concatenate((key, self._exact(needs, is_odd)))
        key.sort()
        return Block(needs, key >> 2 * _BITS, key & _LOW, MILLION - (key >> _BITS & _LOW))

    def _theme_mask(self, themes: frozenset[str]) -> int:
        if themes not in self._theme_masks:
            self._theme_masks[themes] = mask(themes, self._columns.theme_bits) | 1 << ALL_THEMES
        return self._theme_masks[themes]

    def _exact(self, needs: Sequence[NeedFacts], is_odd: Sequence[bool]) -> Ints:
        """Keys of the eligible pairs of which a side does not fit into columns."""
        found = []
        for row, need in enumerate(needs):
            for place in range(len(self.offers)) if is_odd[row] else self._odd:
                offer = self.offers[place]
                if eligibility.is_eligible(need, offer, self._context, self._least):
                    value = score(need, offer, self._weights, self._context.today)[0]
                    found.append(row << 2 * _BITS | (MILLION - millionths(value)) << _BITS | place)
        return np.array(found, np.int64)

    def _asked(self, needs: Sequence[NeedFacts]) -> Ints:
        """By need and by kind of offer: cents that the need asks of its types."""
        examples = self._columns.combinations.examples
        found = np.full((len(needs), len(examples)), UNKNOWN, np.int64)
        kinds: defaultdict[frozenset[str], list[int]] = defaultdict(list)
        for number, offer in enumerate(examples):
            kinds[needs[0].types & offer.types].append(number)  # a block's needs are of the same types
        for row, need in enumerate(needs):
            if len(need.lines) == 1 and (cents := need.lines[0].cents) is not None:
                found[row] = min(cents, EXACT)
                continue
            for shared, numbers in kinds.items():
                if (cents := need.asked(shared).whole) is not None:
                    found[row, numbers] = min(cents, EXACT)
        return found
