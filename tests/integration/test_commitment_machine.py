"""A short walk of the machine of commitments; the long one is `make experiments EXPERIMENTS=commitments`."""

import pytest

from registry.db import Database
from tests.support.commitment_machine import walk


def test_what_is_promised_holds_whatever_comes_in_any_order(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    counts = walk(database, 13, examples=4, steps=40)
    with capsys.disabled():
        print(f"\ncommitments: {counts['steps']} steps, {counts['refused']} refused, {counts['agreed']} agreed")
    assert counts["agreed"] and counts["steps"] > 100
