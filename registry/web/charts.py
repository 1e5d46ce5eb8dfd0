"""Drawings made on the server: positions of bars and marks, which a template writes as SVG. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

WIDTH, HEIGHT = 720, 240
LEFT, BOTTOM, TOP = 64, 26, 12
STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its place, its series (0 …), what it says."""

    x: float
    y: float
    width: float
    height: float
    series: int
    title: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A line of the scale or a label below: position and words."""

    at: float
    words: str


@dataclass(frozen=True, slots=True)
class BarChart:
    """Grouped bars with a scale that begins at zero (or below it, where a value is)."""

    bars: list[Bar] = field(default_factory=list)
    scale: list[Mark] = field(default_factory=list)
    groups: list[Mark] = field(default_factory=list)
    zero: float = HEIGHT - BOTTOM
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT


def grouped_bars(groups: Mapping[str, Sequence[float | None]], titles: Mapping[tuple[str, int], str]) -> BarChart:
    """Bars of each group side by side; None draws nothing. `titles`: (group, series) → what the bar says."""
    values = [value for row in groups.values() for value in row if value is not None]
    if not values or not any(values):
        return BarChart()
    low, high = min(0.0, *values), max(0.0, *values)
    step = nice_step((high - low) / 4)
    bottom, top = math.floor(low / step) * step, math.ceil(high / step) * step
    per_unit = (HEIGHT - TOP - BOTTOM) / (top - bottom)

    def y_of(value: float) -> float:
        return round(TOP + (top - value) * per_unit, 1)

    lines = round((top - bottom) / step)
    scale = [Mark(y_of(bottom + step * n), short_number(bottom + step * n)) for n in range(lines + 1)]
    slot = (WIDTH - LEFT) / len(groups)
    series = max(len(row) for row in groups.values())
    width = min(44.0, slot * 0.78 / series)
    bars, marks = [], []
    every = math.ceil(len(groups) / 16)
    for position, (name, row) in enumerate(groups.items()):
        middle = LEFT + slot * (position + 0.5)
        if position % every == 0:
            marks.append(Mark(round(middle, 1), name))
        for number, value in enumerate(row):
            if not value:
                continue
            x = middle - width * series / 2 + number * width
            y, height = y_of(max(value, 0.0)), max(abs(value) * per_unit, 1.0)
            bars.append(
                Bar(round(x, 1), y, round(width - 1, 1), round(height, 1), number, titles.get((name, number), ""))
            )
    return BarChart(bars, scale, marks, y_of(0.0))


def nice_step(raw: float) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that is not below `raw`."""
    power = 10.0 ** math.floor(math.log10(raw))
    return next(step * power for step in STEPS if step * power >= raw * 0.999999)


def short_number(value: float) -> str:
    """`1.5M` for the scale of a drawing."""
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"
