"""What changed between two editions of a standard, and whether the change is told to those who answered the old one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from registry.compliance.editions import Edition, version_key

SCORED = ("level", "answer", "critical", "applies_if")
"""Fields of a clause that change what an answer is worth."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Clause ids by what happened to them, and the reasons for which the new edition cannot follow the old one."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    refusals: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, list[str]]:
        """For `--json`."""
        return {name: list(getattr(self, name)) for name in ("added", "removed", "changed", "refusals")}


def compare(old: Edition, new: Edition) -> Difference:
    """Compare two editions of one standard.

    Refused is: a removed id that no migration from the old version accounts for (its answers would be lost), and a
    version number that hides the change: major = ids removed, minor = ids added or scoring changed, patch = wording.
    """
    before, after = old.requirements, new.requirements
    added = tuple(clause for clause in after if clause not in before)
    removed = tuple(clause for clause in before if clause not in after)
    changed = tuple(c for c in after if c in before and _content(after[c].node) != _content(before[c].node))
    refusals = []
    if old.slug != new.slug:
        refusals.append(f"These are different standards: {old.slug} and {new.slug}.")
    accounted = {
        clause
        for step in new.document.get("migrations", [])
        if step["from"] == old.version
        for change in step["changes"]
        for clause in change["old"]
    }
    for clause in removed:
        if clause not in accounted:
            refusals.append(f"{clause} is gone and no migration from {old.version} says what becomes of its answers.")
    if version_key(new.version) <= version_key(old.version):
        if old.sha256 != new.sha256:
            refusals.append(f"The version must be above {old.version}.")
    elif _step(old, new) < (needed := _needed(old, new, added, removed)):
        refusals.append(f"This change needs a new {('patch', 'minor', 'major')[needed]} version after {old.version}.")
    return Difference(added, removed, changed, tuple(refusals))


def _content(node: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in node.items() if name != "id"}


def _step(old: Edition, new: Edition) -> int:
    """2 for a new major, 1 for a new minor, 0 for a new patch version."""
    before, after = version_key(old.version), version_key(new.version)
    return 2 if after[0] > before[0] else 1 if after[1] > before[1] else 0


def _needed(old: Edition, new: Edition, added: tuple[str, ...], removed: tuple[str, ...]) -> int:
    if removed:
        return 2
    counting = any(old.document.get(name) != new.document.get(name) for name in ("weights", "bands"))
    counting = counting or _values(old) != _values(new)
    clauses = any(
        [old.requirements[c].node.get(f) for f in SCORED] != [clause.node.get(f) for f in SCORED]
        for c, clause in new.requirements.items()
        if c in old.requirements
    )
    return 1 if added or counting or clauses else 0


def _values(edition: Edition) -> dict[str, Any]:
    return {code: step["value"] for code, step in edition.document["scale"].items()}
