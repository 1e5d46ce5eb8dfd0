"""What an answer says about clauses of other standards: sound along every path, and never more than follows."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.compliance.crosswalk import (
    EQUAL,
    INTERSECTS,
    INVERSE,
    LONGEST,
    SUBSET,
    SUPERSET,
    Link,
    agreeing,
    compose,
    inferences,
    linked,
)

FULL, HALF, NONE = Fraction(1), Fraction(1, 2), Fraction(0)
SCALE = {"none": NONE, "partial": HALF, "full": FULL, "na": None}
A, B, C, D, E = (("s", name) for name in "abcde")


def said(target, answers, *links):
    return inferences(target, answers, linked(links))


def test_who_does_more_does_the_less_and_who_does_not_do_the_less_cannot_do_the_more():
    more = Link(A, B, SUPERSET, 9)
    (whole,) = said(B, {A: FULL}, more)
    assert agreeing([whole], SCALE) == ["full"]
    assert said(B, {A: HALF}, more) == [], "half of more may be all of the less, or none of it"
    (less,) = said(A, {B: HALF}, more)
    assert agreeing([less], SCALE) == ["none", "partial"]
    assert said(A, {B: FULL}, more) == []


def test_the_same_is_the_same_whatever_end_one_looks_from():
    for target, source in ((A, B), (B, A)):
        (found,) = said(target, {source: HALF}, Link(A, B, EQUAL, 7))
        assert agreeing([found], SCALE) == ["partial"] and found.weakest == 7


def test_of_what_has_only_something_in_common_nothing_follows():
    assert said(B, {A: FULL}, Link(A, B, INTERSECTS, 9)) == []
    assert said(C, {A: FULL}, Link(A, B, EQUAL), Link(B, C, INTERSECTS)) == []


def test_a_chain_is_shown_with_its_weakest_link_and_a_short_one_comes_first():
    links = [Link(A, B, EQUAL, 9), Link(B, C, SUPERSET, 4), Link(D, C, EQUAL, 8)]
    near, far = said(C, {A: FULL, D: FULL}, *links)
    assert (near.source, near.weakest) == (D, 8)
    assert (far.source, far.weakest) == (A, 4)
    assert [(link.source, link.target) for link in far.path] == [(A, B), (B, C)]


def test_a_turn_on_the_way_ends_what_follows():
    assert said(C, {A: FULL}, Link(A, B, SUPERSET), Link(B, C, SUBSET)) == []


def test_circles_end_and_long_chains_are_not_followed():
    nodes = [("s", str(n)) for n in range(8)]
    ring = [Link(nodes[n], nodes[(n + 1) % 8], EQUAL, 5) for n in range(8)]
    found = said(nodes[0], dict.fromkeys(nodes[1:], FULL), *ring)
    assert {each.source for each in found} == {nodes[n] for n in (1, 2, 3, 5, 6, 7)}
    assert all(len(each.path) <= LONGEST for each in found)


def test_answers_that_contradict_one_another_leave_nothing_that_agrees():
    found = said(C, {A: FULL, B: NONE}, Link(A, C, EQUAL), Link(B, C, EQUAL))
    assert agreeing(found, SCALE) == []


@pytest.mark.parametrize("first", [EQUAL, SUBSET, SUPERSET, INTERSECTS])
@pytest.mark.parametrize("second", [EQUAL, SUBSET, SUPERSET, INTERSECTS])
def test_turning_a_chain_round_turns_its_relation_round(first, second):
    forward, backward = compose(first, second), compose(INVERSE[second], INVERSE[first])
    assert backward == (INVERSE[forward] if forward else None)


duties = st.frozensets(st.integers(0, 5), min_size=1)


def relation(one, other):
    if one == other:
        return EQUAL
    return SUPERSET if one > other else SUBSET if one < other else INTERSECTS


def fulfilled(asked, done):
    """All, some or nothing of what a clause asks."""
    return FULL if asked <= done else NONE if not asked & done else HALF


@given(st.lists(duties, min_size=2, max_size=5), st.frozensets(st.integers(0, 5)))
def test_what_is_inferred_holds_in_every_world(clauses, done):
    """Clauses are sets of duties; a State does some. What is said of a clause must agree with what it does of it."""
    nodes = [("s", str(n)) for n in range(len(clauses))]
    links = [
        Link(nodes[i], nodes[j], relation(clauses[i], clauses[j]), 5)
        for i in range(len(nodes)) for j in range(i) if relation(clauses[i], clauses[j]) != INTERSECTS
    ]  # fmt: skip
    truth = {node: fulfilled(asked, done) for node, asked in zip(nodes, clauses, strict=True)}
    target = nodes[0]
    found = inferences(target, {node: truth[node] for node in nodes[1:]}, linked(links))
    assert all(each.allows(truth[target]) for each in found)
    assert truth[target] in {SCALE[code] for code in agreeing(found, SCALE)}
