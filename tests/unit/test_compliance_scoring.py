"""Scoring: invariants over random standards and assessments, and figures worked out by hand."""

from fractions import Fraction as F
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.compliance.gaps import priority
from registry.compliance.scoring import (
    INSUFFICIENT,
    Answers,
    Assessed,
    Band,
    Clause,
    Gap,
    Given,
    Part,
    Scheme,
    Section,
    add_up,
    clauses,
    countable,
    gaps,
    holds,
    score,
    trend,
)

SCALE = {"none": F(0), "partial": F(1, 2), "most": F(7, 10), "full": F(1), "na": None}
WEIGHTS = {"shall": F(3), "should": F(1), "may": F(0)}
BANDS = (
    Band("C", F(1)),
    Band("LC", F(4, 5), no_zero_shall=True),
    Band("PC", F(2, 5), no_zero_critical=True),
    Band("NC", F(0)),
)
FACTS = ("manufactures", "imports", "coastal")
ORDER = [INSUFFICIENT, "NC", "PC", "LC", "C"]

conditions = st.recursive(
    st.sampled_from(FACTS).map(lambda fact: {"fact": fact}),
    lambda inner: (
        inner.map(lambda c: {"not": c})
        | st.lists(inner, min_size=1, max_size=3).map(lambda cs: {"all": cs})
        | st.lists(inner, min_size=1, max_size=3).map(lambda cs: {"any": cs})
    ),
    max_leaves=4,
)
facts = st.dictionaries(st.sampled_from(FACTS), st.sampled_from([True, False, None]))


@st.composite
def schemes(draw: st.DrawFn) -> Scheme:
    """A standard of up to 14 clauses in a random tree."""
    found = [
        Clause(
            f"c{number}",
            draw(st.sampled_from(["shall", "shall", "should", "may"])),
            draw(st.sampled_from([True, True, True, False])),
            draw(st.booleans()),
            draw(st.none() | conditions),
        )
        for number in range(draw(st.integers(1, 14)))
    ]
    parts: list[Part] = list(found)
    for number in range(draw(st.integers(0, 4))):
        first = draw(st.integers(0, len(parts) - 1))
        last = draw(st.integers(first + 1, len(parts)))
        parts[first:last] = [Section(f"s{number}", tuple(parts[first:last]))]
    return Scheme(SCALE, WEIGHTS, tuple(parts), BANDS)


@st.composite
def assessments(draw: st.DrawFn) -> tuple[Scheme, dict[str, str], dict[str, bool | None]]:
    scheme = draw(schemes())
    ids = [clause.id for clause in clauses(scheme.parts)]
    answers = draw(st.dictionaries(st.sampled_from(ids), st.sampled_from(list(SCALE))))
    return scheme, answers, draw(facts)


many = settings(max_examples=70, deadline=None)


@many
@given(assessments())
def test_every_share_lies_between_nothing_and_all(case: tuple[Scheme, Answers, Any]) -> None:
    result = score(*case)
    shares = (result.low, result.high, result.of_answered, result.answered_share, result.shall_low)
    assert all(share is None or 0 <= share <= 1 for share in shares)


@many
@given(assessments())
def test_low_never_exceeds_high_and_meets_it_when_all_is_answered(case: tuple[Scheme, Answers, Any]) -> None:
    result = score(*case)
    if result.low is None or result.high is None:
        assert result.low is result.high is None and result.tally.weight == 0
        return
    assert result.low <= result.high
    if result.tally.answered == result.tally.applicable:
        assert result.low == result.high == result.of_answered


@many
@given(assessments(), st.data())
def test_a_better_answer_never_lowers_score_or_band(case: tuple[Scheme, Answers, Any], data: st.DataObject) -> None:
    scheme, answers, known = case
    lower = [clause for clause, code in answers.items() if code in ("none", "partial", "most")]
    if not lower:
        return
    before = score(scheme, answers, known)
    after = score(scheme, {**answers, data.draw(st.sampled_from(lower)): "full"}, known)
    if before.low is not None and before.high is not None:
        assert after.low is not None and after.low >= before.low
        assert after.high is not None and after.high >= before.high
    if before.band is not None:
        assert ORDER.index(after.band or "") >= ORDER.index(before.band)


