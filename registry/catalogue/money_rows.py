"""A programme's money as rows that sums are made from: donor × theme × State, in US cents; and its family. Pure.

Sources seldom say how money divides: between several donors and between several themes it is divided equally, between
States by the shares that the source gives, equally where it gives none. Rounding goes to the first, so sums stay whole.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

Document = Mapping[str, Any]
MEASURES = ("budget", "commitment", "disbursement")
FUNDING = "1"
"""OrganisationRole of those who give"""
PARENT, CHILD = "1", "2"
"""RelatedActivityType codes that say what belongs to what"""
REF_LENGTH = 500
Key = tuple[str, str, str]
"""(donor, theme, State); empty: not said"""
OTHERS = "\0others"
"""Stands for the smallest of a column in a picture"""
MOST_NODES = 10
"""Nodes of a column of a picture, the others besides"""


class FlowRow(NamedTuple):
    """What one donor gives for one theme in one State; "" where the source does not say. Null: no amount."""

    donor: str
    """Reference or `name:` key of the organisation"""
    name: str
    theme: str
    state: str
    budget_usd: int | None
    commitment_usd: int | None
    disbursement_usd: int | None


def divide(cents: int, names: Sequence[str], shares: Sequence[float]) -> list[tuple[str, int]]:
    """Divide an amount by shares, without losing a cent; nobody named: all of it goes to the empty name."""
    if not names:
        return [("", cents)]
    whole = sum(shares)
    parts = [int(cents * share / whole) for share in shares]
    parts[0] += cents - sum(parts)
    return list(zip(names, parts, strict=True))


def flow_rows(
    amounts: Sequence[int | None],
    donors: Mapping[str, str],
    themes: Sequence[str],
    shares: Mapping[str, float | None],
) -> list[FlowRow]:
    """The rows of one programme. `amounts`: in the order of MEASURES; `donors`: key → name; `shares`: State → part.

    An amount that is not known, nil or negative (a correction that outweighs the rest) makes no rows.
    """
    states = list(shares)
    parts = list(shares.values())
    by_state = [part or 0.0 for part in parts] if all(part is not None and part > 0 for part in parts) else []
    by_state = by_state or [1.0] * len(states)
    found: dict[tuple[str, str, str], list[int | None]] = {}
    for place, amount in enumerate(amounts):
        if amount is None or amount <= 0:
            continue
        for donor, given in divide(amount, list(donors), [1.0] * len(donors)):
            for theme, worth in divide(given, themes, [1.0] * len(themes)):
                for state, cents in divide(worth, states, by_state):
                    if cents:
                        found.setdefault((donor, theme, state), [None, None, None])[place] = cents
    return [
        FlowRow(donor, donors.get(donor, ""), theme, state, *cents) for (donor, theme, state), cents in found.items()
    ]


def kin_of(document: Document) -> list[tuple[str, str]]:
    """(identifier, PARENT or CHILD) of the programmes that a document says it is a part of, or that are parts of it.

    None for a flow of OCHA FTS that came in from outside: there `boundary` says what is counted, and a flow that came
    in is money of its own whatever it was made from.
    """
    if document.get("boundary") == "incoming":
        return []
    own = str(document.get("iati_identifier") or "")
    found = {
        (" ".join(str(item.get("ref") or "").split())[:REF_LENGTH], str(item.get("type")))
        for item in document.get("related_activities") or ()
    }
    return sorted((ref, kind) for ref, kind in found if ref and ref != own and kind in (PARENT, CHILD))


def passes_on(document: Document) -> bool:
    """Whether the source itself says that this money is counted where it came in (OCHA FTS: internal flows)."""
    return document.get("boundary") == "internal"


def folded(flows: Mapping[Key, int], most: int) -> dict[Key, int]:
    """The flows with the smallest nodes of each column put together."""
    kept = [{code for code, _ in sums_of(flows, column)[:most]} for column in range(3)]
    found: Counter[Key] = Counter()
    for key, value in flows.items():
        donor, theme, state = (code if code in kept[column] else OTHERS for column, code in enumerate(key))
        found[donor, theme, state] += value
    return dict(found)


def sums_of(flows: Mapping[Key, int], column: int) -> list[tuple[str, int]]:
    """(code, sum) of a column, the largest first."""
    sums: Counter[str] = Counter()
    for key, value in flows.items():
        sums[key[column]] += value
    return sorted(sums.items(), key=lambda item: (-item[1], item[0]))
