"""What judgements amount to, and how pairs are scored: the invariants, on whatever hypothesis thinks of."""

import math
from datetime import date, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import same_as
from registry.catalogue.same_as import blocking, comparison, model, profiles, rules
from registry.errors import ConfigurationError

IDS = st.integers(1, 9)
EDGES = st.sets(st.tuples(IDS, IDS).filter(lambda pair: pair[0] < pair[1]), max_size=14)


@given(EDGES, EDGES, EDGES)
def test_a_judgement_of_different_is_never_bridged(
    person: set[rules.Pair], rule: set[rules.Pair], apart: set[rules.Pair]
) -> None:
    found = rules.groups(person - apart, rule - apart - person, apart)
    for group in found.members:
        assert not {(a, b) for a, b in combinations(group, 2)} & apart
    seen = [record for group in found.members for record in group]
    assert len(seen) == len(set(seen))


@given(EDGES, EDGES, EDGES, st.randoms())
def test_the_order_of_judgements_does_not_matter(
    person: set[rules.Pair], rule: set[rules.Pair], apart: set[rules.Pair], dice: object
) -> None:
    def shuffled(pairs: set[rules.Pair]) -> list[rules.Pair]:
        listed = [pair if dice.random() < 0.5 else (pair[1], pair[0]) for pair in pairs]  # type: ignore[attr-defined]
        dice.shuffle(listed)  # type: ignore[attr-defined]
        return listed

    expected = rules.groups(sorted(person), sorted(rule), sorted(apart))
    assert rules.groups(shuffled(person), shuffled(rule), shuffled(apart)) == expected


@given(EDGES, EDGES)
def test_without_a_contradiction_everything_connected_is_one(person: set[rules.Pair], rule: set[rules.Pair]) -> None:
    found = rules.groups(person, rule - person, ())
    assert not found.contradictions
    home = {record: group for group in found.members for record in group}
    assert all(home[a] == home[b] for a, b in person | rule)


def test_a_contradiction_is_shown_and_nobody_is_joined_by_it() -> None:
    found = rules.groups([(1, 2), (2, 3), (7, 8)], [], [(3, 1)])
    assert found.members == ((7, 8),)
    assert found.contradictions == (rules.Contradiction((1, 2, 3), ((1, 3),)),)


def test_a_rule_yields_to_what_people_said() -> None:
    # People: 1 is 2, and 1 is not 3. That 2 and 3 carry one identifier cannot be the whole truth then.
    found = rules.groups([(1, 2)], [(2, 3), (3, 4)], [(1, 3)])
    assert found.members == ((1, 2),)
    assert found.contradictions == (rules.Contradiction((1, 2, 3, 4), ((1, 3),)),)


MEMBERS = st.lists(
    st.builds(
        rules.Member, st.integers(1, 50), st.booleans(), st.sampled_from([40, 60, 100]),
        st.sampled_from(["public", "members", "private"]), st.sampled_from([None, 1, 2]),
    ),
    min_size=2, max_size=6, unique_by=lambda member: member.id,
)  # fmt: skip


@given(MEMBERS)
def test_whoever_sees_a_record_that_steps_back_sees_the_one_in_front(group: list[rules.Member]) -> None:
    found = rules.places(group)
    by_id = {member.id: member for member in group}
    for member in group:
        if (lead := found[member.id].lead) is not None:
            front = by_id[lead]
            assert front.in_force and found[lead].lead is None
            assert rules.LEVELS[front.visibility] <= rules.LEVELS[member.visibility]
            if front.visibility == "private":
                assert front.owner == member.owner
    assert rules.places(list(reversed(group))) == found


def test_a_person_leads_before_the_own_feed_before_any_other() -> None:
    known = {"feed:1": (7, None), "feed:2": (8, None), "feed:3": (None, 99)}
    person, own, other, ranked, stranger = (
        rules.standing(source, 7, known, by_reporter)
        for source, by_reporter in (
            ("person", True), ("feed:1", False), ("feed:2", False), ("feed:3", False), ("person", False)
        )
    )  # fmt: skip
    assert person > ranked > own > other == rules.standing("feed:9", 7, known, False)
    assert stranger == other, "who does not belong to the reporting organisation is one source among others"


