"""Where programmes' money comes from and goes to: donor → theme → State, in US cents, summed from `programme_flow`.

How one programme's money divides stands in money_rows.py, which amounts are counted in left_out.py.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Table, case, func, or_, select, union_all
from sqlalchemy.orm import aliased
from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue.counting import counted, place
from registry.catalogue.left_out import JOINED, LEFT_OUT, PART, PASSED_ON
from registry.catalogue.listing import NOTHING_ASKED, Filters, P, conditions
from registry.catalogue.models import Organisation, Programme, ProgrammeFlow
from registry.catalogue.money_rows import MEASURES, MOST_NODES, Key, folded
from registry.catalogue.reference import country_of_iati
from registry.errors import N_, InvalidInput

RULES = {
    PART: N_("parts of another programme that states the amount too"),
    PASSED_ON: N_("money passed on that is counted where it came in"),
    JOINED: N_("further records of the same programme"),
}
FLOW: Table = ProgrammeFlow.__table__  # type: ignore[attr-defined]
SHOWN = 1_000
"""Flows that a summary holds, the largest; all of them come as a file"""


@dataclass(frozen=True, slots=True)
class Flows:
    """`cents` by (donor, theme, State), of so many `programmes` (or commitments); `unknown` of them say no amount.

    `left_out`: reason (RULES) → how many programmes that state the amount are not counted, so that money counts once.
    """

    cents: dict[Key, int]
    programmes: int
    unknown: int
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.cents.values())


@dataclass(frozen=True, slots=True)
class Summary:
    """Flows in short: the largest `rows` (donor, theme, State, cents) of `count`, and all `folded` for a picture.

    The rest as in Flows.
    """

    rows: list[tuple[str, str, str, int]]
    count: int
    folded: dict[Key, int]
    total: int
    programmes: int
    unknown: int
    left_out: Mapping[str, int] = field(default_factory=dict)


def summarise(flows: Flows) -> Summary:
    """Flows in short."""
    given = {key: cents for key, cents in flows.cents.items() if cents > 0}
    return Summary(
        rows_of(flows)[:SHOWN], len(flows.cents), folded(given, MOST_NODES), flows.total, flows.programmes,
        flows.unknown, flows.left_out,
    )  # fmt: skip


def rows_of(flows: Flows) -> list[tuple[str, str, str, int]]:
    """Every flow, the largest first."""
    return [(*key, cents) for key, cents in sorted(flows.cents.items(), key=lambda item: (-item[1], item[0]))]


def read_summary(session: Session, actor: Actor, filters: Filters, measure: str = "budget") -> Summary:
    """As read_flows, in short and kept until a programme changes. Raises Busy as well."""
    _check(measure)

    def make() -> list[Any]:
        found = summarise(_read(session, actor, filters, measure))
        return [
            found.rows, found.count, [[*key, cents] for key, cents in found.folded.items()], found.total,
            found.programmes, found.unknown, found.left_out,
        ]  # fmt: skip

    kept = counted(session, actor, ("flows", measure, filters.key()), make, heavy=True)
    rows, count, parts, total, programmes, unknown, left_out = kept
    shown = [(donor, theme, state, cents) for donor, theme, state, cents in rows]
    picture = {(donor, theme, state): cents for donor, theme, state, cents in parts}
    return Summary(shown, count, picture, total, programmes, unknown, left_out=left_out)


def read_flows(session: Session, actor: Actor, filters: Filters, measure: str = "budget") -> Flows:
    """All flows of the programmes that the actor may see. Raises InvalidInput for an unknown measure or filter, Busy.

    Where the list is narrowed by theme or country, only what goes to these is counted.
    """
    _check(measure)
    with place():
        return _read(session, actor, filters, measure)


def _check(measure: str) -> None:
    if measure not in MEASURES:
        raise InvalidInput({"measure": [N_("This must be one of: budget, commitment, disbursement.")]})


def _read(session: Session, actor: Actor, filters: Filters, measure: str) -> Flows:
    rows, numbers, left_out = _sum(session, actor, filters, measure)
    names = _names(session, {int(donor) for donor, *_ in rows if donor.isdecimal()})
    cents: Counter[Key] = Counter()
    for donor, name, theme, state, amount in rows:
        cents[names.get(donor) or name, theme, state] += amount
    programmes, unknown = numbers
    return Flows(dict(cents), programmes, unknown, left_out=left_out)


def _sum(
    session: Session, actor: Actor, filters: Filters, measure: str
) -> tuple[list[list[Any]], list[int], dict[str, int]]:
    """(donor, its name in documents, theme, State, cents); programmes counted and unknown; left out by reason."""
    amount, stated = FLOW.c[f"{measure}_usd"], P[f"{measure}_usd"]
    asked = conditions(actor, filters)
    out = select(LEFT_OUT.c.programme_id).where(LEFT_OUT.c.measure == measure)
    wanted: list[ColumnElement[bool]] = [amount.is_not(None)]
    if filters.key() == NOTHING_ASKED:
        # There are rows for programmes in force only: leaving out a few beats looking up each of the others.
        seen = case((policy.visible(actor, Programme), 1), else_=0)
        hidden = select(P.id).where(P.archived_at.is_(None), P.visibility != "public", seen == 0)
        behind = select(P.id).where(P.lead_id.is_not(None))
        wanted.append(FLOW.c.programme_id.not_in(union_all(out, hidden, behind)))
    else:
        wanted += [FLOW.c.programme_id.in_(select(P.id).where(*asked)), FLOW.c.programme_id.not_in(out)]
    if themes := filters.values.get("theme"):
        wanted.append(FLOW.c.theme.in_(themes))
    if states := filters.values.get("country"):
        wanted.append(FLOW.c.state.in_([country_of_iati(state) or state for state in states]))
    columns = (FLOW.c.donor, FLOW.c.theme, FLOW.c.state)
    statement = select(FLOW.c.donor, func.min(FLOW.c.name), FLOW.c.theme, FLOW.c.state, func.sum(amount))
    rows = [
        [donor, name, theme, state, int(cents)]
        for donor, name, theme, state, cents in session.execute(statement.where(*wanted).group_by(*columns))
    ]
    left_out = _left_out(session, actor, filters, measure)
    none_stated = or_(stated.is_(None), stated <= 0)
    found = session.execute(
        select(func.count(), func.count().filter(none_stated)).where(*asked, P.id.not_in(out))
    ).one()
    return rows, list(found), left_out


def _left_out(session: Session, actor: Actor, filters: Filters, measure: str) -> dict[str, int]:
    """Reason → programmes that state the amount and are not counted."""
    stated = P[f"{measure}_usd"]
    asked = (*conditions(actor, filters), stated > 0)
    statement = select(LEFT_OUT.c.reason, func.count()).join(P.id.table, P.id == LEFT_OUT.c.programme_id)
    rows = session.execute(statement.where(LEFT_OUT.c.measure == measure, *asked).group_by(LEFT_OUT.c.reason))
    found: dict[str, int] = dict(rows.all())
    everything = Filters(filters.q, filters.values, duplicates=True)
    behind = (*conditions(actor, everything), P.lead_id.is_not(None), stated > 0)
    if number := session.execute(select(func.count()).select_from(P.id.table).where(*behind)).scalar_one():
        found[JOINED] = number
    return found


def left_out_links(
    left_out: Mapping[str, int], measure: str, values: Mapping[str, Sequence[str]], programmes: str
) -> dict[str, str]:
    """Addresses of the lists of what was left out: `left_out` of this amount, `joined`. `programmes`: of the list."""
    asked = [(name, value) for name, listed in values.items() for value in listed]
    found = {}
    if left_out.keys() - {JOINED}:
        found["left_out"] = f"{programmes}?{urlencode([*asked, ('left_out', measure)])}"
    if JOINED in left_out:
        found[JOINED] = f"{programmes}?{urlencode([*asked, ('left_out', JOINED)])}"
    return found


def _names(session: Session, ids: set[int]) -> dict[str, str]:
    """Organisation number as text → its name; of one that stands behind another, the other's."""
    organisation: Any = Organisation
    lead: Any = aliased(Organisation)
    statement = select(organisation.id, func.coalesce(lead.name, organisation.name))
    statement = statement.join(lead, lead.id == organisation.lead_id, isouter=True)
    found: dict[str, str] = {}
    for start in range(0, len(listed := sorted(ids)), 1_000):
        rows = session.execute(statement.where(organisation.id.in_(listed[start : start + 1_000])))
        found |= {str(id_): name for id_, name in rows}
    return found
