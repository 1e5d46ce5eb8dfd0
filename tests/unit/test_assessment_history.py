"""The history of an assessment: what changed in all, and answers of one sitting as one step. Pure."""

from datetime import UTC, datetime, timedelta
from typing import Any

from registry.catalogue.history import Version
from registry.compliance.assessment_history import by_sitting, changes_since, net_changes

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def step(version: int, actor: str = "user:1", minutes: int = 0, **changes: list[Any]) -> Version:
    named = {name.replace("__", "."): both for name, both in changes.items()}
    return Version(version, NOON + timedelta(minutes=minutes), actor, named)


STEPS = [
    step(5, "user:2", 9, answers__b=["full", "none"]),
    step(4, minutes=3, answers__a=["partial", "full"]),
    step(3, minutes=2, answers__b=[None, "full"]),
    step(2, minutes=1, answers__a=[None, "partial"]),
    step(1, status=[None, "draft"]),
]


def test_what_was_changed_and_changed_back_is_no_change() -> None:
    there_and_back = [step(3, facts__x=[True, None]), step(2, facts__x=[None, True])]
    assert net_changes(there_and_back) == {} and by_sitting(there_and_back) == []


def test_changes_since_a_version_go_from_then_to_now() -> None:
    assert changes_since(STEPS, 2) == {"answers.a": ["partial", "full"], "answers.b": [None, "none"]}
    assert changes_since(STEPS, 5) == {}


def test_answers_of_one_sitting_are_one_step_and_nobody_elses() -> None:
    folded = by_sitting(STEPS)
    assert [(each.version, each.actor) for each in folded] == [(5, "user:2"), (4, "user:1"), (1, "user:1")]
    assert folded[1].changes == {"answers.a": [None, "full"], "answers.b": [None, "full"]}
    apart = [step(3, minutes=45, answers__a=["none", "full"]), step(2, answers__a=[None, "none"])]
    assert len(by_sitting(apart)) == 2, "after a long pause it is another sitting"
