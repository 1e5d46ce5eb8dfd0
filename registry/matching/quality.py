"""What makes a need easy to match and to fund, and what is missing: specific, costed, timely, endorsed, anchored. Pure.

It reads a form as it is typed, finished or not, and never stands in anybody's way: a poor need can be opened too. The
matcher's score does not know of it. The weights are a choice, shown with the parts.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from registry.errors import N_

Form = Mapping[str, Any]
LONG_ENOUGH = 200
"""Characters of a description that can say what, who and where"""
SOON = timedelta(days=730)
"""A window that begins later than this is no request yet"""


@dataclass(frozen=True, slots=True)
class Part:
    """One part: how well it is done (0..1), what it weighs, and what would make it better (msgids)."""

    code: str
    value: float
    weight: float
    advice: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quality:
    """The parts; `score` is the sum of value times weight, 0..1."""

    score: float
    parts: tuple[Part, ...]


Check = tuple[bool, str]
"""(whether it is so, what to do where it is not)"""


def quality(form: Form, today: date) -> Quality:
    """How ready a need is (NeedForm, as stored or as typed)."""
    parts = tuple(
        Part(code, value, weight, advice)
        for code, weight, judge in PARTS
        for value, advice in (_judged(judge(form, today)),)
    )
    return Quality(round(sum(part.value * part.weight for part in parts), 4), parts)


def _judged(checks: list[Check]) -> tuple[float, tuple[str, ...]]:
    met = sum(is_so for is_so, _ in checks)
    return round(met / len(checks), 4), tuple(advice for is_so, advice in checks if not is_so)


def _specific(form: Form, _today: date) -> list[Check]:
    text = f"{_text(form, 'title')} {_text(form, 'description')}"
    lines = _lines(form)
    return [
        (bool(form.get("themes")), N_("Choose at least one theme.")),
        (
            len(_text(form, "description")) >= LONG_ENOUGH,
            N_(
                "Describe it in at least 200 characters: the problem, what was done so far, who would use it and where."
            ),
        ),
        (any(char.isdigit() for char in text), N_("Name a number: how many weapons, officers, stores or places.")),
        (
            bool(lines) and all(_text(line, "description") or line.get("quantity") for line in lines),
            N_("Say for each line what exactly it is, or how many."),
        ),
    ]


def _costed(form: Form, _today: date) -> list[Check]:
    lines = _lines(form)
    advice = N_("Give each line an amount of money; the comparable programmes below show what others cost.")
    return [(_has_amount(line), advice) for line in lines] or [(False, advice)]


def _timely(form: Form, today: date) -> list[Check]:
    start, end = _day(form, "window_start"), _day(form, "window_end")
    return [
        (start is not None and end is not None, N_("Say from when until when it is needed.")),
        (end is not None and end > today, N_("The window has passed already.")),
        (start is not None and start <= today + SOON, N_("Let it begin within two years, or enter it later.")),
    ]


def _endorsed(form: Form, _today: date) -> list[Check]:
    return [(bool(_text(form, "endorsing_authority")), N_("Say who in the Government stands behind it."))]


def _anchored(form: Form, _today: date) -> list[Check]:
    return [
        (
            bool(form.get("requirements")),
            N_("Make it from a gap of an assessment: donors see which duty it would meet."),
        )
    ]


PARTS: tuple[tuple[str, float, Callable[[Form, date], list[Check]]], ...] = (
    ("specific", 0.30, _specific),
    ("costed", 0.25, _costed),
    ("timely", 0.20, _timely),
    ("endorsed", 0.15, _endorsed),
    ("anchored", 0.10, _anchored),
)
"""Code, weight, what it looks at; the weights sum to 1"""


def _text(form: Form, name: str) -> str:
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""


def _lines(form: Form) -> list[Form]:
    lines = form.get("lines")
    return [line for line in lines if isinstance(line, Mapping)] if isinstance(lines, list) else []


def _has_amount(line: Form) -> bool:
    money = line.get("money")
    amount = money.get("amount") if isinstance(money, Mapping) else None
    written = amount.get("written") if isinstance(amount, Mapping) else amount
    return any(char in "123456789" for char in str(written or ""))


def _day(form: Form, name: str) -> date | None:
    try:
        return date.fromisoformat(_text(form, name))
    except ValueError:
        return None
