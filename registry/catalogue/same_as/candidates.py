"""Finding pairs that may be the same, for the records that changed: what they are found by, what speaks for it.

The result does not depend on the order or the pieces in which records come: a pair is stored while both records are in
force, share a key that few others share, and score above the model's threshold, or while an identifier rule joins them.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import func, select
from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.catalogue.same_as.blocking import BLOCK, IS, MOST_IN_BLOCK, MOST_UNDER_IDENTIFIER, SAYS, keys
from registry.catalogue.same_as.clusters import chunks, settle
from registry.catalogue.same_as.estimating import model_in_force
from registry.catalogue.same_as.model import Model, Score
from registry.catalogue.same_as.models import CLAIMED
from registry.catalogue.same_as.pairs import Proposal, drop_pairs, unjudged_pairs, write_proposals
from registry.catalogue.same_as.profiles import Profile
from registry.catalogue.same_as.reading import (
    KEY,
    READING,
    Current,
    note_versions,
    read_records,
    store,
    stored_keys,
    stored_profiles,
)
from registry.catalogue.same_as.rules import Pair, ordered
from registry.db import utcnow

BATCH = 200
"""Records at a time: what is read and held for one batch stays small."""


@dataclass(slots=True)
class Found:
    """What a search did: records looked at, pairs new and gone, records whose cluster changed."""

    records: int = 0
    found: int = 0
    gone: int = 0
    regrouped: int = 0

    def add(self, other: "Found") -> None:
        """Count another search in."""
        self.records += other.records
        self.found += other.found
        self.gone += other.gone
        self.regrouped += other.regrouped


def find_candidates(
    session: Session,
    kind: str,
    ids: Collection[int],
    actor: Actor,
    now: datetime | None = None,
    *,
    anew: bool = False,
) -> Found:
    """Bring the pairs of these records up to date, and the clusters that identifier rules make of them.

    `kind`: `programme` or `organisation`; ids of archived records take their pairs away. Records whose profile is as it
    was cost little more than reading them, unless `anew`. Safe to repeat.
    """
    total = Found()
    model = model_in_force(session, kind)
    for part in chunks(ids, BATCH):
        total.add(_find(session, kind, part, model, actor, now or utcnow(), anew))
    return total


def _find(
    session: Session, kind: str, ids: list[int], model: tuple[Model, str], actor: Actor, now: datetime, anew: bool
) -> Found:
    records = read_records(session, kind, ids)
    before = stored_profiles(session, kind, ids)
    changed, seen = {}, {}
    for id_, record in records.items():
        known = before.get(id_)
        if anew or known is None or (known.reading, known.text) != (READING, record.text):
            changed[id_] = record
        elif known.version != record.version:
            seen[id_] = record.version
    note_versions(session, kind, seen)
    gone = [id_ for id_ in ids if id_ not in records and id_ in before]
    total = Found(records=len(ids))
    if not changed and not gone:
        return total
    blurred, cleared = _store(session, kind, changed, gone)
    touched = {*changed, *gone, *cleared}
    neighbours = _Neighbours.read(session, kind, touched)
    proposals = neighbours.propose(kind, model[0])
    written = write_proposals(session, kind, touched, proposals, model[1], actor, now)
    total.found, total.gone = written.found, written.gone + _drop_blurred(session, kind, blurred)
    if written.regroup:
        total.regrouped = len(settle(session, kind, written.regroup, actor, now))
    return total


def _store(
    session: Session, kind: str, changed: Mapping[int, Current], gone: list[int]
) -> tuple[list[int], set[int]]:  # fmt: skip
    """Store profiles and keys. Returns (keys that too many share by now, records whose pairs are to be found anew).

    The latter share a key that few enough share by now, or an identifier that too many carry: rare.
    """
    old = stored_keys(session, kind, [*changed, *gone])
    values = {value for found in old.values() for _, value in found}
    values |= {value for record in changed.values() for _, value in keys(kind, record.profile)}
    before = _sizes(session, values)
    store(session, kind, changed, gone)
    after = _sizes(session, values)
    blurred, cleared = [], []
    for role, value in before.keys() & after.keys():
        told, tells = (_says_something(role, sizes[role, value]) for sizes in (before, after))
        if told and not tells and role == BLOCK:
            blurred.append(value)
        elif told != tells:
            cleared.append(value)
    affected: set[int] = set()
    for part in chunks(cleared):
        affected.update(session.execute(select(KEY.c.record_id).where(KEY.c.value.in_(part))).scalars())
    return blurred, affected


def _drop_blurred(session: Session, kind: str, blurred: list[int]) -> int:
    """Drop pairs that nobody judged and that shared no other telling key than these. Returns how many."""
    members: set[int] = set()
    for part in chunks(blurred):
        members.update(session.execute(select(KEY.c.record_id).where(KEY.c.value.in_(part))).scalars())
    if not members:
        return 0
    pairs = unjudged_pairs(session, kind, members)
    own = stored_keys(session, kind, {record for pair in pairs for record in pair})
    shared = {pair: {value for role, value in own[pair[0]] & own[pair[1]] if role == BLOCK} for pair in pairs}
    sizes = _sizes(session, {value for values in shared.values() for value in values})
    lost = [
        pairs[pair] for pair, values in shared.items()
        if not any(_says_something(BLOCK, sizes[BLOCK, value]) for value in values)
    ]  # fmt: skip
    drop_pairs(session, lost)
    return len(lost)


def _says_something(role: int, records: int) -> bool:
    return records <= (MOST_IN_BLOCK if role == BLOCK else MOST_UNDER_IDENTIFIER)


def _sizes(session: Session, values: Iterable[int]) -> dict[tuple[int, int], int]:
    """(role, key) → how many records carry it."""
    found: dict[tuple[int, int], int] = {}
    for part in chunks(values):
        statement = select(KEY.c.role, KEY.c.value, func.count()).where(KEY.c.value.in_(part))
        for role, value, count in session.execute(statement.group_by(KEY.c.role, KEY.c.value)):
            found[role, value] = count
    return found


@dataclass
class _Neighbours:
    """The records to compare, and which share what."""

    profiles: dict[int, Profile]
    pairs: set[Pair] = field(default_factory=set)
    rules: dict[Pair, str] = field(default_factory=dict)

    @classmethod
    def read(cls, session: Session, kind: str, touched: Collection[int]) -> "_Neighbours":
        """Everything that shares a telling key with one of the touched records."""
        own = stored_keys(session, kind, touched)
        values = {value for found in own.values() for _, value in found}
        telling = {key for key, count in _sizes(session, values).items() if _says_something(key[0], count)}
        holders: dict[tuple[int, int], list[int]] = {}
        for part in chunks({value for _, value in telling}):
            statement = select(KEY.c.role, KEY.c.value, KEY.c.record_id).where(KEY.c.value.in_(part))
            for role, value, record in session.execute(statement):
                if (role, value) in telling:
                    holders.setdefault((role, value), []).append(record)
        found = cls({})
        for record, carried in own.items():
            for role, value in carried & telling:
                found._note(record, role, value, holders)
        wanted = {record for pair in (*found.pairs, *found.rules) for record in pair}
        stored = stored_profiles(session, kind, wanted)
        found.profiles = {record: orjson.loads(profile.text) for record, profile in stored.items()}
        return found

    def _note(self, record: int, role: int, value: int, holders: Mapping[tuple[int, int], list[int]]) -> None:
        for other_role in (BLOCK,) if role == BLOCK else (IS, SAYS):
            if role == SAYS == other_role:
                continue  # two that speak of a third need not be of one thing
            for other in holders.get((other_role, value), ()):
                if other == record:
                    continue
                pair = ordered(record, other)
                if role == BLOCK:
                    self.pairs.add(pair)
                elif role == other_role:
                    self.rules[pair] = "identifier"
                else:
                    self.rules.setdefault(pair, "other_identifier")

    def propose(self, kind: str, model: Model) -> dict[Pair, Proposal]:
        """The pairs worth keeping, with what speaks for them."""
        proposals = {}
        for pair in sorted(self.pairs | self.rules.keys()):
            first, second = (self.profiles.get(record) for record in pair)
            if first is None or second is None:
                continue
            rule = self.rules.get(pair)
            if rule is not None and kind == "programme" and not _one_owner(first, second):
                rule = CLAIMED
            if rule is None and (_kin(first, second) or _numbered_apart(first, second)):
                continue
            score = model.score(first, second)
            if rule is not None or model.band(score.bits) is not None:
                proposals[pair] = Proposal(score, rule)
        return proposals


def _one_owner(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    """Whether one organisation reports both: whoever claims another's identifier is not taken at their word."""
    return first.get("owner") is not None and first.get("owner") == second.get("owner")


def _kin(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    """Whether one source says that the other is its parent, child, sibling or co-funded: then it is not the same."""
    return second.get("own") in first.get("kin", ()) or first.get("own") in second.get("kin", ())


def _numbered_apart(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    """Whether one source brings both and numbers them apart: phases of a programme are alike in all else."""
    own = first.get("source") is not None and first.get("source") == second.get("source")
    return (
        own
        and set(first.get("numbers", ())).isdisjoint(second.get("numbers", ()))
        and all(side.get("numbers") for side in (first, second))
    )


def score_pair(session: Session, kind: str, first: int, second: int) -> tuple[Score, str]:
    """(score of any two records in force as they now stand, label of the model), whether or not they are candidates."""
    model, label = model_in_force(session, kind)
    records = read_records(session, kind, (first, second))
    profiles = [records[id_].profile if id_ in records else {} for id_ in (first, second)]
    return model.score(*profiles), label
