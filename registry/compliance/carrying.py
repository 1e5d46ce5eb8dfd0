"""What becomes of the answers of an earlier assessment under a later edition: carried, suggested or archived. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from registry.compliance.editions import Edition, version_key

STANDS = frozenset({"renamed", "reworded"})
"""Kinds of change after which an answer still holds; after all others the clause is asked again."""
CARRY, SUGGEST, ARCHIVE = "carry", "suggest", "archive"
_ORDER = (CARRY, SUGGEST, ARCHIVE)


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of the answer to one old clause. `targets`: clauses of the new edition that ask about it."""

    kind: str
    """carry: it answers its one target; suggest: shown beside its targets; archive: kept, asked nowhere"""
    targets: tuple[str, ...]


def fates(old: Edition, new: Edition) -> dict[str, Fate]:
    """Every clause of the old edition → what becomes of its answer; none is left out.

    The same id asks the same (ids are permanent), unless a migration of the new edition says otherwise: by the kind of
    change, or by its own word in `carry`. Editions between the two are passed through one after the other.
    """
    found = {clause: Fate(CARRY, (clause,)) for clause in old.requirements}
    if old.sha256 != new.sha256:
        for changes in _steps(old, new):
            found = {clause: _changed(fate, changes) for clause, fate in found.items()}
    settled = {clause: _settled(fate, new) for clause, fate in found.items()}
    taken: dict[str, int] = {}
    for fate in settled.values():
        if fate.kind == CARRY:
            taken[fate.targets[0]] = taken.get(fate.targets[0], 0) + 1
    # Two answers cannot both become the one answer of a clause: a person chooses.
    return {
        clause: Fate(SUGGEST, fate.targets) if fate.kind == CARRY and taken[fate.targets[0]] > 1 else fate
        for clause, fate in settled.items()
    }


def carried_ids(old: Edition, new: Edition) -> dict[str, str]:
    """Clause id in the old edition → in the new one, for clauses whose answer still stands."""
    return {clause: fate.targets[0] for clause, fate in fates(old, new).items() if fate.kind == CARRY}


def _steps(old: Edition, new: Edition) -> Iterator[list[Mapping[str, Any]]]:
    """The changes of each migration since the old edition, oldest first."""
    steps = [s for s in new.document.get("migrations", []) if version_key(s["from"]) >= version_key(old.version)]
    for step in sorted(steps, key=lambda step: version_key(step["from"])):
        yield step["changes"]


def _changed(fate: Fate, changes: list[Mapping[str, Any]]) -> Fate:
    kind, targets = fate.kind, list(fate.targets)
    for change in changes:
        touched = set(change["old"]) & set(fate.targets)
        if not touched:
            continue
        usual = CARRY if change["kind"] in STANDS else ARCHIVE if change["kind"] == "removed" else SUGGEST
        kind = max(kind, change.get("carry", usual), key=_ORDER.index)
        targets = [target for target in targets if target not in touched]
        targets += [target for target in change["new"] if target not in targets]
    return Fate(kind, tuple(targets))


def _settled(fate: Fate, new: Edition) -> Fate:
    targets = tuple(target for target in fate.targets if target in new.requirements)
    if not targets or fate.kind == ARCHIVE:
        return Fate(ARCHIVE, ())
    return Fate(SUGGEST if len(targets) > 1 else fate.kind, targets)
