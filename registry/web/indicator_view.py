"""An indicator's figures in words: units, groups, the drawing of a series. No queries."""

from typing import Any

from flask_babel import gettext

from registry.compliance.indicators.definitions import Indicator
from registry.web import line_charts
from registry.web.i18n import language
from registry.web.labels import label
from registry.web.presentation import day, number


def figure(value: float | None, unit: str | None) -> str:
    """A value with its unit; "" for none."""
    if value is None:
        return ""
    shown = number(value, 0 if unit == "usd" else 2)
    if unit == "percent":
        return f"{shown}\N{NO-BREAK SPACE}%"
    if unit == "usd":
        return f"USD\N{NO-BREAK SPACE}{shown}"
    if unit == "days":
        return gettext("%(number)s days", number=shown)
    return gettext("%(number)s per 100,000", number=shown) if unit == "rate_per_100k" else shown


def chart_of(series: dict[str, Any]) -> line_charts.LineChart:
    """The series as a line; the target's line where it has one."""
    points = [
        (period["end"], period["value"], f"{day(period['end'])}: {figure(period['value'], series['unit'])}")
        for period in series["periods"]
    ]
    begun, goal = series["baseline"], series["target"]
    plan = ((begun["on"], begun["value"]), (goal["on"], goal["value"])) if begun and goal else None
    return line_charts.line_chart(points, plan)


def groups_in_words(groups: dict[str, str]) -> str:
    """`Sex: female, Age: 18-29`; the whole is said too."""
    if not groups:
        return gettext("the whole")
    return ", ".join(f"{label('dimension', name)}: {label('group', group)}" for name, group in groups.items())


def heading(indicator: Indicator) -> str:
    """The title in the reader's language."""
    return indicator.name(language())
