"""Clauses that ask the same, or more: which of several gaps are one thing. Pure; order and direction do not matter."""

from collections.abc import Iterable
from dataclasses import dataclass

from registry.compliance.crosswalk import EQUAL, SUPERSET, Link, Node


@dataclass(frozen=True, slots=True)
class Group:
    """Clauses that are worked on as one: `same` ask the same, `less` is asked by them too, and more besides."""

    same: tuple[Node, ...]
    less: tuple[Node, ...] = ()

    @property
    def nodes(self) -> tuple[Node, ...]:
        return self.same + self.less


def same(nodes: Iterable[Node], links: Iterable[Link]) -> list[tuple[Node, ...]]:
    """The nodes in clusters joined by links that say `equal`, over any number of such links; each node in one."""
    cluster: dict[Node, set[Node]] = {node: {node} for node in nodes}
    for link in links:
        if link.relation == EQUAL and link.source in cluster and link.target in cluster:
            one, other = cluster[link.source], cluster[link.target]
            if one is not other:
                one |= other
                for node in other:
                    cluster[node] = one
    return sorted({tuple(sorted(members)) for members in cluster.values()})


def groups(nodes: Iterable[Node], links: Iterable[Link]) -> list[Group]:
    """The nodes in groups, each node in one: who closes what is asked most closes what is asked less.

    A cluster under several that ask more goes to the first of them by name. What is under it in turn stays a group of
    its own, so that nothing is said over more than one such link.
    """
    listed = list(links)
    clusters = same(nodes, listed)
    of = {node: cluster for cluster in clusters for node in cluster}
    above: dict[tuple[Node, ...], set[tuple[Node, ...]]] = {}
    for link in (way for each in listed for way in (each, each.turned())):
        if link.relation == SUPERSET and link.source in of and link.target in of:
            more, less = of[link.source], of[link.target]
            if more != less:
                above.setdefault(less, set()).add(more)
    heads = {less: min(more) for less, more in above.items() if (min(more)) not in above}
    under: dict[tuple[Node, ...], list[Node]] = {}
    for less, head in heads.items():
        under.setdefault(head, []).extend(less)
    return [Group(each, tuple(sorted(under.get(each, ())))) for each in clusters if each not in heads]
