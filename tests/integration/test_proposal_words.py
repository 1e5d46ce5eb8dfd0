"""Who has to answer a proposal reads who proposes what to whom, how much and until when; nobody else does."""

from datetime import timedelta

import pytest

from registry.db import Database
from registry.http import RegistryFlask
from registry.matching.ledger import proposing
from registry.web.presentation import day, money
from registry.web.proposal_words import asked_of, waiting
from tests.support.ledger import open_pair
from tests.support.matching import COORDINATOR, KENYA, NOW, donor
from tests.support.people import client_for, make_user


@pytest.mark.parametrize("by", ["donor", "State", "coordinator"])
def test_a_proposal_stands_first_where_it_waits(sqlite_app: RegistryFlask, sqlite_database: Database, by: str) -> None:
    database, ids = sqlite_database, open_pair(sqlite_database)
    giver = donor(ids["giver"])
    who = {"donor": giver, "State": KENYA, "coordinator": COORDINATOR}[by]
    with database.transaction() as session:
        form = {"need_id": ids["need"], "offer_id": ids["offer"], "amount": 50_000_00}
        number = proposing.propose(session, who, form, NOW).id or 0
    asked = {"donor": [KENYA], "State": [giver], "coordinator": [KENYA, giver]}[by]
    with sqlite_app.test_request_context("/en/"), database.reading() as session:
        for reader in (KENYA, giver):
            sentences = waiting(session, reader, 14)
            assert [each for each, _ in sentences] == ([number] if reader in asked else [])
            assert asked_of(session, reader, {number}, 14) == dict(sentences)
            for _, sentence in sentences:
                assert money(50_000_00, "USD") in sentence
                assert sentence.endswith(day(NOW.date() + timedelta(days=14)))
        assert not asked_of(session, donor(10**6), {number}, 14)
    people = {KENYA: make_user(database, "state"), giver: make_user(database, "donor", organisation_id=ids["giver"])}
    for reader, user in people.items():
        text = client_for(sqlite_app, user).get("/en/").text
        tasks = text.split("What needs you now")[1].split("</div>")[0]
        assert (f"/proposals/{number}" in tasks.split("</li>")[0]) == (reader in asked)
        assert ("accept or decline by" in tasks) == (reader in asked)
