"""How ready a need is, as it stands or as it is being typed; quartiles of what others cost."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.matching.comparable import quantile
from registry.matching.quality import PARTS, quality
from tests.support.matching import need_form

TODAY = date(2026, 11, 23)
READY = need_form(
    description="Two thirds of the 42,000 weapons of the police carry no mark. " * 4,
    lines=[{"type": "equipment", "description": "Machines", "money": {"amount": 100_00, "currency": "USD"}}],
    endorsing_authority="National commission",
    requirements=[{"standard": "iti", "clause": "mark-state"}],
)


def part(form, code):
    return next(part for part in quality(form, TODAY).parts if part.code == code)


def test_a_need_that_says_everything_is_ready():
    found = quality(READY, TODAY)
    assert found.score == 1.0
    assert all(not part.advice for part in found.parts)


def test_an_empty_form_is_not_ready_and_told_what_to_do():
    found = quality({}, TODAY)
    assert found.score == 0.0
    assert all(part.advice for part in found.parts)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"themes": []}, "specific"),
        ({"description": "Short"}, "specific"),
        ({"lines": []}, "costed"),
        ({"lines": [{"type": "training", "quantity": 40}]}, "costed"),
        ({"lines": [{"type": "training", "description": "x", "money": {"amount": {"written": ""}}}]}, "costed"),
        ({"window_end": "2026-01-01"}, "timely"),
        ({"window_start": "2031-01-01"}, "timely"),
        ({"window_end": "soon"}, "timely"),
        ({"endorsing_authority": "  "}, "endorsed"),
        ({"requirements": []}, "anchored"),
    ],
)
def test_what_is_missing_lowers_its_part_alone_and_says_what_would_help(change, code):
    form = READY | change
    assert part(form, code).value < 1 and part(form, code).advice
    others = {name: part(form, name).value for name, _, _ in PARTS if name != code}
    assert set(others.values()) <= {1.0} or code == "costed"


def test_an_amount_counts_as_it_is_typed():
    line = {"type": "equipment", "description": "x", "money": {"amount": {"written": "91,501.05"}}}
    assert part(READY | {"lines": [line]}, "costed").value == 1
    assert part(READY | {"lines": [line, {"type": "training", "description": "y"}]}, "costed").value == 0.5


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("a1 -é", max_size=20),
    lambda v: st.lists(v, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(["title", "themes", "lines", "window_start", "requirements", "x"]), values))
def test_whatever_is_typed_is_judged(form):
    found = quality(form, TODAY)
    assert 0 <= found.score <= 1
    assert found.score == pytest.approx(sum(part.value * part.weight for part in found.parts), abs=1e-4)


@given(st.lists(st.integers(1, 10**12), min_size=1))
def test_quartiles_stand_in_order_within_the_values(budgets):
    ordered = sorted(budgets)
    lower, median, upper = (quantile(ordered, share) for share in (0.25, 0.5, 0.75))
    assert ordered[0] <= lower <= median <= upper <= ordered[-1]
