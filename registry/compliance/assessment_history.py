"""What became of an assessment, step by step, and what changed in all since one of them."""

from collections.abc import Sequence
from datetime import timedelta

from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue.history import Changes, Version, versions
from registry.compliance.models import Assessment

MOST = 5000
"""Versions looked back: the questionnaire saves answer by answer."""
SITTING = timedelta(minutes=30)
SHOWN_TO_ALL = ("status", "standard", "carried_from")


def steps_of(session: Session, actor: Actor, assessment: Assessment) -> list[Version]:
    """The history, newest first. Others than the State's own people see its way to publication, no drafting."""
    found = versions(session, "assessment", assessment.id or 0, MOST)
    if policy.can(actor, "assessment.answer", assessment):
        return found
    public = [
        Version(step.version, step.at, step.actor, {n: c for n, c in step.changes.items() if n in SHOWN_TO_ALL})
        for step in found
    ]
    return [step for step in public if step.changes]


def net_changes(steps: Sequence[Version]) -> Changes:
    """All that these steps (newest first) changed together: what it was before the first, what it is after the last.

    What was changed and changed back is left out.
    """
    found: Changes = {}
    for step in reversed(steps):
        for name, (before, after) in step.changes.items():
            found[name] = [found[name][0] if name in found else before, after]
    return {name: both for name, both in found.items() if both[0] != both[1]}


def changes_since(steps: Sequence[Version], version: int) -> Changes:
    """What changed in all after this version; `steps` are newest first."""
    return net_changes([step for step in steps if step.version > version])


def by_sitting(steps: Sequence[Version]) -> list[Version]:
    """Steps (newest first) with the answers that one person gave in a row as one step, less than SITTING apart."""
    sittings: list[list[Version]] = []
    for step in steps:
        later = sittings[-1][-1] if sittings else None
        joins = later is not None and later.actor == step.actor and later.at - step.at < SITTING
        if later and joins and _only_answers(later) and _only_answers(step):
            sittings[-1].append(step)
        else:
            sittings.append([step])
    folded = [Version(each[0].version, each[0].at, each[0].actor, net_changes(each)) for each in sittings]
    return [step for step in folded if step.changes]


def _only_answers(step: Version) -> bool:
    return all(name.startswith(("answers.", "facts.", "files.")) for name in step.changes)
