"""Which records are compared at all: two that share a key, as long as not too many share it. Pure.

Keys are 63-bit numbers, so that a table of millions stays small. A key that more than MOST_IN_BLOCK records share says
nothing (`support`, one large donor in one large country): it counts as absent, whatever order records came in.
"""

import math
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from hashlib import blake2b
from typing import Any

Profile = Mapping[str, Any]

BLOCK, IS, SAYS = 0, 1, 2
"""Roles of a key: a hint that a comparison pays; an identifier of its own; one that its source says is its too."""
MOST_IN_BLOCK = 30
MOST_UNDER_IDENTIFIER = 30
"""An identifier that more records carry identifies nothing (`TEST`, `1`)."""
MOST_WORDS, SHORTEST_WORD, MOST_COUNTRIES, MOST_PARTIES = 7, 4, 3, 4
AMOUNT_STEP = 0.25
"""Width of a class of amounts, on a natural logarithm; each amount stands in two that overlap."""


def keys(kind: str, profile: Profile) -> set[tuple[int, int]]:
    """(role, key) of everything the record is found by."""
    make = _programme_blocks if kind == "programme" else _organisation_blocks
    found = {(BLOCK, number(kind, *block)) for block in make(profile)}
    own = profile.get("own") or ()
    found |= {(IS, number(kind, "id", ref)) for ref in ([own] if isinstance(own, str) else own)}
    return found | {(SAYS, number(kind, "id", ref)) for ref in profile.get("says") or ()}


def number(*parts: str) -> int:
    """The parts as one number of 63 bits."""
    digest = blake2b("\x1f".join(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def _words(profile: Profile) -> list[str]:
    """The longest words of all names: the rarest, mostly; in what is written without spaces, runs of three."""
    words: set[str] = set()
    for name in profile.get("names") or ():
        for word in name.split():
            if word.isascii() or word.isalpha() and len(word) < 16 and not _is_dense(word):
                words.add(word)
            else:
                words |= {word[i : i + 3] for i in range(len(word) - 2)}
    long = [word for word in words if len(word) >= SHORTEST_WORD or _is_dense(word)]
    return sorted(long, key=lambda word: (-len(word), word))[: MOST_WORDS * len(profile.get("names") or ())]


def _is_dense(word: str) -> bool:
    return any("\u3400" <= c <= "\u9fff" for c in word)


def _programme_blocks(profile: Profile) -> Iterator[tuple[str, ...]]:
    countries = (profile.get("countries") or ["-"])[:MOST_COUNTRIES]
    words, times = _words(profile), _times(profile.get("start"))
    parties = sorted({key for keys in profile.get("partners") or () for key in keys[:2]})
    for name in profile.get("names") or ():
        yield "name", name
    for country in countries:
        for word in words:
            yield "word", country, word
        for time in times:
            for step in _amounts(profile.get("amount")):
                yield "money", country, time, step
            for party in parties[:MOST_PARTIES]:
                yield "party", country, time, party


def _times(start: str | None) -> list[str]:
    """Half-years in reach of a start: two starts within three months share one."""
    try:
        day = date.fromisoformat(start) if start else None
    except ValueError:
        day = None
    if day is None or not 2 <= day.year <= 9997:
        return []
    near = (day - timedelta(days=92), day + timedelta(days=92))
    return sorted({f"{each.year}/{(each.month - 1) // 6}" for each in near})


def _amounts(cents: int | None) -> list[str]:
    if not cents or cents < 0:
        return []
    at = math.log(cents) / AMOUNT_STEP
    return [f"a{math.floor(at)}", f"b{math.floor(at + 0.5)}"]


def _organisation_blocks(profile: Profile) -> Iterator[tuple[str, ...]]:
    for name in profile.get("names") or ():
        yield "name", name
        yield "short", "".join(word[0] for word in name.split())
        if " " not in name:
            yield "short", name
    for word in _words(profile):
        yield "word", word
    if profile.get("acronym"):
        yield "short", profile["acronym"]
    if profile.get("site"):
        yield "site", profile["site"]
    for tail in profile.get("tails") or ():
        yield "tail", tail
