"""The stored pairs: what a search proposes is written beside what people decided, and never over it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, delete, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.catalogue.history import revision_row
from registry.catalogue.models import Revision
from registry.catalogue.same_as.clusters import PAIR, chunks
from registry.catalogue.same_as.model import Score
from registry.catalogue.same_as.models import RULES
from registry.catalogue.same_as.rules import Pair
from registry.json_text import dumps

REVISION: Table = Revision.__table__  # type: ignore[attr-defined]
HISTORY = "same_as"
"""Kind of the revisions of pairs"""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A pair that a search found. `rule`: the identifier rule that holds."""

    score: Score
    rule: str | None

    @property
    def joins(self) -> bool:
        """Whether the rule joins the two without a person."""
        return self.rule in RULES


@dataclass(slots=True)
class Written:
    """What became of the proposals; `regroup` are records whose joining judgements changed."""

    found: int = 0
    gone: int = 0
    regroup: set[int] = field(default_factory=set)


def write_proposals(
    session: Session, kind: str, records: Collection[int], proposals: Mapping[Pair, Proposal], model: str,
    actor: Actor, now: datetime,
) -> Written:  # fmt: skip
    """Make the stored pairs of these records what was proposed; pairs that somebody judged stay, with the new score."""
    written = Written()
    stored = _stored(session, kind, records)
    inserts, updates, revisions = [], [], []
    for pair, proposal in proposals.items():
        row = stored.get(pair)
        if row is None:
            inserts.append(_new(kind, pair, proposal, model, now))
            written.found += 1
            if proposal.joins:
                written.regroup.update(pair)
            continue
        values = _values(row, proposal, model, now)
        if any(getattr(row, name) != value for name, value in values.items()):
            updates.append({"the_id": row.id} | values)
        if values["verdict"] != row.verdict:
            written.regroup.update(pair)
            change = {"verdict": [row.verdict, values["verdict"]], "rule": [row.rule, values["rule"]]}
            revisions.append(revision_row(actor, HISTORY, row.id, values["version"], change, now))
    dropped: list[int] = []
    for pair, row in stored.items():
        if pair in proposals:
            continue
        if row.decided_by != "person":
            dropped.append(row.id)
            if row.verdict == "same":
                written.regroup.update(pair)
        elif row.rule is not None:
            updates.append({"the_id": row.id, **{name: getattr(row, name) for name in _KEPT}, "rule": None})
    written.gone = len(dropped)
    _apply(session, inserts, updates, dropped, revisions)
    return written


_KEPT = ("version", "bits", "parts", "model", "verdict", "decided_by", "decided_at")
_UPDATE = update(PAIR).where(PAIR.c.id == bindparam("the_id"))


def _stored(session: Session, kind: str, records: Collection[int]) -> dict[Pair, Any]:
    columns = [PAIR.c[name] for name in ("id", "first_id", "second_id", "rule", *_KEPT)]
    found: dict[Pair, Any] = {}
    for part in chunks(records):
        of_these = or_(PAIR.c.first_id.in_(part), PAIR.c.second_id.in_(part))
        for row in session.execute(select(*columns).where(PAIR.c.kind == kind, of_these)):
            found[row.first_id, row.second_id] = row
    return found


def unjudged_pairs(session: Session, kind: str, records: Collection[int]) -> dict[Pair, int]:
    """Pair → its id, of pairs within these records that neither a person nor an identifier speaks for."""
    found: dict[Pair, int] = {}
    for part in chunks(records):
        statement = select(PAIR.c.id, PAIR.c.first_id, PAIR.c.second_id).where(
            PAIR.c.kind == kind, PAIR.c.first_id.in_(part), PAIR.c.decided_by.is_(None), PAIR.c.rule.is_(None)
        )
        found |= {(a, b): id_ for id_, a, b in session.execute(statement) if b in records}
    return found


def drop_pairs(session: Session, ids: Collection[int]) -> None:
    """Forget pairs."""
    for part in chunks(ids):
        session.execute(delete(PAIR).where(PAIR.c.id.in_(part)))


def parts_text(score: Score) -> str:
    """The parts as they are stored: [[field, level, bits]]."""
    return dumps([[part.field, part.level, part.bits] for part in score.parts])


def _new(kind: str, pair: Pair, proposal: Proposal, model: str, now: datetime) -> dict[str, Any]:
    by_rule = proposal.joins
    return {
        "version": 1, "kind": kind, "first_id": pair[0], "second_id": pair[1], "bits": proposal.score.bits,
        "parts": parts_text(proposal.score), "model": model, "rule": proposal.rule,
        "verdict": "same" if by_rule else None, "decided_by": "rule" if by_rule else None, "reason": "",
        "decided_at": now if by_rule else None, "found_at": now, "contradicted": False,
    }  # fmt: skip


def _values(row: Any, proposal: Proposal, model: str, now: datetime) -> dict[str, Any]:
    values = {
        "bits": proposal.score.bits, "parts": parts_text(proposal.score), "model": model, "rule": proposal.rule,
        "version": row.version, "verdict": row.verdict, "decided_by": row.decided_by, "decided_at": row.decided_at,
    }  # fmt: skip
    if row.decided_by == "person":
        return values
    if proposal.joins and row.verdict is None:
        values |= {"verdict": "same", "decided_by": "rule", "decided_at": now, "version": row.version + 1}
    elif not proposal.joins and row.verdict is not None:
        values |= {"verdict": None, "decided_by": None, "decided_at": None, "version": row.version + 1}
    return values


def _apply(
    session: Session, inserts: list[dict[str, Any]], updates: list[dict[str, Any]], dropped: list[int],
    revisions: list[dict[str, Any]],
) -> None:  # fmt: skip
    if inserts:
        # A person may be judging the very pair meanwhile: then it is stored, and theirs stays.
        dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
        session.execute(
            dialect.insert(PAIR).on_conflict_do_nothing(index_elements=["kind", "first_id", "second_id"]), inserts
        )
    if updates:
        session.execute(_UPDATE, updates)
    drop_pairs(session, dropped)
    if revisions:
        session.execute(insert(REVISION), revisions)
