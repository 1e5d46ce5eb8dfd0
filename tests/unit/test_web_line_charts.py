"""A line over time: where points and the target's line stand."""

from datetime import date

from registry.web.charts import HEIGHT, LEFT, WIDTH
from registry.web.line_charts import line_chart

DAYS = [date(2023, 12, 31), date(2024, 12, 31), date(2025, 12, 31)]


def test_a_line_is_broken_where_a_period_has_no_value():
    chart = line_chart([(DAYS[0], 1.0, "a"), (DAYS[1], None, "b"), (DAYS[2], 3.0, "c")])
    assert [dot.title for dot in chart.dots] == ["a", "c"]
    assert chart.lines == []
    assert len(line_chart([(DAYS[0], 1.0, ""), (DAYS[1], 2.0, ""), (DAYS[2], 3.0, "")]).lines) == 1


def test_everything_stands_inside_the_drawing_and_higher_values_higher():
    chart = line_chart([(DAYS[0], 5.0, ""), (DAYS[2], 50.0, "")], ((DAYS[1], 0.0), (date(2030, 1, 1), 80.0)))
    places = [(dot.x, dot.y) for dot in chart.dots] + [chart.target[:2], chart.target[2:]]
    assert all(LEFT <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in places)
    assert [mark.words for mark in chart.years] == [str(year) for year in range(2024, 2030)]
    assert chart.dots[1].y < chart.dots[0].y and chart.dots[1].x > chart.dots[0].x


def test_one_value_and_zero_and_nothing_can_be_drawn():
    assert line_chart([(DAYS[0], 0.0, "")]).dots
    assert line_chart([(DAYS[0], None, "")]).dots == []
    assert line_chart([]).scale == []
