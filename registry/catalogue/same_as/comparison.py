"""How two profiles compare, field by field: the name of a level, or None where one side does not say. Pure.

A level is a coarse step of agreement; what each is worth in bits stands in the model's file (model.py).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

Profile = Mapping[str, Any]
Compare = Callable[[Profile, Profile], str | None]

SHORTEST_PART = 12
"""Grams that a name must have to count as a part of a longer one."""
PART_COUNTS = 0.95
"""A name that lies wholly in another is nearly the same: sources cut titles."""


@lru_cache(maxsize=40_000)
def grams(name: str) -> frozenset[str]:
    """The name's runs of three characters, its ends marked; the order of words hardly matters."""
    marked = [f" {word} " for word in name.split()]
    return frozenset(word[i : i + 3] for word in marked for i in range(max(1, len(word) - 2)))


def likeness(first: str, second: str) -> float:
    """0 to 1: the share of runs two folded names have in common (Dice); a cut-off name counts nearly in full."""
    if first == second:
        return 1.0
    a, b = grams(first), grams(second)
    common = len(a & b)
    if not common:
        return 0.0
    smaller = min(len(a), len(b))
    whole = 2 * common / (len(a) + len(b))
    return max(whole, PART_COUNTS * common / smaller) if smaller >= SHORTEST_PART else whole


def _steps(value: float, steps: Sequence[tuple[float, str]], rest: str) -> str:
    return next((level for least, level in steps if value >= least), rest)


def names(a: Profile, b: Profile) -> str | None:
    """The most alike of the names in any language."""
    if not a.get("names") or not b.get("names"):
        return None
    best = max(likeness(x, y) for x in a["names"] for y in b["names"])
    return _steps(best, ((0.97, "same"), (0.8, "close"), (0.6, "like"), (0.4, "partly")), "unlike")


def numbers(a: Profile, b: Profile) -> str | None:
    """Numbers of phases and parts in the titles; neither having one says nothing."""
    x, y = a.get("numbers"), b.get("numbers")
    if not x and not y:
        return None
    return "same" if x == y else "differ" if x and y else "one-sided"


def source(a: Profile, b: Profile) -> str | None:
    """Whether one feed brings both: a feed seldom says a thing twice."""
    if "source" not in a or "source" not in b:
        return None
    return "same" if a["source"] == b["source"] else "other"


def partners(a: Profile, b: Profile) -> str | None:
    """How many organisations have a part in both, whatever part, by any of the keys each goes by."""
    of_a, of_b = a.get("partners"), b.get("partners")
    if not of_a or not of_b:
        return None
    common = min(_known(of_a, of_b), _known(of_b, of_a))
    return "several" if common > 1 else "one" if common else "none"


def _known(some: Sequence[Sequence[str]], among: Sequence[Sequence[str]]) -> int:
    keys = {key for organisation in among for key in organisation}
    return sum(not keys.isdisjoint(organisation) for organisation in some)


def _sets(member: str) -> Compare:
    def compare(a: Profile, b: Profile) -> str | None:
        if not a.get(member) or not b.get(member):
            return None
        x, y = set(a[member]), set(b[member])
        return "same" if x == y else "some" if x & y else "none"

    return compare


def _days(member: str) -> Compare:
    def compare(a: Profile, b: Profile) -> str | None:
        x, y = _day(a.get(member)), _day(b.get(member))
        if x is None or y is None:
            return None
        return _steps(-abs((x - y).days), ((0, "same day"), (-31, "month"), (-184, "half-year"), (-550, "near")), "far")

    return compare


@lru_cache(maxsize=40_000)
def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def amount(a: Profile, b: Profile) -> str | None:
    """Budgets in US dollars: rates and rounding move them a little, other parts of the work a lot."""
    if not a.get("amount") or not b.get("amount"):
        return None
    apart = abs(math.log(a["amount"] / b["amount"]))
    return _steps(-apart, ((-0.01, "same"), (-0.05, "close"), (-0.2, "near"), (-0.7, "double")), "far")


def _equal(member: str) -> Compare:
    def compare(a: Profile, b: Profile) -> str | None:
        if member not in a or member not in b:
            return None
        return "same" if a[member] == b[member] else "other"

    return compare


def short_names(a: Profile, b: Profile) -> str | None:
    """Acronyms, also one that stands as or among the other's names, or is made of the initials of one."""
    x, y = a.get("acronym"), b.get("acronym")
    if x and y:
        return "same" if x == y else "other"
    one, other = (x, b) if x else (y, a)
    if not one:
        return None
    found = any(one == name or one in name.split() or one == _initials(name) for name in other.get("names", ()))
    return "same" if found else None


def _initials(name: str) -> str:
    return "".join(word[0] for word in name.split())


COMPARISONS: dict[str, dict[str, Compare]] = {
    "programme": {
        "names": names,
        "numbers": numbers,
        "source": source,
        "partners": partners,
        "countries": _sets("countries"),
        "start": _days("start"),
        "end": _days("end"),
        "amount": amount,
        "subjects": _sets("subjects"),
    },
    "organisation": {
        "names": names,
        "acronym": short_names,
        "kind": _equal("kind"),
        "state": _equal("state"),
        "site": _equal("site"),
        "tails": _sets("tails"),
    },
}
"""Kind → field → comparison"""
