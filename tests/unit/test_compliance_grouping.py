"""Clauses that ask the same stand together once, whatever the order; what asks a part stands under what asks more."""

import random

from registry.compliance.crosswalk import EQUAL, INTERSECTS, INVERSE, SUBSET, SUPERSET, Link, Node
from registry.compliance.grouping import Group, groups, same

A, B, C, D = ("a", "1"), ("b", "1"), ("c", "1"), ("d", "1")


def random_links(rng: random.Random, nodes: list[Node]) -> list[Link]:
    pairs = [rng.sample(nodes, 2) for _ in range(rng.randrange(12))]
    return [Link(source, target, rng.choice(list(INVERSE))) for source, target in pairs]


def test_what_is_equal_over_several_links_is_one_group():
    assert same([A, B, C, D], [Link(A, B, EQUAL), Link(C, B, EQUAL)]) == [(A, B, C), (D,)]


def test_something_in_common_joins_nothing():
    assert groups([A, B], [Link(A, B, INTERSECTS)]) == [Group((A,)), Group((B,))]


def test_a_part_stands_under_what_asks_more_from_whichever_end_it_is_said():
    for link in (Link(B, A, SUPERSET), Link(A, B, SUBSET)):
        assert groups([A, B], [link]) == [Group((B,), (A,))]


def test_two_parts_of_one_duty_do_not_become_the_same():
    assert groups([A, B, C], [Link(A, B, SUPERSET), Link(A, C, SUPERSET)]) == [Group((A,), (B, C))]


def test_links_to_what_is_no_gap_join_nothing():
    assert groups([A, C], [Link(A, B, EQUAL), Link(B, C, EQUAL)]) == [Group((A,)), Group((C,))]


def test_order_and_direction_do_not_matter_and_each_clause_stands_in_one_group():
    rng = random.Random(7)
    nodes = [(standard, str(number)) for standard in "abcd" for number in range(3)]
    for _ in range(300):
        links = random_links(rng, nodes)
        found = groups(nodes, links)
        turned = [link.turned() if rng.random() < 0.5 else link for link in rng.sample(links, len(links))]
        assert groups(rng.sample(nodes, len(nodes)), turned) == found
        assert sorted(node for group in found for node in group.nodes) == sorted(nodes)
