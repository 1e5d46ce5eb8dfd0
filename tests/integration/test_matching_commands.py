"""`casa match` and `casa explain`, as a person and as a program read them."""

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from registry.cli import Context, casa
from registry.db import Database
from registry.errors import NotFound
from registry.matching import needs
from tests.support.matching import KENYA, need_form, open_need, open_offer, organisation


@pytest.fixture
def run(database: Database) -> Any:
    context = Context()
    context._database = database

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(casa, list(arguments), obj=context, catch_exceptions=False)

    return invoke


@pytest.fixture
def pair(database: Database) -> tuple[str, str]:
    with database.transaction() as session:
        need, offer = open_need(session), open_offer(session, organisation(session))
    return str(need.id), str(offer.id)


def test_match_shows_the_best_pairs(run: Any, pair: tuple[str, str]) -> None:
    result = run("match")
    assert result.exit_code == 0
    assert "Marking machines for the police" in result.output and "1 pairs in all." in result.output
    found = json.loads(run("match", "--need", pair[0], "--top", "3", "--json").output)
    assert found["need"]["id"] == int(pair[0])
    assert [match["offer_id"] for match in found["matches"]] == [int(pair[1])]
    found = json.loads(run("match", "--offer", pair[1], "--json").output)
    assert [match["need_id"] for match in found["matches"]] == [int(pair[0])]
    assert run("match", "--need", "1", "--offer", "1").exit_code == 2
    assert run("match", "--top", "51").exit_code == 2


def test_explain_says_why_and_why_not(run: Any, pair: tuple[str, str], database: Database) -> None:
    result = run("explain", *pair)
    assert f"Need {pair[0]} and offer {pair[1]} match." in result.output
    assert "Themes of the need that the offer covers: 1 of 2." in result.output
    with database.transaction() as session:
        draft = needs.create_need(session, KENYA, need_form(lines=[]))
    output = run("explain", str(draft.id), pair[1]).output
    assert "do not match" in output and "type_mismatch" in output and "It would be lifted if:" in output
    found = json.loads(run("explain", str(draft.id), pair[1], "--json").output)
    assert [block["code"] for block in found["blocks"]] == ["not_open", "type_mismatch"]
    with pytest.raises(NotFound):
        run("explain", "999", pair[1])


def test_no_matches_are_said_to_be_none(run: Any) -> None:
    assert "No matches." in run("match").output
    assert json.loads(run("match", "--json").output) == {"pairs": 0, "matches": []}
