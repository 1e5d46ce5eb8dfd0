"""Where programmes' money comes from and goes to: donor → theme → State, in US cents.

Sources seldom say how money divides: between several donors and between several themes it is divided equally, between
States by the shares that the source gives, equally where it gives none. Rounding goes to the first, so sums stay whole.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Table, select
from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.catalogue.listing import Filters, P, conditions
from registry.catalogue.models import ProgrammeDocument, ProgrammeFacet
from registry.errors import N_, InvalidInput

MEASURES = ("budget", "commitment", "disbursement")
MOST = 5_000
"""Programmes read for one picture, those changed last first"""
_DOCUMENT: Table = ProgrammeDocument.__table__  # type: ignore[attr-defined]
_FACET: Table = ProgrammeFacet.__table__  # type: ignore[attr-defined]
Key = tuple[str, str, str]
"""(donor, theme, State); empty: not said"""


@dataclass(frozen=True, slots=True)
class Flows:
    """`cents` by (donor, theme, State), of so many `programmes` (or commitments); `unknown` of them say no amount.

    `is_cut`: there are more than MOST.
    """

    cents: dict[Key, int]
    programmes: int
    unknown: int
    is_cut: bool

    @property
    def total(self) -> int:
        return sum(self.cents.values())


def read_flows(session: Session, actor: Actor, filters: Filters, measure: str = "budget") -> Flows:
    """Flows of the programmes that the actor may see. Raises InvalidInput for an unknown measure or filter.

    Where the list is narrowed by theme or country, only what goes to these is counted.
    """
    if measure not in MEASURES:
        raise InvalidInput({"measure": [N_("This must be one of: budget, commitment, disbursement.")]})
    amount: Any = getattr(P, f"{measure}_usd")
    rows = session.execute(
        select(P.id, P.themes, P.countries, P.reporting_name, amount.label("amount"), _DOCUMENT.c.document)
        .join(_DOCUMENT, _DOCUMENT.c.programme_id == P.id, isouter=True)
        .where(*conditions(actor, filters)).order_by(P.updated_at.desc(), P.id.desc()).limit(MOST + 1)
    ).all()  # fmt: skip
    shares = _shares(session, [row.id for row in rows])
    found: Counter[Key] = Counter()
    unknown = 0
    for row in rows[:MOST]:
        if row.amount is None or row.amount <= 0:
            unknown += 1
            continue
        countries = row.countries.split()
        parts = [shares.get((row.id, country)) for country in countries]
        by_state = parts if parts and all(part is not None and part > 0 for part in parts) else [1.0] * len(parts)
        themes, donors = row.themes.split(), _donors(row.document, row.reporting_name)
        for donor, given in divide(row.amount, donors, [1.0] * len(donors)):
            for theme, worth in divide(given, themes, [1.0] * len(themes)):
                for state, cents in divide(worth, countries, [part or 0.0 for part in by_state]):
                    if _asked(filters, "theme", theme) and _asked(filters, "country", state):
                        found[donor, theme, state] += cents
    return Flows({key: cents for key, cents in found.items() if cents}, len(rows[:MOST]), unknown, len(rows) > MOST)


def _asked(filters: Filters, facet: str, value: str) -> bool:
    return not filters.values.get(facet) or value in filters.values[facet]


def _shares(session: Session, ids: Sequence[int]) -> dict[tuple[int, str], float | None]:
    found: dict[tuple[int, str], float | None] = {}
    for start in range(0, len(ids), 1_000):
        some = _FACET.c.programme_id.in_(ids[start : start + 1_000])
        columns = (_FACET.c.programme_id, _FACET.c.value, _FACET.c.share)
        rows = session.execute(select(*columns).where(_FACET.c.facet == "country", some))
        found |= {(row.programme_id, row.value): row.share for row in rows}
    return found


def _donors(document: str | None, reporting: str) -> list[str]:
    """Organisations that fund it by its document (role 1); where none is named, who reports it."""
    named = (orjson.loads(document).get("participating_orgs") or ()) if document else ()
    names = [_name(party) for party in named if party.get("role") == "1"]
    return list(dict.fromkeys(name for name in names if name)) or [reporting]


def _name(party: dict[str, Any]) -> str:
    texts: Iterable[dict[str, Any]] = party.get("narratives") or ()
    in_english = [text["text"] for text in texts if text.get("lang") in (None, "en")]
    return str((in_english or [text["text"] for text in texts] or [party.get("ref") or ""])[0])


def divide(cents: int, names: Sequence[str], shares: Sequence[float]) -> list[tuple[str, int]]:
    """An amount by shares, without losing a cent; nobody named: all of it to the empty name."""
    if not names:
        return [("", cents)]
    whole = sum(shares)
    parts = [int(cents * share / whole) for share in shares]
    parts[0] += cents - sum(parts)
    return list(zip(names, parts, strict=True))
