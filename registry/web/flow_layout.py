"""Positions of a flow picture in three columns, which a template writes as SVG: nodes as bars, flows as bands. Pure.

The same flows give the same picture. The smallest of a column are put together as “others” (the empty code OTHERS).
Written from right to left, the picture is mirrored as a whole.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from registry.catalogue.money_rows import MOST_NODES, OTHERS, Key, folded, sums_of

WIDTH, TOP, PLOT = 960, 34, 420
"""Size of the picture, room for headings, height of the largest column's bars"""
BAR, GAP, SLOT = 14, 7, 26
"""Width of a bar, room between two, least room that a label needs"""
SIDES = (250, 210)
"""Room for the labels of the outer columns"""


@dataclass(frozen=True, slots=True)
class Node:
    """A bar. `label_x`, `anchor`: where its words stand; `column` 0, 1, 2."""

    column: int
    code: str
    value: int
    x: float
    y: float
    height: float
    label_x: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Band:
    """A flow between two neighbouring columns, as an SVG path."""

    column: int
    source: str
    target: str
    value: int
    path: str


@dataclass(frozen=True, slots=True)
class Picture:
    """All of it. `heads`: x and anchor of the columns' headings."""

    nodes: list[Node] = field(default_factory=list)
    bands: list[Band] = field(default_factory=list)
    heads: list[tuple[float, str]] = field(default_factory=list)
    width: int = WIDTH
    height: int = 0


def lay_out(flows: Mapping[Key, int], is_rtl: bool = False, most: int = MOST_NODES) -> Picture:
    """The picture of flows above zero; without any, an empty one."""
    return draw(folded({key: value for key, value in flows.items() if value > 0}, most), is_rtl)


def draw(kept: Mapping[Key, int], is_rtl: bool = False) -> Picture:
    """The picture of flows that are folded already."""
    total = sum(kept.values())
    if not total:
        return Picture()
    per_unit = PLOT / total
    places = (SIDES[0], (SIDES[0] + WIDTH - SIDES[1] - BAR) / 2, WIDTH - SIDES[1] - BAR)
    xs = [WIDTH - BAR - x for x in places] if is_rtl else list(places)
    nodes: list[Node] = []
    for column in range(3):
        y = float(TOP)
        for code, value in ranked(kept, column):
            height = max(1.5, value * per_unit)
            slot = max(SLOT, height + GAP)
            nodes.append(
                _node(column, code, value, xs[column], y + max(0.0, (SLOT - GAP - height) / 2), height, is_rtl)
            )
            y += slot
    bands = [band for column in (0, 1) for band in _bands(kept, nodes, column, per_unit, is_rtl)]
    bottom = max(node.y + node.height for node in nodes) + GAP + 12
    return Picture(nodes, bands, [_head(column, xs[column], is_rtl) for column in range(3)], WIDTH, round(bottom))


def ranked(flows: Mapping[Key, int], column: int) -> list[tuple[str, int]]:
    """(code, sum) of a column, the largest first, the others last."""
    return sorted(sums_of(flows, column), key=lambda item: item[0] == OTHERS)


def _node(column: int, code: str, value: int, x: float, y: float, height: float, is_rtl: bool) -> Node:
    on_left = (column == 0) != is_rtl if column != 1 else False
    label_x = x - 6 if on_left else x + BAR + 6
    # In a text that runs from right to left, "start" is its right edge.
    anchor = ("end" if not is_rtl else "start") if on_left else ("start" if not is_rtl else "end")
    return Node(column, code, value, round(x, 1), round(y, 1), round(height, 1), round(label_x, 1), anchor)


def _head(column: int, x: float, is_rtl: bool) -> tuple[float, str]:
    if column == 1:
        return x + BAR / 2, "middle"
    node = _node(column, "", 0, x, 0, 0, is_rtl)
    return node.label_x, node.anchor


def _bands(flows: Mapping[Key, int], nodes: list[Node], column: int, per_unit: float, is_rtl: bool) -> list[Band]:
    sums: Counter[tuple[str, str]] = Counter()
    for key, value in flows.items():
        sums[key[column], key[column + 1]] += value
    place = {(node.column, node.code): number for number, node in enumerate(nodes)}
    at = {(node.column, node.code): node.y for node in nodes}
    order = sorted(sums, key=lambda ends: (place[column, ends[0]], place[column + 1, ends[1]]))
    starts: dict[tuple[str, str], float] = {}
    for source, target in order:
        starts[source, target] = at[column, source]
        at[column, source] += sums[source, target] * per_unit
    found = []
    for source, target in sorted(order, key=lambda ends: (place[column + 1, ends[1]], place[column, ends[0]])):
        height = sums[source, target] * per_unit
        x0, x1 = nodes[place[column, source]].x, nodes[place[column + 1, target]].x
        x0, x1 = (x0, x1 + BAR) if is_rtl else (x0 + BAR, x1)
        path = _path(x0, starts[source, target], x1, at[column + 1, target], max(height, 0.6))
        at[column + 1, target] += height
        found.append(Band(column, source, target, sums[source, target], path))
    return found


def _path(x0: float, y0: float, x1: float, y1: float, height: float) -> str:
    middle = (x0 + x1) / 2
    return (
        f"M{x0:.1f} {y0:.1f}C{middle:.1f} {y0:.1f} {middle:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"
        f"V{y1 + height:.1f}C{middle:.1f} {y1 + height:.1f} {middle:.1f} {y0 + height:.1f} {x0:.1f} {y0 + height:.1f}Z"
    )
