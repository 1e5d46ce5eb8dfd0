"""The rules of matching: what blocks a pair, what it scores, and that what is shown adds up."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import ConfigurationError
from registry.matching import weights as weights_file
from registry.matching.eligibility import RULES, check, is_eligible
from registry.matching.facts import Act, Context, Line, NeedFacts, OfferFacts
from registry.matching.models import ASSISTANCE_TYPES
from registry.matching.score import FEATURES, score

TODAY = date(2026, 11, 23)
WEIGHTS = weights_file.current()
CONTEXT = Context(TODAY, {("KEN", "att"): (Act("ratification", date(2015, 1, 1)),)})
NEED = NeedFacts(
    1, "KEN", frozenset({"202", "014", "002"}), frozenset({"marking", "tracing"}),
    (Line("funding", 100_000_00), Line("training", 50_000_00)),
    date(2027, 1, 1), date(2028, 1, 1), "open", date(2026, 5, 23),
)  # fmt: skip
OFFER = OfferFacts(
    7, 3, frozenset({"funding", "training"}), frozenset({"marking"}), frozenset({"202"}),
    date(2026, 1, 1), date(2028, 1, 1), 10_000_00, 75_000_00, 500_000_00,
    ({"kind": "participates", "instrument": "att"},),
)  # fmt: skip


def codes(need: NeedFacts = NEED, offer: OfferFacts = OFFER, context: Context = CONTEXT) -> list[str]:
    return [block.code for block in check(need, offer, context, WEIGHTS.min_overlap_months)]


def test_a_fitting_pair_has_no_block() -> None:
    assert codes() == []


BLOCKED = {
    "type_mismatch": (NEED, replace(OFFER, types=frozenset({"equipment"}))),
    "theme_mismatch": (NEED, replace(OFFER, themes=frozenset({"brokering"}))),
    "geography": (replace(NEED, state="FRA", regions=frozenset({"150"})), replace(OFFER, conditions=())),
    "window_too_short": (NEED, replace(OFFER, window_end=date(2027, 6, 1))),
    "below_minimum_grant": (NEED, replace(OFFER, min_grant=150_000_01)),
    "covered": (replace(NEED, lines=tuple(Line(line.type, 0) for line in NEED.lines)), OFFER),
    "spent": (NEED, replace(OFFER, budget=0)),
    "condition_unknown": (NEED, replace(OFFER, conditions=({"kind": "participates", "instrument": "poa"},))),
    "not_open": (replace(NEED, status="withdrawn"), OFFER),
}


@pytest.mark.parametrize("code", BLOCKED)
def test_each_cause_gives_exactly_its_own_block(code: str) -> None:
    need, offer = BLOCKED[code]
    found = check(need, offer, CONTEXT, 6)
    assert [block.code for block in found] == [code]
    assert found[0].need_field or found[0].offer_field
    assert found[0].message % found[0].params and found[0].unblock % found[0].params


@given(st.sets(st.sampled_from(sorted(BLOCKED.keys() - {"geography", "covered"}))))
def test_causes_do_not_hide_one_another_and_removing_one_removes_only_its_block(causes: set[str]) -> None:
    need, offer = NEED, OFFER
    for cause in causes:
        blocked_need, blocked_offer = BLOCKED[cause]
        changed = {n: getattr(blocked_need, n) for n in NEED.__slots__ if getattr(blocked_need, n) != getattr(NEED, n)}
        need = replace(need, **changed)
        changed = {
            n: getattr(blocked_offer, n) for n in OFFER.__slots__ if getattr(blocked_offer, n) != getattr(OFFER, n)
        }
        offer = replace(offer, **changed)
    assert set(codes(need, offer)) == causes
    assert is_eligible(need, offer, CONTEXT, 6) == (not causes)


@pytest.mark.parametrize(
    ("end", "blocked"), [(date(2027, 7, 2), True), (date(2027, 7, 3), False)], ids=["182 days", "183 days"]
)
def test_six_months_are_counted_by_days(end: date, blocked: bool) -> None:
    assert (codes(offer=replace(OFFER, window_end=end)) == ["window_too_short"]) == blocked


def test_windows_apart_say_how_many_days_are_missing() -> None:
    found = check(NEED, replace(OFFER, window_end=date(2026, 12, 1)), CONTEXT, 6)
    assert found[0].params["days"] == 0
    assert found[0].params["missing"] == 31 + 183


def test_what_is_unknown_does_not_block() -> None:
    assert codes(offer=replace(OFFER, window_start=None, window_end=None)) == []
    assert codes(offer=replace(OFFER, min_grant=None, max_grant=None, budget=None)) == []
    assert codes(replace(NEED, lines=(Line("funding"),)), replace(OFFER, min_grant=10**12, budget=None)) == []


def test_an_unknown_end_still_blocks_where_no_end_could_help() -> None:
    offer = replace(OFFER, window_start=date(2027, 12, 1), window_end=None)
    assert codes(offer=offer) == ["window_too_short"]


def test_only_lines_of_offered_types_count_towards_the_smallest_grant() -> None:
    funding_only = replace(OFFER, types=frozenset({"funding"}), min_grant=120_000_00)
    assert codes(offer=funding_only) == ["below_minimum_grant"]
    assert codes(offer=replace(OFFER, min_grant=120_000_00)) == []


@pytest.mark.parametrize(
    ("acts", "expected"),
    [
        ((), ["condition_unknown"]),
        ((Act("signature", date(2014, 1, 1)),), ["condition_not_met"]),
        ((Act("accession", None),), []),
    ],
)
def test_taking_part_is_more_than_a_signature_and_the_unknown_is_held(
    acts: tuple[Act, ...], expected: list[str]
) -> None:
    assert codes(context=Context(TODAY, {("KEN", "att"): acts})) == expected


@pytest.mark.parametrize(
    ("acts", "expected"),
    [
        ((), ["condition_unknown"]),
        ((Act("report", TODAY - timedelta(days=730)),), []),
        ((Act("report", TODAY - timedelta(days=731)),), ["condition_not_met"]),
        ((Act("report", None), Act("report", TODAY - timedelta(days=9000))), ["condition_unknown"]),
        ((Act("ratification", TODAY),), ["condition_unknown"]),
    ],
)
def test_a_report_counts_within_its_months(acts: tuple[Act, ...], expected: list[str]) -> None:
    offer = replace(OFFER, conditions=({"kind": "reported", "instrument": "poa", "within_months": 24},))
    assert codes(offer=offer, context=Context(TODAY, {("KEN", "poa"): acts})) == expected


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({}, ["condition_not_met"]),
        ({("KEN", "poa"): 29}, ["condition_not_met"]),
        ({("KEN", "poa"): 30}, []),
        ({("FRA", "poa"): 90}, ["condition_not_met"]),
    ],
)
def test_published_answers_are_counted(answers: dict[tuple[str, str], int], expected: list[str]) -> None:
    offer = replace(OFFER, conditions=({"kind": "answered", "instrument": "poa", "at_least": 30},))
    assert codes(offer=offer, context=Context(TODAY, answered=answers)) == expected


def test_the_score_is_what_the_weights_say() -> None:
    value, parts = score(NEED, OFFER, WEIGHTS, TODAY)
    points = {part.feature: part.points for part in parts}
    assert points == {
        "theme_share": 0.2,  # one of two themes
        "window_overlap": 0.2,
        "geography": 0.105,
        "grant_fit": 0.075,  # 75,000 of 150,000
        "waiting": round(0.1 * round(184 / 30.4375 / 36, 6), 6),
    }
    assert value == round(sum(points.values()), 6)


@pytest.mark.parametrize(
    ("need", "offer", "feature"),
    [
        (replace(NEED, window_end=None), OFFER, "window_overlap"),
        (NEED, replace(OFFER, window_start=None), "window_overlap"),
        (replace(NEED, lines=(Line("funding"), Line("training", 1))), OFFER, "grant_fit"),
        (NEED, replace(OFFER, max_grant=None, budget=None), "grant_fit"),
        (replace(NEED, themes=frozenset()), OFFER, "theme_share"),
    ],
)
def test_the_unknown_counts_neutral_and_the_evidence_says_so(need: NeedFacts, offer: OfferFacts, feature: str) -> None:
    part = next(part for part in score(need, offer, WEIGHTS, TODAY)[1] if part.feature == feature)
    assert part.value == WEIGHTS.neutral
    assert "counted as half" in part.evidence["message"]


DAYS = st.none() | st.dates(date(2020, 1, 1), date(2035, 1, 1))
CENTS = st.none() | st.integers(1, 10**13)
THEMES = st.frozensets(st.sampled_from(["marking", "tracing", "brokering", "destruction"]))
TYPES = st.frozensets(st.sampled_from(ASSISTANCE_TYPES))


@st.composite
def needs(draw: st.DrawFn) -> NeedFacts:
    start, end = sorted(draw(st.tuples(*[st.dates(date(2020, 1, 1), date(2035, 1, 1))] * 2)))
    lines = draw(st.lists(st.builds(Line, st.sampled_from(ASSISTANCE_TYPES), CENTS), max_size=4))
    return NeedFacts(
        1, draw(st.sampled_from(["KEN", "FRA"])), draw(st.sampled_from([frozenset({"202"}), frozenset()])),
        draw(THEMES), tuple(lines), draw(st.sampled_from([start, None])),
        draw(st.sampled_from([end + timedelta(days=1), None])), draw(st.sampled_from(["open", "draft"])), draw(DAYS),
    )  # fmt: skip


@st.composite
def offers(draw: st.DrawFn) -> OfferFacts:
    start, end = sorted(draw(st.tuples(*[st.dates(date(2020, 1, 1), date(2035, 1, 1))] * 2)))
    return OfferFacts(
        2, 1, draw(TYPES), draw(THEMES), draw(st.frozensets(st.sampled_from(["KEN", "202", "150"]))),
        draw(st.sampled_from([start, None])), draw(st.sampled_from([end + timedelta(days=1), None])),
        draw(CENTS), draw(CENTS), draw(CENTS),
    )  # fmt: skip


@given(needs(), offers())
def test_points_sum_to_a_score_from_0_to_1(need: NeedFacts, offer: OfferFacts) -> None:
    value, parts = score(need, offer, WEIGHTS, TODAY)
    assert [part.feature for part in parts] == list(FEATURES)
    assert value == round(sum(part.points for part in parts), 6)
    assert 0 <= value <= 1
    for part in parts:
        assert 0 <= part.value <= 1
        assert part.points == round(part.weight * part.value, 6)
        assert part.evidence["message"] % part.evidence["params"]


@given(needs(), offers(), st.randoms())
def test_the_order_of_lines_and_rules_does_not_matter(need: NeedFacts, offer: OfferFacts, random: object) -> None:
    lines = list(need.lines)
    random.shuffle(lines)  # type: ignore[attr-defined]
    shuffled = replace(need, lines=tuple(lines))
    assert check(need, offer, CONTEXT, 6) == check(shuffled, offer, CONTEXT, 6)
    assert score(need, offer, WEIGHTS, TODAY) == score(shuffled, offer, WEIGHTS, TODAY)
    rules = list(RULES)
    random.shuffle(rules)  # type: ignore[attr-defined]
    found = [block for rule in rules for block in rule(need, offer, CONTEXT, 6)]
    assert sorted(map(repr, found)) == sorted(map(repr, check(need, offer, CONTEXT, 6)))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("weights-2.yaml", ("theme_share: 0.40", "theme_share: 0.41")),
        ("weights-2.yaml", ("theme_share: 0.40", "theme_share: lots")),
        ("weights-2.yaml", ("waiting: 0.10", "extra: 0.10")),
        ("weights-2.yaml", ("waiting_months: 36", "waiting_months: 0")),
        ("weights-3.yaml", ("", "")),
        ("weights-2.yaml", ("weights:", "weights: [")),
    ],
)
def test_a_weights_file_that_does_not_fit_is_refused_by_name(tmp_path, name: str, change: tuple[str, str]) -> None:  # type: ignore[no-untyped-def]
    text = (weights_file.FOLDER / "weights-1.yaml").read_text().replace('version: "1"', 'version: "2"')
    (tmp_path / name).write_text(text.replace(*change) if change[0] else text)
    with pytest.raises(ConfigurationError, match=name):
        weights_file.read(tmp_path / name)
