"""Roll-ups: one clause rolls up to itself, order and grouping do not matter, few States are never summed up."""

import random
from fractions import Fraction

from registry.compliance import scoring
from registry.compliance.crosswalk import EQUAL, Link, Node
from registry.compliance.rollups import FEWEST, Asked, Rollup, asked_of, by_theme, of_region, rolled_up
from registry.compliance.scoring import Assessed, Clause, Scheme

HALF = Fraction(1, 2)
SCHEME = Scheme(
    {"none": Fraction(0), "partial": HALF, "full": Fraction(1), "na": None},
    {"shall": Fraction(3), "should": Fraction(1), "may": Fraction(0)},
    tuple(Clause(str(number), level) for number, level in enumerate(["shall", "should", "may", "shall", "should"])),
)


def made_up(rng: random.Random) -> dict[Node, Asked]:
    return {
        (standard, str(number)): Asked(
            Fraction(rng.randrange(4)), rng.choice([None, Fraction(0), HALF, Fraction(1)]),
            frozenset(rng.sample(["marking", "records", "borders"], rng.randrange(3))),
        )
        for standard in "abc" for number in range(3)
    }  # fmt: skip


def test_without_links_a_standard_rolls_up_to_its_own_score():
    rng = random.Random(3)
    for _ in range(100):
        answers = {str(n): rng.choice(list(SCHEME.scale)) for n in range(5) if rng.random() < 0.7}
        score = scoring.score(SCHEME, answers, {})
        asked = asked_of(Assessed(SCHEME, answers), {})
        found = rolled_up({("a", clause): each for clause, each in asked.items()}, [])
        assert (found.low, found.high, found.answered_share) == (score.low, score.high, score.answered_share)


def test_one_clause_rolls_up_to_itself():
    only = Asked(Fraction(3), HALF, frozenset(["marking"]))
    assert by_theme({("a", "1"): only}, []) == {"marking": Rollup(HALF, HALF, 1, 1)}


def test_what_two_standards_ask_counts_once_and_their_contradiction_shows():
    asked = {("a", "1"): Asked(Fraction(3), Fraction(1)), ("b", "1"): Asked(Fraction(1), HALF)}
    link = Link(("a", "1"), ("b", "1"), EQUAL)
    assert rolled_up(asked, [link]) == Rollup(HALF, Fraction(1), 1, 1)
    asked["b", "1"] = Asked(Fraction(1), None)
    assert rolled_up(asked, [link]) == Rollup(Fraction(1), Fraction(1), 1, 1)


def test_order_and_direction_do_not_matter_and_more_answers_never_widen():
    rng = random.Random(5)
    for _ in range(100):
        asked = made_up(rng)
        pairs = [rng.sample(list(asked), 2) for _ in range(rng.randrange(4))]
        links = [Link(source, target, EQUAL) for source, target in pairs]
        shuffled = dict(rng.sample(list(asked.items()), len(asked)))
        assert by_theme(shuffled, [link.turned() for link in reversed(links)]) == by_theme(asked, links)
        whole = rolled_up(asked, links)
        assert whole.low is None or (whole.high is not None and 0 <= whole.low <= whole.high <= 1)


def test_nothing_is_said_of_fewer_than_five_states():
    intervals = [(Fraction(n, 10), Fraction(n + 1, 10)) for n in range(FEWEST)]
    few = of_region(intervals[:-1])
    assert (few.suppressed, few.states, few.median_low, few.least, few.most) == (True, 4, None, None, None)
    enough = of_region(list(reversed(intervals)))
    assert (enough.median_low, enough.median_high, enough.least, enough.most) == (
        Fraction(2, 10), Fraction(3, 10), 0, Fraction(5, 10),
    )  # fmt: skip
    assert not enough.suppressed