@many
@given(assessments(), st.data())
def test_answering_only_narrows_the_interval(case: tuple[Scheme, Answers, Any], data: st.DataObject) -> None:
    scheme, answers, known = case
    open_ones = [clause.id for clause in clauses(scheme.parts) if clause.id not in answers]
    before = score(scheme, answers, known)
    if not open_ones or before.low is None or before.high is None:
        return
    clause, code = data.draw(st.sampled_from(open_ones)), data.draw(st.sampled_from(["none", "partial", "full"]))
    after = score(scheme, {**answers, clause: code}, known)
    assert after.low is not None and after.high is not None
    assert before.low <= after.low <= after.high <= before.high


def shuffled(parts: tuple[Part, ...], data: st.DataObject) -> tuple[Part, ...]:
    mixed = data.draw(st.permutations(parts))
    return tuple(Section(p.id, shuffled(p.parts, data)) if isinstance(p, Section) else p for p in mixed)


@many
@given(assessments(), st.data())
def test_order_does_not_matter(case: tuple[Scheme, Answers, Any], data: st.DataObject) -> None:
    scheme, answers, known = case
    other = Scheme(scheme.scale, scheme.weights, shuffled(scheme.parts, data), scheme.bands)
    assert score(other, answers, known) == score(scheme, answers, known)
    assert {g.clause: g for g in gaps(other, answers, known)} == {g.clause: g for g in gaps(scheme, answers, known)}


@many
@given(assessments())
def test_grouping_does_not_matter(case: tuple[Scheme, Answers, Any]) -> None:
    scheme, answers, known = case
    flat = Scheme(scheme.scale, scheme.weights, tuple(clauses(scheme.parts)), scheme.bands)
    assert score(flat, answers, known) == score(scheme, answers, known)
    by_part = [score(scheme, answers, known, [part]).tally for part in scheme.parts]
    assert add_up(by_part) == score(scheme, answers, known).tally


@many
@given(assessments())
def test_gaps_weigh_exactly_what_the_answered_clauses_lack(case: tuple[Scheme, Answers, Any]) -> None:
    scheme, answers, known = case
    found, total = gaps(scheme, answers, known), score(scheme, answers, known).tally
    assert sum((gap.weight for gap in found), F(0)) == total.weight_answered - total.fulfilled
    assert {gap.clause for gap in found} <= set(answers)
    assert [gap.weight for gap in found] == sorted((gap.weight for gap in found), reverse=True)


@many
@given(assessments())
def test_nothing_has_changed_since_the_same_assessment(case: tuple[Scheme, Answers, Any]) -> None:
    same = Assessed(*case)
    result = trend(same, same)
    assert result is None or result.change == 0


@many
@given(assessments())
def test_not_applicable_never_counts_without_reason_and_review(case: tuple[Scheme, Answers, Any]) -> None:
    scheme, answers, known = case
    without = {clause: code for clause, code in answers.items() if code != "na"}
    entered = {clause: Given(code, "we make none") for clause, code in answers.items()}
    blank = {clause: Given(code, "  ") for clause, code in answers.items()}
    assert countable(scheme, entered, reviewed=False) == without
    assert countable(scheme, blank, reviewed=True) == without
    assert countable(scheme, entered, reviewed=True) == answers
    assert score(scheme, countable(scheme, entered, reviewed=False), known).tally.not_applicable == 0


@pytest.mark.parametrize(
    ("condition", "known", "expected"),
    [
        (None, {}, True),
        ({"fact": "imports"}, {}, None),
        ({"fact": "imports"}, {"imports": None}, None),
        ({"not": {"fact": "imports"}}, {"imports": True}, False),
        ({"not": {"fact": "imports"}}, {}, None),
        ({"all": [{"fact": "imports"}, {"fact": "coastal"}]}, {"imports": False}, False),
        ({"all": [{"fact": "imports"}, {"fact": "coastal"}]}, {"imports": True}, None),
        ({"any": [{"fact": "imports"}, {"fact": "coastal"}]}, {"imports": True}, True),
        ({"any": [{"fact": "imports"}, {"fact": "coastal"}]}, {"imports": False}, None),
        ({"any": [{"fact": "imports"}, {"fact": "coastal"}]}, {"imports": False, "coastal": False}, False),
    ],
)
def test_conditions_know_three_values(condition: Any, known: Any, expected: bool | None) -> None:
    assert holds(condition, known) is expected


