"""Drawings show what the figures say."""

import pytest

from registry.web.charts import HEIGHT, LEFT, WIDTH, grouped_bars, nice_step, short_number


def test_bars_are_as_high_as_their_values() -> None:
    chart = grouped_bars({"2024": [100.0, 50.0], "2025": [None, 25.0]}, {("2024", 0): "2024: 100"})
    heights = {bar.height for bar in chart.bars}
    tallest = max(heights)
    assert heights == {tallest, tallest / 2, tallest / 4}
    assert [bar.title for bar in chart.bars if bar.height == tallest] == ["2024: 100"]


def test_what_is_not_known_draws_no_bar_and_what_is_zero_none_either() -> None:
    assert grouped_bars({"2024": [None, 0.0]}, {}).bars == []
    assert grouped_bars({}, {}).bars == []


def test_negative_values_hang_below_the_zero_line() -> None:
    chart = grouped_bars({"2024": [100.0], "2025": [-50.0]}, {})
    up, down = chart.bars
    assert up.y + up.height == pytest.approx(chart.zero, abs=0.2)
    assert down.y == pytest.approx(chart.zero, abs=0.2) and down.height > 0


@pytest.mark.parametrize("years", [1, 5, 40, 60])
def test_everything_stays_inside_the_drawing(years: int) -> None:
    chart = grouped_bars({str(2000 + n): [n * 7.0 + 1, 3.0, None] for n in range(years)}, {})
    for bar in chart.bars:
        assert bar.x >= LEFT and bar.x + bar.width <= WIDTH and 0 <= bar.y <= HEIGHT and bar.height >= 1
    assert len(chart.groups) <= 16


@pytest.mark.parametrize(("raw", "step"), [(0.9, 1), (1.2, 2), (2.1, 2.5), (3, 5), (7, 10), (130_000, 200_000)])
def test_the_scale_goes_in_round_steps(raw: float, step: float) -> None:
    assert nice_step(raw) == pytest.approx(step)


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (1500, "1.5k"), (2_000_000, "2M"), (-1e9, "-1B")])
def test_numbers_of_the_scale_are_short(value: float, text: str) -> None:
    assert short_number(value) == text
