"""Points of contact: when one is stale, how codes stand in a column, what its form takes."""

from datetime import date
from typing import Any

import pytest

from registry.compliance.contacts.rules import is_stale, packed
from registry.compliance.contacts.schemas import ContactForm
from registry.errors import InvalidInput
from registry.schemas import load

GOOD = {"office": "Small arms desk", "email": "desk@mfa.example", "instruments": "poa, att;poa", "source": "a note"}


def test_what_nobody_confirmed_for_more_than_a_year_is_stale() -> None:
    assert not is_stale(date(2025, 6, 1), date(2026, 6, 1)) and is_stale(date(2025, 6, 1), date(2026, 6, 2))


def test_codes_are_found_whole() -> None:
    assert packed(["att", "poa"]) == " att poa " and packed([]) == ""
    assert " at " not in packed(["att"])


def test_lists_come_as_lists_or_as_a_cell_of_a_table() -> None:
    assert load(ContactForm(), GOOD)["instruments"] == ["poa", "att"]
    assert load(ContactForm(), GOOD | {"languages": "en fr"})["languages"] == ["en", "fr"]
    assert load(ContactForm(), GOOD | {"languages": ["en"]})["published"] is False


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "a b@c.example"}, "email"),
        ({"phone": "call me"}, "phone"),
        ({"languages": ["english"]}, "languages.0"),
        ({"instruments": []}, "instruments"),
        ({"role": "boss"}, "role"),
        ({"office": " "}, "office"),
        ({"confirmed_on": "soon"}, "confirmed_on"),
        ({"person": "J. Doe"}, "person"),
    ],
)
def test_what_does_not_fit_is_named(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        load(ContactForm(), GOOD | wrong)
    assert list(refused.value.fields) == [field]
