"""Facts of offers as columns: a row an offer, ordered by id, which is the order among equals. Pure.

What fits no column, amounts beyond what a float holds exactly or too many codes for one mask, is marked `odd`: those
offers are judged by the exact functions alone.
"""

from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass, fields
from datetime import date

import numpy as np
import numpy.typing as npt

from registry.matching.facts import OfferFacts
from registry.matching.vectors.rounding import Ints

Bools = npt.NDArray[np.bool_]
FAR = 10_000_000
"""Days: further than any date; stands for an end of a window that is not known"""
UNKNOWN = -1
"""An amount that is not known"""
EXACT = 2**53
ALL_THEMES = 62
"""The bit that every need has, and an offer for all themes"""
_PLAIN = frozenset(
    {
        "id", "organisation_id", "types", "themes", "window_start", "window_end", "min_grant", "max_grant", "budget",
        "status", "arms",
    }
)  # fmt: skip
EXTRA = tuple(item.name for item in fields(OfferFacts) if item.name not in _PLAIN | {"places", "conditions"})
"""Facts that came after this was written: rules that look at places or conditions may look at them too."""


@dataclass(frozen=True, slots=True)
class Kinds:
    """Offers that are alike in some facts: the kind of each, and one offer of each kind."""

    of: Ints
    examples: tuple[OfferFacts, ...]


@dataclass(frozen=True, slots=True)
class Columns:
    """One entry an offer in each. Amounts in US cents, windows in days, masks by `type_bits` and `theme_bits`."""

    offers: tuple[OfferFacts, ...]
    ids: Ints
    types: Ints
    themes: Ints
    start: Ints
    end: Ints
    dated: Bools
    """Both ends of the window are known"""
    least: Ints
    largest: Ints
    open: Bools
    odd: Bools
    type_bits: dict[str, int]
    theme_bits: dict[str, int]
    combinations: Kinds
    """By their types"""
    places: Kinds
    conditions: Kinds


def columns(offers: Iterable[OfferFacts]) -> Columns:
    """The columns of these offers."""
    rows = tuple(sorted(offers, key=lambda offer: offer.id))
    type_bits, theme_bits = _bits(offer.types for offer in rows), _bits(offer.themes for offer in rows)
    amounts = [(offer.min_grant, offer.largest_grant) for offer in rows]
    odd = [
        any((amount or 0) > EXACT for amount in pair)
        or not (offer.types <= type_bits.keys() and offer.themes <= theme_bits.keys())
        for offer, pair in zip(rows, amounts, strict=True)
    ]
    return Columns(
        rows,
        _ints(offer.id for offer in rows),
        _ints(mask(offer.types, type_bits) for offer in rows),
        _ints(mask(offer.themes, theme_bits) or 1 << ALL_THEMES for offer in rows),
        _ints(days(offer.window_start, -FAR) for offer in rows),
        _ints(days(offer.window_end, FAR) for offer in rows),
        np.array([bool(offer.window_start and offer.window_end) for offer in rows], bool),
        _ints(UNKNOWN if least is None else min(least, EXACT) for least, _ in amounts),
        _ints(UNKNOWN if largest is None else min(largest, EXACT) for _, largest in amounts),
        np.array([offer.status == "open" for offer in rows], bool),
        np.array(odd, bool),
        type_bits,
        theme_bits,
        _kinds(rows, [offer.types for offer in rows]),
        _kinds(rows, [(offer.places, *_extra(offer)) for offer in rows]),
        _kinds(rows, [(repr(offer.conditions), *_extra(offer)) for offer in rows]),
    )


def mask(codes: Iterable[str], bits: dict[str, int]) -> int:
    """The codes as bits; a code that no offer has, has none."""
    return sum(1 << bits[code] for code in codes if code in bits)


def days(day: date | None, unknown: int) -> int:
    """A date as a number of days."""
    return day.toordinal() if day else unknown


def _extra(offer: OfferFacts) -> tuple[str, ...]:
    return tuple(repr(getattr(offer, name)) for name in EXTRA)


def _bits(sets: Iterable[Collection[str]]) -> dict[str, int]:
    """Code → its bit, for as many as fit; in one order always."""
    codes = sorted({code for one in sets for code in one})
    return {code: place for place, code in enumerate(codes[:ALL_THEMES])}


def _ints(values: Iterable[int]) -> Ints:
    return np.array(list(values), np.int64)


def _kinds(rows: tuple[OfferFacts, ...], keys: list[Hashable]) -> Kinds:
    numbers: dict[Hashable, int] = {}
    of = [numbers.setdefault(key, len(numbers)) for key in keys]
    examples: dict[int, OfferFacts] = {}
    for number, offer in zip(of, rows, strict=True):
        examples.setdefault(number, offer)
    return Kinds(_ints(of), tuple(examples[number] for number in range(len(examples))))
