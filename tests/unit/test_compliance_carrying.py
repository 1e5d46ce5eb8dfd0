"""What becomes of answers under a later edition: each is carried, suggested or archived, and none is lost."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from registry.compliance.carrying import ARCHIVE, CARRY, SUGGEST, Fate, carried_ids, fates
from registry.compliance.editions import Edition
from tests.support.standards import CLAUSES, SECOND, edition_of_text

IDS = [f"c{number}" for number in range(6)]
KINDS = ["renamed", "reworded", "tightened", "loosened", "split", "merged", "removed", "added"]


def small_edition(version: str, clauses: list[str], steps: list[dict] = ()) -> Edition:  # type: ignore[assignment,type-arg]
    nodes = [{"id": name, "level": "shall", "answer": "scale", "ref": "1", "question": "?"} for name in clauses]
    document = {"id": "s", "version": version, "requirements": nodes, "migrations": list(steps)}
    return Edition("s", version, version, document)


def step(version: str, *changes: tuple[str, list[str], list[str]]) -> dict:  # type: ignore[type-arg]
    return {"from": version, "changes": [{"kind": k, "old": old, "new": new} for k, old, new in changes]}


def test_each_kind_of_change_has_its_fate() -> None:
    old = small_edition("1.0.0", ["same", "name", "strict", "whole", "left", "right", "gone"])
    new = small_edition(
        "2.0.0",
        ["same", "renamed", "strict", "part-a", "part-b", "both"],
        [
            step(
                "1.0.0",
                ("renamed", ["name"], ["renamed"]),
                ("tightened", ["strict"], ["strict"]),
                ("split", ["whole"], ["part-a", "part-b"]),
                ("merged", ["left", "right"], ["both"]),
                ("removed", ["gone"], []),
            )
        ],
    )
    assert fates(old, new) == {
        "same": Fate(CARRY, ("same",)),
        "name": Fate(CARRY, ("renamed",)),
        "strict": Fate(SUGGEST, ("strict",)),
        "whole": Fate(SUGGEST, ("part-a", "part-b")),
        "left": Fate(SUGGEST, ("both",)),
        "right": Fate(SUGGEST, ("both",)),
        "gone": Fate(ARCHIVE, ()),
    }


def test_editions_in_between_are_passed_through() -> None:
    first, third = (
        small_edition("1.0.0", ["a", "b"]),
        small_edition(
            "3.0.0", ["c", "b"], [step("2.0.0", ("tightened", ["b"], ["b"])), step("1.0.0", ("renamed", ["a"], ["c"]))]
        ),
    )
    assert fates(first, third) == {"a": Fate(CARRY, ("c",)), "b": Fate(SUGGEST, ("b",))}


def test_two_clauses_that_exchange_their_ids_do_not_lose_their_answers() -> None:
    old = small_edition("1.0.0", ["a", "b"])
    new = small_edition("2.0.0", ["a", "b"], [step("1.0.0", ("renamed", ["a"], ["b"]), ("renamed", ["b"], ["a"]))])
    assert carried_ids(old, new) == {"a": "b", "b": "a"}


changes = st.tuples(
    st.sampled_from(KINDS), st.lists(st.sampled_from(IDS), max_size=3), st.lists(st.sampled_from(IDS), max_size=3)
)


@given(
    old=st.lists(st.sampled_from(IDS), min_size=1, unique=True),
    new=st.lists(st.sampled_from(IDS), min_size=1, unique=True),
    first=st.lists(changes, max_size=4),
    second=st.lists(changes, max_size=4),
)
def test_old_answers_are_parted_and_none_is_lost_whatever_changed(old, new, first, second) -> None:  # type: ignore[no-untyped-def]
    before = small_edition("1.0.0", old)
    after = small_edition("3.0.0", new, [step("1.0.0", *first), step("2.0.0", *second)])
    found = fates(before, after)
    assert list(found) == old
    for fate in found.values():
        assert set(fate.targets) <= set(new)
        assert {CARRY: len(fate.targets) == 1, SUGGEST: bool(fate.targets), ARCHIVE: not fate.targets}[fate.kind]
    carried = carried_ids(before, after)
    assert len(set(carried.values())) == len(carried), "one clause was given two answers"


def test_the_same_edition_carries_everything(tmp_path: Path) -> None:
    again = edition_of_text(tmp_path, SECOND)
    assert set(carried_ids(again, again)) == set(CLAUSES) - {"mark-import", "rec-law"} | {"mark-imported"}