def standard(*found: Clause) -> Scheme:
    return Scheme(SCALE, WEIGHTS, tuple(found), BANDS)


def test_an_unknown_fact_leaves_the_clause_in_force_and_a_no_takes_it_out() -> None:
    scheme = standard(Clause("a", "shall"), Clause("b", "shall", applies_if={"fact": "imports"}))
    assert score(scheme, {"a": "full"}, {}).low == F(1, 2)
    assert score(scheme, {"a": "full"}, {"imports": False}).low == 1


def test_figures_worked_out_by_hand() -> None:
    # 3·1 + 3·½ + 1·0 of 3 + 3 + 1, and 3 more open
    scheme = standard(Clause("a", "shall"), Clause("b", "shall"), Clause("c", "should"), Clause("d", "shall"))
    result = score(scheme, {"a": "full", "b": "partial", "c": "none"}, {})
    assert (result.low, result.high) == (F(9, 20), F(3, 4))
    assert (result.of_answered, result.answered_share, result.shall_low) == (F(9, 14), F(3, 4), F(1, 2))
    assert [(gap.clause, gap.weight) for gap in gaps(scheme, {"b": "partial", "c": "none"}, {})] == [
        ("b", F(3, 2)),
        ("c", F(1)),
    ]


@pytest.mark.parametrize(
    ("answers", "band"),
    [
        ({}, "II"),
        ({"a": "full", "b": "full"}, "II"),
        ({"a": "full", "b": "full", "c": "full"}, "PC"),
        ({"b": "full", "c": "full", "d": "full", "e": "full"}, "NC"),  # the critical one is open: not shown to be there
        ({"a": "full", "b": "full", "c": "full", "d": "full"}, "PC"),  # 0.8, but one is not in place at all
        ({"a": "partial", "b": "full", "c": "full", "d": "full", "e": "most"}, "LC"),
        ({"a": "full", "b": "full", "c": "full", "d": "full", "e": "full"}, "C"),
        ({"a": "none", "b": "full", "c": "full", "d": "full", "e": "full"}, "NC"),
        ({"a": "none", "b": "none", "c": "none", "d": "none", "e": "none"}, "NC"),
        ({"a": "full", "b": "full", "c": "full", "d": "full", "e": "na"}, "C"),
    ],
)
def test_bands(answers: Answers, band: str) -> None:
    scheme = standard(Clause("a", "shall", critical=True), *(Clause(each, "shall") for each in "bcde"))
    assert score(scheme, answers, {}).band == band


def test_no_band_where_no_duty_applies() -> None:
    scheme = standard(Clause("a", "should"), Clause("b", "may"))
    assert score(scheme, {"a": "full"}, {}).band is None
    only_may = standard(Clause("b", "may"))
    result = score(only_may, {"b": "none"}, {})
    assert (result.low, result.high, result.of_answered) == (None, None, None)
    assert result.answered_share == 1 and gaps(only_may, {"b": "none"}, {}) == []


def test_a_trend_compares_only_what_was_answered_both_times_by_the_new_weights() -> None:
    old = Assessed(
        standard(Clause("a", "should"), Clause("b", "shall"), Clause("gone", "shall")), {"a": "none", "gone": "full"}
    )
    new = Assessed(
        standard(Clause("a", "shall"), Clause("b", "shall"), Clause("new", "shall")), {"a": "partial", "b": "full"}
    )
    result = trend(old, new)
    assert result is not None and (result.change, result.panel) == (F(1, 2), ("a",))
    assert trend(Assessed(old.scheme, {}), new) is None


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([Gap("a", "shall", True, F(0), F(3))], "urgent"),
        ([Gap("a", "should", True, F(0), F(1))], "urgent"),
        ([Gap("a", "shall", True, F(1, 2), F(3, 2))], "high"),
        ([Gap("a", "shall", False, F(0), F(3))], "high"),
        ([Gap("a", "shall", False, F(1, 2), F(3, 2))], "medium"),
        ([Gap("a", "should", False, F(0), F(1))], "low"),
        ([Gap("a", "should", False, F(0), F(1)), Gap("b", "shall", False, F(0), F(3))], "high"),
    ],
)
def test_the_priority_of_gaps_is_that_of_the_most_pressing(found: list[Gap], expected: str) -> None:
    assert priority(standard(), found) == expected
