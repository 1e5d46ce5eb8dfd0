"""Law and practice beside an answer: which pairs contradict its value, and that they are words, not numbers."""

from fractions import Fraction

import pytest

from registry.compliance.practice import WARNINGS, contradictions

FULL, HALF, NONE = Fraction(1), Fraction(1, 2), Fraction(0)


@pytest.mark.parametrize(
    ("fulfilment", "in_law", "in_practice", "expected"),
    [
        (FULL, "yes", "no", ["full-not-practised"]),
        (FULL, "no", "partly", ["full-not-practised"]),
        (FULL, "no", "yes", []),
        (FULL, "yes", "unknown", []),
        (FULL, "", "", []),
        (HALF, "yes", "no", []),
        (NONE, "yes", "no", []),
        (NONE, "no", "yes", ["none-but-practised"]),
        (None, "no", "no", []),
        (None, "yes", "", ["not-applicable-but-there"]),
        (None, "", "partly", ["not-applicable-but-there"]),
    ],
)
def test_only_what_contradicts_the_value_is_warned_of(
    fulfilment: Fraction | None, in_law: str, in_practice: str, expected: list[str]
) -> None:
    assert contradictions(fulfilment, in_law, in_practice) == expected
    assert set(expected) <= set(WARNINGS)