WORDS = st.sampled_from(
    ["arms", "stockpile", "marking", "kenya", "phase", "ii", "2", "destruction", "armes", "légères", "小武器", "оружие"]
)
DAYS = st.integers(0, 9000).map(lambda n: str(date(2000, 1, 1) + timedelta(days=n)))
PROFILES = st.fixed_dictionaries(
    {},
    optional={
        "names": st.lists(st.lists(WORDS, min_size=1, max_size=6).map(" ".join), min_size=1, max_size=3),
        "numbers": st.lists(st.sampled_from("123"), min_size=1, max_size=2, unique=True),
        "source": st.sampled_from(["feed:1", "feed:2"]),
        "partners": st.lists(st.lists(st.sampled_from(["=A", "=B", "c", "d"]), min_size=1), min_size=1, max_size=4),
        "countries": st.lists(st.sampled_from(["KEN", "UGA", "MLI"]), min_size=1, unique=True),
        "start": DAYS,
        "end": DAYS,
        "amount": st.integers(1, 10**14),
        "subjects": st.lists(st.sampled_from(["15240", "marking"]), min_size=1, unique=True),
        "acronym": st.sampled_from(["kp", "a"]),
        "kind": st.sampled_from(["10", "40"]),
        "tails": st.lists(st.sampled_from(["41114", "9999"]), min_size=1),
    },
)


@pytest.mark.parametrize("kind", comparison.COMPARISONS)
@given(first=PROFILES, second=PROFILES)
def test_bits_sum_to_the_score_and_the_order_of_two_does_not_matter(
    kind: str, first: profiles.Profile, second: profiles.Profile
) -> None:
    score = model.current()[kind].score(first, second)
    assert score.bits == round(math.fsum(part.bits for part in score.parts), 2)
    assert model.current()[kind].score(second, first) == score
    assert 0 < score.probability < 1


@given(st.dictionaries(st.sampled_from(["same day", "month", "half-year", "near", "far"]), st.integers(0, 10**6)))
def test_a_weaker_agreement_never_speaks_louder(counted: dict[str, int]) -> None:
    counted_model = model.current()["programme"].with_estimate(model.Estimate(1000, {"start": counted}))
    bits = [part.bits for part in counted_model.parts["start"].values()]
    assert bits == sorted(bits, reverse=True)


def test_what_a_source_does_not_say_is_worth_nothing() -> None:
    scoring = model.current()["programme"]
    score = scoring.score({"names": ["marking in kenya"]}, {"countries": ["KEN"]})
    assert score.parts == (scoring.prior,)


def test_phases_are_read_in_figures_and_roman_numerals() -> None:
    assert list(profiles.numbers_in("marking in mali phase ii")) == ["2"]
    assert list(profiles.numbers_in("marking in mali phase i")) == ["1"]
    assert list(profiles.numbers_in("programme 3 since 2019")) == ["3"]
    assert list(profiles.numbers_in("i and you")) == []


def test_a_title_cut_short_is_nearly_the_same() -> None:
    whole = "support to stockpile management and physical security in mali"
    assert comparison.likeness(whole, whole[:45]) > 0.9
    assert comparison.likeness(whole, "marquage des armes au niger") < 0.2


@given(st.integers(1, 10**15), st.floats(0.96, 1.04))
def test_amounts_that_differ_by_little_share_a_key(cents: int, factor: float) -> None:
    def money(amount: int) -> set[tuple[int, int]]:
        return blocking.keys("programme", {"countries": ["KEN"], "start": "2020-05-05", "amount": amount})

    # Both classes of one are lost only where both borders lie between the two, which 4 % cannot reach.
    if abs(math.log(max(1, int(cents * factor)) / cents)) < 0.05:
        assert money(cents) & money(max(1, int(cents * factor)))


def test_a_model_file_that_does_not_fit_is_named(tmp_path: object) -> None:
    text = (model.FOLDER / "model-1.yaml").read_text(encoding="utf-8")
    path = tmp_path / "model-1.yaml"  # type: ignore[operator]
    path.write_text(text.replace("none: [0.10, 0.906]", "none: [0.10, 0.9]"), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="partners: u must sum to 1"):
        model.read(path)


def test_the_model_finds_duplicates_in_a_labelled_world(capsys: pytest.CaptureFixture[str]) -> None:
    results = same_as.evaluate(count=600, seed=3)
    assert results["compared at all"][1] > 0.95
    assert results["strong"][0] > 0.9 and results["strong"][1] > 0.5
    assert results["strong or possible"][1] > 0.85
    assert "precision" in capsys.readouterr().out
