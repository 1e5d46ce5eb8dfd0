"""A line over time with the straight line to a target: positions that a template writes as SVG. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from registry.web.charts import BOTTOM, HEIGHT, LEFT, TOP, WIDTH, Mark, nice_step, short_number

RIGHT = 16
Point = tuple[date, float]


@dataclass(frozen=True, slots=True)
class Dot:
    """One value: its place and what it says."""

    x: float
    y: float
    title: str


@dataclass(frozen=True, slots=True)
class LineChart:
    """`lines`: stretches of the observed line, broken where a period has no value; `target`: (x1, y1, x2, y2)."""

    dots: list[Dot] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    target: tuple[float, float, float, float] | None = None
    scale: list[Mark] = field(default_factory=list)
    years: list[Mark] = field(default_factory=list)
    zero: float = HEIGHT - BOTTOM
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT


def line_chart(points: Sequence[tuple[date, float | None, str]], plan: tuple[Point, Point] | None = None) -> LineChart:
    """Points are (day, value or None, what it says), in the order of their days; `plan`: baseline and target."""
    known = [(day, value) for day, value, _ in points if value is not None]
    shown = known + list(plan or ())
    if not shown:
        return LineChart()
    first, last = min(day for day, _ in shown), max(day for day, _ in shown)
    span = max(1, (last - first).days)
    low, high = min(0.0, *(value for _, value in shown)), max(value for _, value in shown)
    step = nice_step((high - low) / 4 or 1.0)
    bottom, top = math.floor(low / step) * step, max(step, math.ceil(high / step) * step)

    def x_of(day: date) -> float:
        share = (day - first).days / span if last > first else 0.5
        return round(LEFT + RIGHT + (WIDTH - LEFT - 2 * RIGHT) * share, 1)

    def y_of(value: float) -> float:
        return round(TOP + (top - value) * (HEIGHT - TOP - BOTTOM) / (top - bottom), 1)

    dots = [Dot(x_of(day), y_of(value), title) for day, value, title in points if value is not None]
    stretches: list[list[str]] = [[]]
    for day, value, _ in points:
        if value is None:
            stretches.append([])
        else:
            stretches[-1].append(f"{x_of(day)},{y_of(value)}")
    target = None
    if plan:
        (begun, begin), (due, goal) = plan
        target = (x_of(begun), y_of(begin), x_of(due), y_of(goal))
    marks = round((top - bottom) / step)
    scale = [Mark(y_of(bottom + step * n), short_number(bottom + step * n)) for n in range(marks + 1)]
    years = range(first.year, last.year + 1)
    every = math.ceil(len(years) / 12)
    middles = [date(year, 7, 1) for year in years if first <= date(year, 7, 1) <= last] or [first]
    labels = [Mark(x_of(middle), str(middle.year)) for middle in middles[::every]]
    lines = [" ".join(stretch) for stretch in stretches if len(stretch) > 1]
    return LineChart(dots, lines, target, scale, labels, y_of(0.0))
