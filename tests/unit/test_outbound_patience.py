"""How long is waited after failures: doubled, bounded, spread."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.outbound.patience import SHORTEST_WAIT, backoff_seconds


@pytest.mark.parametrize(
    ("failures", "chance", "seconds"),
    [(1, 1.0, 30), (2, 1.0, 60), (5, 1.0, 480), (9, 1.0, 3600), (10_000, 1.0, 3600), (2, 0.5, 30), (1, 0.0, 1)],
)
def test_the_span_doubles_up_to_the_longest_and_chance_picks_in_it(
    failures: int, chance: float, seconds: float
) -> None:
    assert backoff_seconds(failures, 30, 3600, chance) == seconds


@given(st.integers(1, 200), st.floats(0, 1))
def test_a_wait_is_never_nothing_and_never_over_the_longest(failures: int, chance: float) -> None:
    assert SHORTEST_WAIT <= backoff_seconds(failures, 2, 60, chance) <= 60
