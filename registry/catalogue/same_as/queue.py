"""Lists of pairs: what waits for a person, the likeliest first, and what was decided; one pair with all its reasons."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import ColumnElement, func, or_, select
from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue.history import Version, versions
from registry.catalogue.paging import Sort, keyset
from registry.catalogue.same_as.clusters import PAIR, RECORDS, chunks, members_of
from registry.catalogue.same_as.judging import get_pair
from registry.catalogue.same_as.model import current
from registry.catalogue.same_as.models import SameAsPair
from registry.catalogue.same_as.pairs import HISTORY
from registry.catalogue.same_as.profiles import Profile
from registry.catalogue.same_as.reading import read_records
from registry.errors import N_, InvalidInput

LIKELIEST = Sort((PAIR.c.bits, PAIR.c.id), descending=True, name="bits")
OPEN, CONTRADICTED = "open", "contradicted"
FIELDS = ("id", "version", "kind", "first_id", "second_id", "bits", "model", "rule", "verdict", "decided_by", "reason",
          "decided_at", "found_at", "contradicted")  # fmt: skip
_OF = {
    "programme": ("id", "title", "title_language", "iati_identifier", "source", "reporting_name", "start_date",
                  "end_date", "budget_usd", "countries", "cluster_id", "archived_at"),
    "organisation": ("id", "name", "source", "kind", "state", "cluster_id", "archived_at"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PairPage:
    """Pairs with the rows of both records, and the cursor of the next page."""

    items: list[dict[str, Any]]
    next: str | None


def list_pairs(
    session: Session,
    actor: Actor,
    kind: str,
    *,
    verdict: str = OPEN,
    band: str | None = None,
    record_id: int | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> PairPage:
    """Pairs of a kind, the likeliest first.

    `verdict`: one of VERDICTS, `open` (nobody decided, no rule joins them) or `contradicted`; `band`: `strong` or
    `possible`; `record_id`: pairs of this record, whatever was decided. Raises InvalidInput for another word.
    """
    wanted = [PAIR.c.kind == kind, policy.visible(actor, SameAsPair)]
    if record_id is not None:
        wanted.append(or_(PAIR.c.first_id == record_id, PAIR.c.second_id == record_id))
    else:
        wanted.append(_with(verdict))
    if band is not None:
        wanted.append(_in_band(kind, band))
    columns = [PAIR.c[name] for name in (*FIELDS, "parts")]
    page = keyset(session, select(*columns).where(*wanted), LIKELIEST, cursor, limit)
    records = _records(session, kind, {id_ for row in page.rows for id_ in (row.first_id, row.second_id)})
    return PairPage([_item(row, records) for row in page.rows], page.next)


def _with(verdict: str) -> ColumnElement[bool]:
    if verdict == OPEN:
        return PAIR.c.verdict.is_(None)
    if verdict == CONTRADICTED:
        return PAIR.c.contradicted
    if verdict in ("same", "different", "unsure"):
        return PAIR.c.verdict == verdict
    raise InvalidInput({"verdict": [N_("There is no such filter.")]})


def _in_band(kind: str, band: str) -> ColumnElement[bool]:
    model = current()[kind]
    if band == "strong":
        return PAIR.c.bits >= model.strong
    if band == "possible":
        return PAIR.c.bits < model.strong
    raise InvalidInput({"band": [N_("There is no such filter.")]})


def pair_counts(session: Session, actor: Actor, kind: str) -> dict[str, int]:
    """`strong` and `possible` pairs that wait for a person, `same`, `different`, `unsure`, `contradicted`."""
    seen = (PAIR.c.kind == kind, policy.visible(actor, SameAsPair))
    found = dict.fromkeys(("strong", "possible", "same", "different", "unsure", CONTRADICTED), 0)
    by_verdict = select(PAIR.c.verdict, func.count()).where(*seen, PAIR.c.verdict.is_not(None))
    for verdict, count in session.execute(by_verdict.group_by(PAIR.c.verdict)):
        found[verdict] = count
    for name, condition in (
        ("strong", PAIR.c.verdict.is_(None) & _in_band(kind, "strong")),
        ("possible", PAIR.c.verdict.is_(None) & _in_band(kind, "possible")),
        (CONTRADICTED, PAIR.c.contradicted),
    ):
        found[name] = session.execute(select(func.count()).select_from(PAIR).where(*seen, condition)).scalar_one()
    return found


def _records(session: Session, kind: str, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for part in chunks(ids):
        columns = [RECORDS[kind].c[name] for name in _OF[kind]]
        for row in session.execute(select(*columns).where(RECORDS[kind].c.id.in_(part))):
            values = row._asdict()
            values["title"] = values.pop("name", None) or values.get("title")
            found[row.id] = values
    return found


def _item(row: Any, records: dict[int, dict[str, Any]]) -> dict[str, Any]:
    item = {name: getattr(row, name) for name in FIELDS}
    parts = [{"field": field, "level": level, "bits": bits} for field, level, bits in orjson.loads(row.parts)]
    return item | {"parts": parts, "first": records.get(row.first_id), "second": records.get(row.second_id)}


@dataclass(frozen=True, slots=True)
class PairView:
    """A pair as its page shows it."""

    item: dict[str, Any]
    """As in the list"""
    profiles: tuple[Profile, Profile]
    """What was compared, as it now stands; empty for what is archived"""
    clusters: tuple[list[int], list[int]]
    """The records that are the same as each, itself included"""
    history: Sequence[Version]


def read_pair(session: Session, actor: Actor, pair_id: int) -> PairView:
    """Raises NotFound where there is none the actor may see."""
    pair = get_pair(session, actor, pair_id)
    ids = (pair.first_id, pair.second_id)
    found = read_records(session, pair.kind, ids)
    first, second = (found[id_].profile if id_ in found else {} for id_ in ids)
    return PairView(
        _item(pair, _records(session, pair.kind, ids)),
        (first, second),
        (members_of(session, pair.kind, ids[0]), members_of(session, pair.kind, ids[1])),
        versions(session, HISTORY, pair_id),
    )


def next_open(session: Session, actor: Actor, kind: str, band: str | None = None) -> int | None:
    """The likeliest pair that waits for a person."""
    page = list_pairs(session, actor, kind, band=band, limit=1)
    return page.items[0]["id"] if page.items else None
